/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_private.h: shared by the files of the catalogue reader only. */
#ifndef REGION_CATALOGUE_CATALOGUE_PRIVATE_H
#define REGION_CATALOGUE_CATALOGUE_PRIVATE_H

#include "region/catalogue/catalogue.h"
#include "region/ldap/directory.h"

/* Parameters and result of one search as the region's reader account. */
struct catalogue_query {
	struct arena *arena;
	const char *base;
	enum directory_scope scope;
	const char *filter;
	const char *const *attributes;
	size_t limit;
	struct directory_entry *entries;
	size_t count;
};

bool catalogue_run_query(struct catalogue *c, const struct config *cfg,
                         struct catalogue_query *q,
                         struct error *err) must_check;

#endif
