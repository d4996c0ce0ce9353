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
#ifndef SYNC_ENGINE_ENGINE_H
#define SYNC_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "region/ipc/ipc_server.h"
#include "region/ldap/directory.h"

/* Milliseconds since 1970 (wall clock), comparable across restarts. */
int64_t now_ms(void);

/* ---- staging */

/* Handlers of the connectors' requests (ipc_messages.h).  *ret_reply is
 * allocated in the request's arena.  On error returns false and sets err. */

bool staging_open(const struct ipc_request *q, json_t **ret_reply,
                  struct error *err);
bool staging_begin(const struct ipc_request *q, json_t **ret_reply,
                   struct error *err);
bool staging_add_entries(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err);
bool staging_add_present(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err);
bool staging_add_deleted(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err);
bool staging_commit(const struct ipc_request *q, json_t **ret_reply,
                    struct error *err);
bool staging_abort(const struct ipc_request *q, json_t **ret_reply,
                   struct error *err);
void staging_discard_all(void);
/* Stores the id of the request's open run.  On error (no such run) returns
 * false. */
bool staging_find_run(const struct ipc_request *q, int64_t *ret_run,
                      struct error *err);
/* Returns the name of the run's directory, allocated in a; NULL: no such
 * run. */
char *staging_run_directory(struct arena *a, int64_t run);
void dirty_mark(const char *directory, const char *anchor);
/* cause: "configuration", or "unknown" after the cache was recreated. */
void dirty_mark_all(const char *cause);

/* Wakes the apply thread; waits for that, at most ms milliseconds. */
void work_signal(void);
void work_wait(int ms);

/* ---- classify */

/* Classification of a source entry by its municipality's people { }. */
struct classification {
	const struct municipality *municipality;
	enum affiliation_type kind;
	char **roles;              /* sorted, NULL-terminated */
	bool joins_by_national_id; /* join by national-id */
};

/* A source entry as stored in the table records. */
struct source_entry {
	const char *directory, *anchor, *dn, *normal_dn, *class;
	const json_t *attributes;
	const char *join_value, *sealed_national_id, *national_id_error;
};

/* places: the normalized DNs of the entry's groups, NULL-terminated.  Returns
 * false if no people { } selects the entry. */
bool classify_entry(struct arena *a, const struct config *cfg,
                    const struct source_entry *entry, char **group_dns,
                    struct classification *ret_classification);

/* Classifies an entry, which may be NULL, by its groups.  Returns false also if
 * an operator excluded it. */
bool source_entry_classify(struct arena *a, const struct config *cfg,
                           const struct source_entry *entry,
                           struct classification *ret_classification);
/* Returns whether an operator excluded this entry. */
bool source_entry_is_excluded(struct arena *a, const char *directory,
                              const char *anchor);

/* Returns the entry, allocated in a; NULL if there is none. */
const struct source_entry *source_entry_load(struct arena *a,
                                             const char *directory,
                                             const char *anchor);
char **source_entry_groups(struct arena *a, const struct source_entry *entry);
/* Parses GeneralizedTime (RFC 4517 3.3.13) or YYYY-MM-DD; end: the day's end.
 * Returns false for any other value. */
bool source_entry_parse_time(const char *text, bool end,
                             int64_t *ret_when) must_check;
/* Returns whether the entry is disabled, expired, past its last day or before
 * its first day.  A date that cannot be parsed counts as disabled. */
bool source_entry_is_disabled(const struct source_entry *entry, int64_t now);
/* Returns the first value of a field, or NULL. */
const char *source_entry_value(const struct source_entry *entry,
                               const char *field);

/* ---- protected_address */

/* Returns "6" (strictly confidential), "7" (confidential) or NULL (no
 * protection).  Unknown values return "6". */
const char *protected_address_code(struct arena *a,
                                   const struct source_entry *entry);
/* Returns the stricter of the two values. */
const char *protected_address_stricter(const char *one, const char *other);

/* ---- join */

/* Links a classified entry to a person.  Returns true if the entry has an
 * affiliation afterwards.  An ambiguous entry is put into quarantine.
 * *ret_former_person: the person whose affiliation this was before, or NULL. */
bool join_entry(struct arena *a, const struct config *cfg,
                const struct source_entry *entry,
                const struct classification *s, const char **ret_former_person);

/* Removes the entry from quarantine. */
void join_clear_quarantine(const char *directory, const char *anchor);

/* ---- attribute_precedence */

/* Returns the entry that has precedence for an attribute; NULL if none has a
 * value. */
const struct source_entry *attribute_precedence_select(
    const struct config *cfg, enum config_precedence what,
    const struct source_entry *const *live, size_t count);

/* ---- desired_entry: attributes as {"name": ["value", ...], ...}, values
 * sorted */

json_t *desired_affiliation(struct arena *a, const struct source_entry *entry,
                            const struct classification *s, const char *id);
/* live: the person's classified source entries, in order of precedence; before:
 * the attributes written last, or NULL. */
json_t *desired_person(struct arena *a, const struct config *cfg,
                       const char *id, const char *join_value,
                       const struct source_entry *const *live, size_t count,
                       const json_t *before);
