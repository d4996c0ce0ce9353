/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide.h: a norEdu 2.0 tree for each school owner, as Feide requires it
 * (docs.feide.no), built from the catalogue alone.
 *
 *	feide_value          values in the form of Feide's documents
 *	feide_check          the errors of Feide's validator
 *	feide_entry          the entry of a person
 *	login_name_registry  login names ever issued, with their person
 *	feide_tree           the organisation, its schools, schools as bodies
 *	feide                which entries to update, and their update
 *	feide_report         the errors, with a remedy for each */
#ifndef SYNC_WRITER_FEIDE_H
#define SYNC_WRITER_FEIDE_H

#include "sync/writer/groups.h"

/* ---- feide_value: everything returned lives in a */

/* A group, as its two entitlement values identify it. */
struct feide_group {
	char kind;             /* b: class, u: teaching group, a: other */
	const char *grep;      /* a subject's code; "" unless u */
	const char *number;    /* nine digits: of the school */
	const char *code;      /* the local id, not yet encoded */
	const char *from, *to; /* YYYY-MM-DD */
	const char *role;      /* student, faculty or staff */
	const char *name;
};

/* Return urn:mace:feide.no:go:group:... and urn:mace:feide.no:go:groupid:... */
char *feide_group_value(struct arena *a, const struct feide_group *g);
char *feide_groupid_value(struct arena *a, const struct feide_group *g);
/* Returns the group id value that belongs to a group value, or NULL if it is no
 * group value. */
char *feide_groupid_of(struct arena *a, const char *group_value);
/* Returns the value of a school year or subject,
 * urn:mace:feide.no:go:grep:... */
char *feide_grep_value(struct arena *a, const char *grep);
bool feide_grep_is_year(const char *grep);
/* Returns the code in lower case, Norwegian and Sami letters included, and
 * percent-encoded (RFC 3986). */
char *feide_canonical(struct arena *a, const char *code);
/* Returns the eduPersonAffiliation values with all they imply, sorted,
 * NULL-terminated; NULL: not in the tree. */
const char *const *feide_affiliations(enum kind kind);
const char *feide_role(enum kind kind);

/* ---- feide_check */

enum feide_error {
	FEIDE_GOOD = 0,
	FEIDE_DOUBLE_UNIT,
	FEIDE_GROUPID_NOT_CANONICAL,
	FEIDE_GROUPID_WITHOUT_GROUP,
	FEIDE_GROUP_CODE_INVALID,
	FEIDE_GROUP_WITHOUT_CODE,
	FEIDE_GROUP_WITHOUT_GROUPID,
	FEIDE_NO_GREP,
	FEIDE_NO_GROUPIDS,
	FEIDE_NO_GROUPS,
	FEIDE_NO_UNIT,
	FEIDE_NO_REQUIRED,
	/* not in Feide's validator */
	FEIDE_NAME_TAKEN,
	FEIDE_PROTECTED,
};

/* The code, what it means, and the remedy. */
struct feide_error_text {
	const char *word, *means, *mend;
};
const struct feide_error_text *feide_error_text(enum feide_error e);
enum feide_error feide_error_from(const char *word);

/* Returns [{"error": code, "about": value}, ...], living in a: the errors of a
 * person's entry about to be published. */
json_t *feide_check(struct arena *a, const json_t *form);
/* The same for the schools of one owner. */
json_t *feide_check_units(struct arena *a, const struct feide *f);
void feide_find(json_t *found, enum feide_error e, const char *about);
/* Removes the invalid values.  Returns false when the entry must not be
 * published. */
bool feide_mend(struct arena *a, json_t *form, const json_t *found);

/* ---- feide_entry */

struct feide_person {
	const struct municipality *municipality; /* NULL: in no tree */
	const char *affiliation, *person, *directory, *anchor;
	const char *uid, *dn;
	json_t *form;
	json_t *found; /* errors of the entry */
	bool publishable;
	const char *joins;    /* hash of the join value, or NULL */
	const json_t *former; /* former ids of the person */
};

extern const char *const feide_person_names[];
/* Builds the entry of an affiliation.  Returns false when it is in no tree.
 * With the lock held. */
bool feide_person(struct arena *a, const struct region *r,
                  const char *affiliation, struct feide_person *ret);

char *feide_org_dn(struct arena *a, const struct region *r, const char *name);
char *feide_unit_dn(struct arena *a, const struct region *r, const char *name,
                    const char *number);
char *feide_person_dn(struct arena *a, const struct region *r, const char *name,
                      const char *uid);

/* ---- login_name_registry: without the lock */

/* Reserves the login name for this person, for ever.  *ret_taken: it was issued
 * to another person before.  On error returns false. */
bool feide_enter(const struct region *r, struct arena *a,
                 const struct feide_person *p, bool *ret_taken,
                 struct fault *why) must_check;

/* ---- feide_tree: without the lock */

bool feide_trees(const struct region *r, struct fault *why) must_check;

/* ---- feide */

/* any: whether the configuration has a tree; without one, no entry is marked.
 * Takes the lock. */
void feide_use(bool any);
void feide_note(const char *affiliation);
void feide_note_person(const char *person);
void feide_note_holders(const char *group);
/* Updates a batch of marked entries.  Returns whether there may be more.  Takes
 * the lock. */
bool feide_apply(const struct region *r);
bool feide_readback(const struct region *r, int64_t run,
                    struct fault *why) must_check;

/* ---- feide_report */

bool feide_tell(const struct question *q, char **words, struct fault *why);

#endif
