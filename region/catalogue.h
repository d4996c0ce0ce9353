/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue.h: reading people out of the regional catalogue. */
#ifndef REGION_CATALOGUE_H
#define REGION_CATALOGUE_H

#include "region/person.h"

/* Connections to the catalogue as the region's reader: opened when needed,
 * kept, thread-safe, dropped on any error. */
struct catalogue;

struct catalogue *catalogue_open(int connections);
void catalogue_close(struct catalogue *c);

/* The person one of whose affiliations has this anchor in this directory,
 * with all affiliations, living in a; NULL if nobody.  False only when the
 * catalogue could not be asked (reason "catalogue-away"). */
bool catalogue_find_by_anchor(struct catalogue *c, const struct region *r,
                              struct arena *a, const char *directory,
                              const char *anchor,
                              const struct person **ret_person,
                              struct fault *why) must_check;

/* The same by person's or affiliation's id, or by a former id. */
bool catalogue_find(struct catalogue *c, const struct region *r,
                    struct arena *a, const char *id,
                    const struct person **ret_person,
                    struct fault *why) must_check;

/* The first value of this attribute of the entry at dn, living in a; NULL
 * where there is none. */
bool catalogue_text(struct catalogue *c, const struct region *r,
                    struct arena *a, const char *dn, const char *attribute,
                    const char **ret_text, struct fault *why) must_check;

/* A pupil who is in a class or teaching group of a teacher's. */
struct taught {
	const struct person *person;
	const struct affiliation *affiliation; /* as pupil */
	const char *group; /* as it is called, or NULL: the first found */
};
/* The active pupils, living in a, who share a class or teaching group with
 * this affiliation in its municipality; none where it is no teacher's.  People
 * who are more than pupils, or have a protected address, are in no list. */
bool catalogue_pupils_of(struct catalogue *c, const struct region *r,
                         struct arena *a, const struct affiliation *teacher,
                         int64_t now, struct taught **ret_pupils,
                         size_t *ret_count, struct fault *why) must_check;

/* For operators: by id, or by login name, with or without @domain; several
 * may be found.  Protected people are found only by id. */
bool catalogue_search(struct catalogue *c, const struct region *r,
                      struct arena *a, const char *words,
                      const struct person ***ret_people, size_t *ret_count,
                      struct fault *why) must_check;

#endif
