/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide.h: a norEdu 2.0 tree for each school owner, as Feide wants it, made of
 * what the catalogue has and of nothing else.
 *
 *	feide_value    values in the form Feide's documents give them
 *	feide_check    what Feide's own validator would find
 *	feide_form     a person of the tree
 *	feide_ledger   which names were ever given to whom
 *	feide_tree     the organisation, its schools, and schools as bodies
 *	feide_write    people, one entry at a time
 *	feide          what is to be looked at
 *	feide_tell     what an operator is told, and who must mend what */
#ifndef SYNC_WRITER_FEIDE_H
#define SYNC_WRITER_FEIDE_H

#include "sync/writer/groups.h"

/* ---- feide_value: everything lives in a */

/* A group as its two values name it. */
struct feide_group {
	char kind;             /* b: class, u: teaching group, a: another */
	const char *grep;      /* a subject's code; "" unless u */
	const char *number;    /* nine digits: the school's */
	const char *code;      /* the local id, as it is written locally */
	const char *from, *to; /* YYYY-MM-DD */
	const char *role;      /* student, faculty or staff */
	const char *name;
};

/* urn:mace:feide.no:go:group:... and urn:mace:feide.no:go:groupid:... */
char *feide_group_value(struct arena *a, const struct feide_group *g);
char *feide_groupid_value(struct arena *a, const struct feide_group *g);
/* The group id that goes with a group's value; NULL: it is no group's. */
char *feide_groupid_of(struct arena *a, const char *group_value);
/* A school year's: urn:mace:feide.no:go:grep:... */
char *feide_grep_value(struct arena *a, const char *grep);
bool feide_grep_is_year(const char *grep);
/* Lower case, of our letters too, then percent-encoded (RFC 3986). */
char *feide_canonical(struct arena *a, const char *code);
/* With all that it implies, sorted; NULL-terminated.  NULL: not in the tree. */
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
	/* ours */
	FEIDE_NAME_TAKEN,
	FEIDE_PROTECTED,
};

/* Its word, what it means, and who must mend what. */
struct feide_error_text {
	const char *word, *means, *mend;
};
const struct feide_error_text *feide_error_text(enum feide_error e);
enum feide_error feide_error_from(const char *word);

/* [{"error": word, "about": value}, ...], living in a: what is wrong with a
 * person's entry that is about to be published. */
json_t *feide_check(struct arena *a, const json_t *form);
/* The same for the schools of one owner. */
json_t *feide_check_units(struct arena *a, const struct feide *f);
void feide_find(json_t *found, enum feide_error e, const char *about);
/* Takes the values out that are wrong.  False: nothing may be published. */
bool feide_mend(struct arena *a, json_t *form, const json_t *found);

/* ---- feide_form */

struct feide_person {
	const struct municipality *municipality; /* NULL: in no tree */
	const char *affiliation, *person, *directory, *anchor;
	const char *uid, *dn;
	json_t *form;
	json_t *found; /* what is wrong with it */
	bool publishable;
	const char *joins;    /* hash of the join value, or NULL */
	const json_t *former; /* the person's former ids */
};

extern const char *const feide_person_names[];
/* With the lock held. */
bool feide_person(struct arena *a, const struct region *r,
                  const char *affiliation, struct feide_person *ret);

char *feide_org_dn(struct arena *a, const struct region *r, const char *name);
char *feide_unit_dn(struct arena *a, const struct region *r, const char *name,
                    const char *number);
char *feide_person_dn(struct arena *a, const struct region *r, const char *name,
                      const char *uid);

/* ---- feide_ledger: without the lock */

/* Enters the name for this person, unless it is there.  ret_taken: it was
 * given to somebody else, once. */
bool feide_enter(const struct region *r, struct arena *a,
                 const struct feide_person *p, bool *ret_taken,
                 struct fault *why) must_check;

/* ---- feide_tree: without the lock */

bool feide_trees(const struct region *r, struct fault *why) must_check;

/* ---- feide */

/* Whether there is any tree; where there is none nothing is noted.  Takes the
 * lock. */
void feide_use(bool any);
void feide_note(const char *affiliation);
void feide_note_person(const char *person);
void feide_note_holders(const char *group);
/* Whether anything was done.  Takes the lock itself. */
bool feide_apply(const struct region *r);
bool feide_readback(const struct region *r, int64_t run,
                    struct fault *why) must_check;

/* ---- feide_tell */

bool feide_tell(const struct question *q, char **words, struct fault *why);

#endif
