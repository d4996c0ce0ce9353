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
#ifndef SYNC_ENGINE_FEIDE_H
#define SYNC_ENGINE_FEIDE_H

#include "sync/engine/groups.h"

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
char *feide_groupid_from_group(struct arena *a, const char *group_value);
/* Returns the value of a school year or subject,
 * urn:mace:feide.no:go:grep:... */
char *feide_grep_value(struct arena *a, const char *grep);
bool feide_grep_is_year(const char *grep);
/* Returns the code in lower case, Norwegian and Sami letters included, and
 * percent-encoded (RFC 3986). */
char *feide_canonical(struct arena *a, const char *code);
/* Returns the eduPersonAffiliation values with all they imply, sorted,
 * NULL-terminated; NULL: not in the tree. */
const char *const *feide_affiliations(enum affiliation_type kind);
const char *feide_role(enum affiliation_type kind);

/* ---- feide_check */

enum feide_issue {
	FEIDE_ISSUE_NONE = 0,
	FEIDE_DUPLICATE_UNIT,
	FEIDE_GROUPID_NOT_CANONICAL,
	FEIDE_GROUPID_WITHOUT_GROUP,
	FEIDE_GROUP_CODE_INVALID,
	FEIDE_GROUP_WITHOUT_CODE,
	FEIDE_GROUP_WITHOUT_GROUPID,
	FEIDE_MISSING_GREP,
	FEIDE_MISSING_GROUPIDS,
	FEIDE_MISSING_GROUPS,
	FEIDE_MISSING_UNIT,
	FEIDE_MISSING_ATTRIBUTE,
	/* not in Feide's validator */
	FEIDE_NAME_TAKEN,
	FEIDE_PROTECTED,
};

/* The code, what it means, and the remedy. */
struct feide_issue_text {
	const char *code, *description, *remedy;
};
const struct feide_issue_text *feide_issue_text(enum feide_issue e);
enum feide_issue feide_issue_from_code(const char *code);

/* Returns [{"error": code, "about": value}, ...], living in a: the errors of a
 * person's entry about to be published. */
json_t *feide_check_person(struct arena *a, const json_t *entry);
/* The same for the schools of one owner. */
json_t *feide_check_units(struct arena *a, const struct feide *f);
void feide_issue_add(json_t *issues, enum feide_issue e, const char *about);
/* Removes the invalid values.  Returns false when the entry must not be
 * published. */
bool feide_drop_invalid_values(struct arena *a, json_t *entry,
                               const json_t *issues);

/* ---- feide_entry */

struct feide_person {
	const struct municipality *municipality; /* NULL: in no tree */
	const char *affiliation, *person, *directory, *anchor;
	const char *uid, *dn;
	json_t *entry;
	json_t *issues; /* errors of the entry */
	bool publishable;
	const char *join_hash;    /* hash of the join value, or NULL */
	const json_t *former_ids; /* former ids of the person */
};

extern const char *const feide_person_attributes[];
/* Builds the entry of an affiliation.  Returns false when it is in no tree.
 * With the lock held. */
bool feide_person_build(struct arena *a, const struct config *cfg,
                        const char *affiliation, struct feide_person *ret);

char *feide_org_dn(struct arena *a, const struct config *cfg, const char *name);
char *feide_unit_dn(struct arena *a, const struct config *cfg, const char *name,
                    const char *number);
char *feide_person_dn(struct arena *a, const struct config *cfg,
                      const char *name, const char *uid);

/* ---- login_name_registry: without the lock */

/* Reserves the login name for this person, for ever.  *ret_taken: it was issued
 * to another person before.  On error returns false. */
bool login_name_reserve(const struct config *cfg, struct arena *a,
                        const struct feide_person *p, bool *ret_taken,
                        struct error *err) must_check;

/* ---- feide_tree: without the lock */

bool feide_apply_trees(const struct config *cfg, struct error *err) must_check;

/* ---- feide */

/* any: whether the configuration has a tree; without one, no entry is marked.
 * Takes the lock. */
void feide_set_enabled(bool any);
void feide_mark_affiliation(const char *affiliation);
void feide_mark_person(const char *person);
void feide_mark_group_members(const char *group);
/* Updates a batch of marked entries.  Returns whether there may be more.  Takes
 * the lock. */
bool feide_apply(const struct config *cfg);
bool feide_verify(const struct config *cfg, int64_t run,
                  struct error *err) must_check;

/* ---- feide_report */

bool feide_report(const struct ipc_request *q, char **argv, struct error *err);

#endif
