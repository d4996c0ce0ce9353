/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_inner.h: what the files of catalogue share among themselves. */
#ifndef REGION_CATALOGUE_INNER_H
#define REGION_CATALOGUE_INNER_H

#include "region/catalogue.h"
#include "region/directory.h"

/* One search as the region's reader, and what it found. */
struct catalogue_question {
	struct arena *arena;
	const char *base;
	enum directory_scope scope;
	const char *filter;
	const char *const *names;
	size_t most;
	struct directory_entry *entries;
	size_t count;
};

bool catalogue_ask(struct catalogue *c, const struct region *r,
                   struct catalogue_question *q, struct fault *why) must_check;

#endif
