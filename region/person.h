/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person.h: a person is one person, with an affiliation for each job, school
 * place or office.  Also the form in which sessions and decisions carry them.
 */
#ifndef REGION_PERSON_H
#define REGION_PERSON_H

#include "lib/json.h"
#include "region/region.h"

enum status { STATUS_ENDED = 0, STATUS_SUSPENDED, STATUS_ACTIVE };

struct affiliation {
	const char *id;
	const char *municipality; /* name in the configuration */
	char **acts_for;          /* NULL-terminated */
	enum kind kind;
	char **units, **roles; /* NULL-terminated */
	const char *title, *mail, *phone, *employee_number;
	const char *login; /* the first login name */
	const char *directory, *anchor;
	const char *person_before; /* whose it was before it was joined */
	int position;              /* per cent; -1: not said */
	int64_t from, until;       /* 0: not said */
	enum status status;
};

struct person {
	const char *id;
	char **former_ids; /* NULL-terminated, never NULL */
	const char *display, *given, *family, *language;
	bool is_protected; /* protected address: in no search, picker or log */
	enum status status;
	struct affiliation *affiliations;
	size_t affiliation_count;
};

const struct affiliation *person_affiliation(const struct person *p,
                                             const char *id);

/* The person's id as services know it from this affiliation: the one that it
 * had before it was joined, so that each goes on receiving what it received
 * first (docs/decisions/0008). */
const char *person_known_as(const struct person *p,
                            const struct affiliation *f);

/* Active, begun and not ended at that time. */
bool affiliation_counts(const struct affiliation *f, int64_t now);

/* Whether a teacher of the municipality may set this one's password: of an
 * active pupil who is nothing but a pupil anywhere, for whoever is let in by
 * it is all that the person is.  Nobody with a protected address. */
bool person_is_taught(const struct person *p, const struct affiliation *f,
                      const char *municipality, int64_t now);

/* {"v":1, id, name, ...,"affiliations":[...]}: small, for a session; and
 * back, living in a.  Reading refuses a version it does not know. */
json_t *person_to_json(const struct person *p);
bool person_from_json(struct arena *a, const json_t *value,
                      struct person **ret_person, struct fault *why) must_check;

#endif