json_t *desired_municipality(struct arena *a, const struct municipality *m);
json_t *entry_json_from_ldap(struct arena *a, const struct directory_entry *e,
                             const char *const *names);
extern const char *const managed_person_attributes[];
extern const char *const managed_affiliation_attributes[];
extern const char *const managed_municipality_attributes[];
void entry_json_set(json_t *attrs, const char *name, const char *value);
/* Sorts values and drops duplicates. */
void entry_json_set_values(json_t *attrs, const char *name, const char **values,
                           size_t count);
const char *entry_json_value(const json_t *attrs, const char *name);
/* Returns the changes from before to after, allocated in a.  *ret_names: names
 * of the changed attributes, "-name" for a deleted one. */
const struct directory_change *entry_json_diff(struct arena *a,
                                               const json_t *before,
                                               const json_t *after,
                                               size_t *ret_count,
                                               char **ret_names);

/* ---- reconcile_plan */

enum plan_step_type { STEP_ADD = 0, STEP_CHANGE, STEP_REMOVE };

/* One entry to add, change or remove. */
struct plan_step {
	enum plan_step_type kind;
	bool is_person;
	const char *id, *person;
	const char *
	    current_parent; /* id of its present parent; NULL: correct parent */
	const char *csn;
	const json_t *before, *after;
	const char
	    *sealed_national_id; /* base64 to write; "": delete; NULL: keep */
	const char *join_value;
	const char *directory, *anchor;
	bool done; /* set by apply */
};

struct plan {
	const char *person;
	struct plan_step *steps;
	size_t count;
	bool deletes_person; /* the person has no affiliation left */
};

/* Returns the steps that bring this person's entries to the desired state.
 * checked: keys (source_entry_key) of the entries that the guard has evaluated;
 * of other entries, counted changes are held.  NULL: no such limit. */
struct plan plan_person(struct arena *a, const struct config *cfg,
                        const char *person, const json_t *checked);
/* Returns the person's classified entries in order of precedence. */
const struct source_entry *const *plan_source_entries(struct arena *a,
                                                      const struct config *cfg,
                                                      const char *person,
                                                      size_t *ret_count);
/* Returns steps that add all entries of the person, as if the catalogue were
 * empty.  Active affiliations stay active. */
struct plan plan_full(struct arena *a, const struct config *cfg,
                      const char *person);
/* Returns the key "DIRECTORY ANCHOR" of such sets. */
char *source_entry_key(struct arena *a, const char *directory,
                       const char *anchor);
/* Returns a line for operators. */
char *plan_step_line(struct arena *a, const struct plan_step *s);
/* Returns whether the directory was read completely, so that an absent entry
 * counts as deleted. */
bool plan_source_is_complete(const char *directory);
/* Returns whether the directory was read completely at least once.  Absent
 * entries need not be deleted yet. */
bool plan_source_was_read(const char *directory);
/* ---- apply */

/* Joins an entry to its person.  Returns the id of the person whose affiliation
 * this was before, or NULL. */
const char *apply_join(struct arena *a, const struct config *cfg,
                       const char *directory, const char *anchor);

/* Processes one batch of dirty rows.  Returns true if there was work. */
bool apply_next_batch(const struct config *cfg);
/* Removes people without affiliations.  Returns false if that must be tried
 * again later. */
bool apply_remove_orphans(const struct config *cfg);
/* Marks dirty: affiliations whose grace period ended since last (0: at any
 * time) and accounts that expired. */
void validity_mark_grace_ends(const struct config *cfg, int64_t last);
void validity_mark_expired_accounts(void);
/* Marks affiliations dirty whose first or last day came since last. */
void validity_mark_first_and_last_days(int64_t last);

/* ---- ldap_apply */

/* Writes the municipalities' entries.  On error returns false. */
bool apply_municipalities(const struct config *cfg,
                          struct error *err) must_check;

/* ---- catalogue_verify */

bool verify_catalogue(const struct config *cfg, struct error *err) must_check;

/* ---- control */

bool control_run(const struct ipc_request *q, json_t **ret_response,
                 struct error *err);
/* Requests a read of the whole catalogue (`sync now`, or apply); the second
 * function returns and clears that request. */
void control_request_verify(void);
bool control_take_verify_request(void);

/* ---- export_ldif */

/* Writes all people as LDIF (RFC 2849) to a file in the state directory. */
bool export_ldif(const struct ipc_request *q, char **argv,
                 struct error *err) must_check;

/* ---- change_log */

bool change_log_open(const char *path, struct error *err) must_check;
void change_log_append(const struct plan_step *s, const char *names);
/* Return the path of today's log, and of the log of a past day (Oslo time). */
const char *change_log_path(void);
char *change_log_day_path(struct arena *a, const char *path, int64_t when);
/* For IPC_COMMAND: the changes of the last 24 hours, a JSON object for each
 * directory. */
bool change_log_count(const struct ipc_request *q, char **argv,
                      struct error *err);
/* Calls each for the last lines about a person, oldest first, formatted for
 * operators. */
void change_log_last(const char *person, size_t max,
                     void (*each)(const char *line, void *with), void *with);
/* Deletes every line about one of these ids, or `directory NAME`. On error
 * returns false. */
bool change_log_purge(const json_t *ids, struct error *err) must_check;

#endif
