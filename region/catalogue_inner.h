/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_private.h: shared by the files of the catalogue reader only. */
#ifndef REGION_CATALOGUE_INNER_H
#define REGION_CATALOGUE_INNER_H

#include "region/catalogue.h"
#include "region/directory.h"

/* Parameters and result of one search as the region's reader account. */
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
