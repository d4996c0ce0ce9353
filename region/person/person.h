/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person.h: a person of the catalogue with an affiliation for each job, school
 * place or elected office, and its JSON form in sessions. */
#ifndef REGION_PERSON_PERSON_H
#define REGION_PERSON_PERSON_H

#include "lib/json.h"
#include "region/config/config.h"

enum lifecycle_status { STATUS_ENDED = 0, STATUS_SUSPENDED, STATUS_ACTIVE };

struct affiliation {
	const char *id;
	const char *municipality; /* name in the configuration */
	char **acts_for;          /* NULL-terminated */
	enum affiliation_type kind;
	char **units, **roles; /* NULL-terminated */
	const char *title, *mail, *phone, *employee_number;
	const char *login; /* the primary login name */
	const char *directory, *anchor;
	const char *doubt;   /* why it may be another person's, or NULL */
	char **proved_links; /* ids of affiliations of other municipalities
	                        that are proved to be the same person's */
	const char *previous_person_id; /* id of the person before the join, or
	                              NULL */
	int position;                   /* per cent; -1: unknown */
	int64_t from, until;            /* seconds since 1970; 0: unlimited */
	enum lifecycle_status status;
};

struct person {
	const char *id;
	char **former_ids; /* NULL-terminated, never NULL */
	const char *display, *given, *family, *language;
	bool is_protected; /* protected address: excluded from searches,
	                      pickers and logs */
	enum lifecycle_status status;
	struct affiliation *affiliations;
	size_t affiliation_count;
};

const struct affiliation *person_find_affiliation(const struct person *p,
                                                  const char *id);

/* Returns the id from which services derive the subject identifier of this
 * affiliation: that of its person before a merge, so that the identifier stays
 * stable (docs/decisions/0008); after a join across municipalities an id of its
 * own until the link is proved (0017); else the person's. */
const char *person_subject_source_id(const struct person *p,
                                     const struct affiliation *f);

/* Returns true if the affiliation is active and within its validity period. */
bool affiliation_is_valid_at(const struct affiliation *f, int64_t now);

/* Returns true if a teacher of the municipality may set the password: an active
 * pupil all of whose affiliations are pupil, because the password gives access
 * as the whole person.  False for a protected address. */
bool person_is_pupil_in(const struct person *p, const struct affiliation *f,
                        const char *municipality, int64_t now);

/* {"v":1, id, name, ..., "affiliations":[...]}, the form stored in a session.
 * person_to_json() returns a value that the caller owns; person_from_json()
 * allocates in a and returns ERROR_INVALID for an unknown version or a missing
 * field. */
json_t *person_to_json(const struct person *p);
bool person_from_json(struct arena *a, const json_t *value,
                      struct person **ret_person, struct error *err) must_check;

/* Returns what counters of failed logins call an account: municipality and
 * login name, without domain and in folded case; allocated in a. */
char *person_account_key(struct arena *a, const char *municipality,
                         const char *login);

#endif
