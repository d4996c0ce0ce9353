/* SPDX-License-Identifier: AGPL-3.0-or-later
 * engine.h: the interfaces of portvakt-provisioner's modules.
 *
 *	staging           runs that connectors send, until they are committed
 *	staging_commit    a run becomes source entries and a cookie, atomically
 *	group_membership_cache  members of source groups
 *	source_entry      an entry of a source directory
 *	classify          kind and roles of a source entry, by people { }
 *	join              correlates source entries with people (join.h)
 *	join_override     ... by an operator's override
 *	account_link      links affiliations to people (account_link.h)
 *	protected_address protected addresses
 *	attribute_precedence  selects a value where directories disagree
 *	desired_entry     desired state of a catalogue entry; differences
 *	reconcile_plan    the changes that one person needs
 *	change_guard      holds changes that look like an accident
 *	                  (change_guard.h)
 *	apply             carries out plans, person by person
 *	ldap_apply        ... entry by entry
 *	derived_entry     ... entries derived from others
 *	validity_dates    first days, last days, grace periods
 *	catalogue_verify  reads the catalogue back
 *	main_loop         runs all of this repeatedly
 *	overrides         operators' overrides (overrides.h)
 *	export_ldif       all desired entries as LDIF
 *	control           portvaktctl's commands
 *	person_provenance ... about one person
 *	quarantine        ... about entries in quarantine
 *	municipality_purge  removes a municipality (municipality_purge.h) */
#ifndef SYNC_WRITER_WRITER_H
#define SYNC_WRITER_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "region/answer.h"
#include "region/directory.h"

/* Milliseconds since 1970 (wall clock), comparable across restarts. */
int64_t now_ms(void);

/* ---- staging */

/* Handlers of the connectors' requests (ipc_messages.h).  *ret_reply is
 * allocated in the request's arena.  On error returns false and sets err. */

bool stage_hello(const struct question *q, json_t **ret_answer,
                 struct fault *why);
bool stage_begin(const struct question *q, json_t **ret_answer,
                 struct fault *why);
bool stage_entries(const struct question *q, json_t **ret_answer,
                   struct fault *why);
bool stage_present(const struct question *q, json_t **ret_answer,
                   struct fault *why);
bool stage_deleted(const struct question *q, json_t **ret_answer,
                   struct fault *why);
bool stage_commit(const struct question *q, json_t **ret_answer,
                  struct fault *why);
bool stage_abort(const struct question *q, json_t **ret_answer,
                 struct fault *why);
void stage_forget_unfinished(void);
/* Stores the id of the request's open run.  On error (no such run) returns
 * false. */
bool stage_run(const struct question *q, int64_t *ret_run, struct fault *why);
/* Returns the name of the run's directory, allocated in a; NULL: no such
 * run. */
char *stage_directory(struct arena *a, int64_t run);
void make_dirty(const char *directory, const char *anchor);
/* cause: "configuration", or "unknown" after the cache was recreated. */
void make_all_dirty(const char *cause);

/* Wakes the apply thread; waits for that, at most ms milliseconds. */
void work_came(void);
void work_wait(int ms);

/* ---- classify */

/* Classification of a source entry by its municipality's people { }. */
struct shape {
	const struct municipality *municipality;
	enum kind kind;
	char **roles; /* sorted, NULL-terminated */
	bool joins;   /* join by national-id */
};

/* A source entry as stored in the table records. */
struct record {
	const char *directory, *anchor, *dn, *place, *class;
	const json_t *body;
	const char *joins, *sealed, *flaw;
};

/* places: the normalized DNs of the entry's groups, NULL-terminated.  Returns
 * false if no people { } selects the entry. */
bool shape(struct arena *a, const struct region *r, const struct record *record,
           char **places, struct shape *ret_shape);

/* Classifies an entry, which may be NULL, by its groups.  Returns false also if
 * an operator excluded it. */
bool record_shape(struct arena *a, const struct region *r,
                  const struct record *record, struct shape *ret_shape);
/* Returns whether an operator excluded this entry. */
bool record_is_out(struct arena *a, const char *directory, const char *anchor);

/* Returns the entry, allocated in a; NULL if there is none. */
const struct record *record_read(struct arena *a, const char *directory,
                                 const char *anchor);
char **record_groups(struct arena *a, const struct record *record);
/* Parses GeneralizedTime (RFC 4517 3.3.13) or YYYY-MM-DD; end: the day's end.
 * Returns false for any other value. */
bool record_time(const char *text, bool end, int64_t *ret_when) must_check;
/* Returns whether the entry is disabled, expired, past its last day or before
 * its first day.  A date that cannot be parsed counts as disabled. */
bool record_is_disabled(const struct record *record, int64_t now);
/* Returns the first value of a field, or NULL. */
const char *record_text(const struct record *record, const char *field);

/* ---- protected_address */

/* Returns "6" (strictly confidential), "7" (confidential) or NULL (no
 * protection).  Unknown values return "6". */
const char *record_protection(struct arena *a, const struct record *record);
/* Returns the stricter of the two values. */
const char *protection_stricter(const char *one, const char *other);

/* ---- join */

/* Links a classified entry to a person.  Returns true if the entry has an
 * affiliation afterwards.  An ambiguous entry is put into quarantine.
 * *ret_former_person: the person whose affiliation this was before, or NULL. */
bool match(struct arena *a, const struct region *r, const struct record *record,
           const struct shape *s, const char **ret_left);

/* Removes the entry from quarantine. */
void match_forget(const char *directory, const char *anchor);

/* ---- attribute_precedence */

