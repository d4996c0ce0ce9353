/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue.h: reads people from the regional catalogue (LDAP, RFC 4511). */
#ifndef REGION_CATALOGUE_CATALOGUE_H
#define REGION_CATALOGUE_CATALOGUE_H

#include "region/person/person.h"

/* A connection pool bound as the region's reader account: opened on demand,
 * kept open, thread-safe; a connection is closed on error. */
struct catalogue;

struct catalogue *catalogue_open(int connections);
void catalogue_close(struct catalogue *c);

/* Finds the person who has an affiliation with this anchor in this directory.
 * *ret_person has all affiliations and is allocated in a; NULL if there is no
 * match.  Returns false only on error: ERROR_UNAVAILABLE with the reason
 * "catalogue-unavailable" if the search fails. */
bool catalogue_find_by_anchor(struct catalogue *c, const struct config *cfg,
                              struct arena *a, const char *directory,
                              const char *anchor,
                              const struct person **ret_person,
                              struct error *err) must_check;

/* The same by the id of a person or affiliation, or by a former id. */
bool catalogue_find_by_id(struct catalogue *c, const struct config *cfg,
                          struct arena *a, const char *id,
                          const struct person **ret_person,
                          struct error *err) must_check;

/* Reads the first value of an attribute of the entry dn, allocated in a;
 * *ret_text is NULL if there is none. */
bool catalogue_read_value(struct catalogue *c, const struct config *cfg,
                          struct arena *a, const char *dn,
                          const char *attribute, const char **ret_value,
                          struct error *err) must_check;

/* A pupil in a class or teaching group of a teacher. */
struct class_roster_entry {
	const struct person *person;
	const struct affiliation *affiliation; /* the pupil's affiliation */
	const char *group; /* display name of the first matching group, or
	                      NULL */
};
/* Returns the active pupils who share a class or teaching group with this
 * affiliation in its municipality, allocated in a; none if it is not a
 * teacher's.  People with another kind of affiliation or a protected address
 * are excluded. */
bool catalogue_pupils_of_teacher(struct catalogue *c, const struct config *cfg,
                                 struct arena *a,
                                 const struct affiliation *teacher, int64_t now,
                                 struct class_roster_entry **ret_pupils,
                                 size_t *ret_count,
                                 struct error *err) must_check;

/* Searches for operators: by id, or by login name with or without @domain;
 * returns all matches, allocated in a.  People with a protected address are
 * found by id only. */
bool catalogue_search(struct catalogue *c, const struct config *cfg,
                      struct arena *a, const char *term,
                      const struct person ***ret_people, size_t *ret_count,
                      struct error *err) must_check;

/* Calls each with every active affiliation of an active person, valid during
 * the call. It has what rules depend on, with granted roles, its id and login
 * name, and no other data; without the login name for a protected address. */
bool catalogue_each_affiliation(struct catalogue *c, const struct config *cfg,
                                void (*each)(void *data,
                                             const struct affiliation *f),
                                void *data, struct error *err) must_check;

#endif
