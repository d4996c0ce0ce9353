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

/* Calls work with a connection as the region's reader account. */
bool catalogue_use(struct catalogue *c, const struct config *cfg,
                   struct arena *a,
                   bool (*work)(struct directory *d, void *data,
                                struct error *err),
                   void *data, struct error *err) must_check;

/* Reads the granted roles, if those in memory are old; adds the valid ones to
 * an affiliation. */
bool catalogue_load_grants(struct catalogue *c, const struct config *cfg,
                           struct error *err) must_check;
void catalogue_add_cached_grants(struct catalogue *c, struct arena *a,
                                 struct affiliation *f);

/* Returns the affiliation of an entry, living as long as the entry and a. */
struct affiliation catalogue_entry_to_affiliation(
    struct arena *a, const struct directory_entry *e);

char *catalogue_people_base(struct arena *a, const struct config *cfg);

bool catalogue_run_query(struct catalogue *c, const struct config *cfg,
                         struct catalogue_query *q,
                         struct error *err) must_check;

#endif