/* Returns the entry that has precedence for an attribute; NULL if none has a
 * value. */
const struct record *precede(const struct region *r, enum prefer what,
                             const struct record *const *live, size_t count);

/* ---- desired_entry: attributes as {"name": ["value", ...], ...}, values
 * sorted */

json_t *form_of_affiliation(struct arena *a, const struct record *record,
                            const struct shape *s, const char *id);
/* live: the person's classified source entries, in order of precedence; before:
 * the attributes written last, or NULL. */
json_t *form_of_person(struct arena *a, const struct region *r, const char *id,
                       const char *joins, const struct record *const *live,
                       size_t count, const json_t *before);
json_t *form_of_body(struct arena *a, const struct municipality *m);
json_t *form_of_entry(struct arena *a, const struct directory_entry *e,
                      const char *const *names);
extern const char *const person_form_names[];
extern const char *const affiliation_form_names[];
extern const char *const body_form_names[];
void form_set(json_t *form, const char *name, const char *value);
/* Sorts values and drops duplicates. */
void form_set_all(json_t *form, const char *name, const char **values,
                  size_t count);
const char *form_text(const json_t *form, const char *name);
/* Returns the changes from before to after, allocated in a.  *ret_names: names
 * of the changed attributes, "-name" for a deleted one. */
const struct directory_change *form_changes(struct arena *a,
                                            const json_t *before,
                                            const json_t *after,
                                            size_t *ret_count,
                                            char **ret_names);

/* ---- reconcile_plan */

enum step_kind { STEP_ADD = 0, STEP_CHANGE, STEP_REMOVE };

/* One entry to add, change or remove. */
struct step {
	enum step_kind kind;
	bool is_person;
	const char *id, *person;
	const char *under; /* id of its present parent; NULL: correct parent */
	const char *csn;
	const json_t *before, *after;
	const char *sealed; /* base64 to write; "": delete; NULL: keep */
	const char *joins;
	const char *directory, *anchor;
	bool done; /* set by apply */
};

struct plan {
	const char *person;
	struct step *steps;
	size_t count;
	bool ends; /* the person has no affiliation left */
};

/* Returns the steps that bring this person's entries to the desired state.
 * checked: keys (source_entry_key) of the entries that the guard has evaluated;
 * of other entries, counted changes are held.  NULL: no such limit. */
struct plan plan_person(struct arena *a, const struct region *r,
                        const char *person, const json_t *may_leave);
/* Returns the person's classified entries in order of precedence. */
const struct record *const *plan_records(struct arena *a,
                                         const struct region *r,
                                         const char *person, size_t *ret_count);
/* Returns steps that add all entries of the person, as if the catalogue were
 * empty.  Active affiliations stay active. */
struct plan plan_whole(struct arena *a, const struct region *r,
                       const char *person);
/* Returns the key "DIRECTORY ANCHOR" of such sets. */
char *record_name(struct arena *a, const char *directory, const char *anchor);
/* Returns a line for operators. */
char *step_line(struct arena *a, const struct step *s);
/* Returns whether the directory was read completely, so that an absent entry
 * counts as deleted. */
bool plan_is_complete(const char *directory);
/* Returns whether the directory was read completely at least once.  Absent
 * entries need not be deleted yet. */
bool plan_was_seen(const char *directory);
/* ---- apply */

/* Joins an entry to its person.  Returns the id of the person whose affiliation
 * this was before, or NULL. */
const char *apply_match(struct arena *a, const struct region *r,
                        const char *directory, const char *anchor);

/* Processes one batch of dirty rows.  Returns true if there was work. */
bool apply_some(const struct region *r);
/* Removes people without affiliations.  Returns false if that must be tried
 * again later. */
bool apply_orphans(const struct region *r);
/* Marks dirty: affiliations whose grace period ended since last (0: at any
 * time) and accounts that expired. */
void apply_graces(const struct region *r, int64_t last);
void apply_expiries(void);
/* Marks affiliations dirty whose first or last day came since last. */
void apply_dates(int64_t last);

/* ---- ldap_apply */

/* Writes the municipalities' entries.  On error returns false. */
bool write_bodies(const struct region *r, struct fault *why) must_check;

/* ---- catalogue_verify */

bool readback(const struct region *r, struct fault *why) must_check;

/* ---- control */

bool control_do(const struct question *q, json_t **ret_answer,
                struct fault *why);
/* Requests a read of the whole catalogue (`sync now`, or apply); the second
 * function returns and clears that request. */
void control_want_readback(void);
bool control_wants_readback(void);

/* ---- export_ldif */

/* Writes all people as LDIF (RFC 2849) to a file in the state directory. */
bool build_catalogue_ldif(const struct question *q, char **words,
                          struct fault *why) must_check;

/* ---- change_log */

bool journal_begin(const char *path, struct fault *why) must_check;
void journal(const struct step *s, const char *names);
/* Return the path of today's log, and of the log of a past day (Oslo time). */
const char *journal_path(void);
char *journal_of_day(struct arena *a, const char *path, int64_t when);
/* For IPC_COMMAND: the changes of the last 24 hours, a JSON object for each
 * directory. */
bool journal_changes(const struct question *q, char **words, struct fault *why);
/* Calls each for the last lines about a person, oldest first, formatted for
 * operators. */
void journal_last(const char *person, size_t most,
                  void (*each)(const char *line, void *with), void *with);
/* Deletes every line about one of these ids, or `directory NAME`. On error
 * returns false. */
bool journal_strike(const json_t *whom, struct fault *why) must_check;

#endif
