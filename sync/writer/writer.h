/* SPDX-License-Identifier: AGPL-3.0-or-later
 * writer.h: portvakt-writer's files and what each gives the others.
 *
 *	stage     what readers send lies aside ...
 *	commit    ... and becomes records, with the cookie, at once
 *	members   who is in which group
 *	record    what a directory says of one entry
 *	shape     a record becomes an affiliation, by people { }
 *	match     whose affiliation it is (match.h)
 *	obey      ... as people decided
 *	belong    whose affiliations are, in the cache (belong.h)
 *	protect   whose address is protected
 *	precede   whose word counts where directories disagree
 *	form      what an entry of the catalogue should be, and how it differs
 *	plan      what one person's entries should be
 *	guard     holds what looks like an accident (guard.h)
 *	apply     changes the catalogue, a person at a time
 *	write     ... an entry at a time
 *	derived   ... and what follows from others
 *	dates     what time brings
 *	readback  what the catalogue really holds
 *	round     all of this, over and over
 *	decisions what people decided (decisions.h)
 *	build     all of it as LDIF, for an empty catalogue
 *	control   what an operator asks
 *	whois     ... about one person
 *	quarantine  ... about those in doubt
 *	left      a municipality that left (left.h) */
#ifndef SYNC_WRITER_WRITER_H
#define SYNC_WRITER_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "region/answer.h"
#include "region/directory.h"

/* Milliseconds since 1970: for ages that outlive a process. */
int64_t now_ms(void);

/* ---- stage */

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
/* The question's run, if it is under way. */
bool stage_run(const struct question *q, int64_t *ret_run, struct fault *why);
/* Which directory a run is of. */
char *stage_directory(struct arena *a, int64_t run);
void make_dirty(const char *directory, const char *anchor);
/* cause: "configuration", or "unknown" where the cache is new. */
void make_all_dirty(const char *cause);

/* Wakes apply; waits at most ms for that. */
void work_came(void);
void work_wait(int ms);

/* ---- shape */

/* What a record is to its municipality. */
struct shape {
	const struct municipality *municipality;
	enum kind kind;
	char **roles; /* sorted; NULL-terminated */
	bool joins;   /* same-person by national-id */
};

/* A record as its table has it. */
struct record {
	const char *directory, *anchor, *dn, *place, *class;
	const json_t *body;
	const char *joins, *sealed, *flaw;
};

/* places: the normal DNs of the groups it is a member of, NULL-terminated.
 * False: it is nobody of ours. */
bool shape(struct arena *a, const struct region *r, const struct record *record,
           char **places, struct shape *ret_shape);

/* The same of a record, which may be NULL, by its groups and by what people
 * decided about it. */
bool record_shape(struct arena *a, const struct region *r,
                  const struct record *record, struct shape *ret_shape);
/* Somebody decided that it is let in as nobody. */
bool record_is_out(struct arena *a, const char *directory, const char *anchor);

/* NULL where there is no such record. */
const struct record *record_read(struct arena *a, const char *directory,
                                 const char *anchor);
char **record_groups(struct arena *a, const struct record *record);
/* Dates come as LDAP writes them, or as days; false for what is neither. */
bool record_time(const char *text, bool end, int64_t *ret_when) must_check;
/* Switched off, ended or not begun, or nobody can read when. */
bool record_is_disabled(const struct record *record, int64_t now);
/* The first value of a field, or NULL. */
const char *record_text(const struct record *record, const char *field);

/* ---- protect */

/* "6" (strictly confidential), "7" (confidential), or NULL: none is said.  A
 * word that is not known protects. */
const char *record_protection(struct arena *a, const struct record *record);
/* Of two such. */
const char *protection_stricter(const char *one, const char *other);

/* ---- match */

/* Sees to it that the record, if it is anybody, has an affiliation of a
 * person; doubt puts it into quarantine.  ret_left is the person it was taken
 * away from, or NULL.  False: it has none. */
bool match(struct arena *a, const struct region *r, const struct record *record,
           const struct shape *s, const char **ret_left);

/* It is nobody's any more: nothing is doubtful about it. */
void match_forget(const char *directory, const char *anchor);

/* ---- precede */

/* Of a person's records, the one whose word counts; NULL: none says it. */
const struct record *precede(const struct region *r, enum prefer what,
                             const struct record *const *live, size_t count);

/* ---- form: an entry as {"attribute": ["value", ...], ...}, values sorted */

json_t *form_of_affiliation(struct arena *a, const struct record *record,
                            const struct shape *s, const char *id);
/* live: the records of the person's affiliations that are there. */
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
/* Sorts values. */
void form_set_all(json_t *form, const char *name, const char **values,
                  size_t count);
const char *form_text(const json_t *form, const char *name);
/* From before to after; the names of what differs stand in ret_names. */
const struct directory_change *form_changes(struct arena *a,
                                            const json_t *before,
                                            const json_t *after,
                                            size_t *ret_count,
                                            char **ret_names);

/* ---- plan */

enum step_kind { STEP_ADD = 0, STEP_CHANGE, STEP_REMOVE };

/* One entry to be written. */
struct step {
	enum step_kind kind;
	bool is_person;
	const char *id, *person;
	const char *under; /* whom it stands below now; NULL: where it should */
	const char *csn;
	const json_t *before, *after;
	const char *sealed; /* base64; to be written; "": removed; or NULL */
	const char *joins;
	const char *directory, *anchor;
	bool done; /* by apply */
};

struct plan {
	const char *person;
	struct step *steps;
	size_t count;
	bool ends; /* nobody is left of them */
};

/* What is to be done so that this person is as the records say.  may_leave:
 * the names of the records that the brake has looked at, as a set; of others,
 * nothing is done that is counted.  NULL: of any. */
struct plan plan_person(struct arena *a, const struct region *r,
                        const char *person, const json_t *may_leave);
/* The person's records that are there, those whose word counts most first. */
const struct record *const *plan_records(struct arena *a,
                                         const struct region *r,
                                         const char *person, size_t *ret_count);
/* All entries a person should have, to be added as if there were none yet.
 * Whoever is active and would leave stays. */
struct plan plan_whole(struct arena *a, const struct region *r,
                       const char *person);
/* As in such sets. */
char *record_name(struct arena *a, const char *directory, const char *anchor);
/* A step as an operator reads it. */
char *step_line(struct arena *a, const struct step *s);
/* Whether all of a directory has been seen. */
bool plan_is_complete(const char *directory);
/* Whether it was seen whole at all: its entries may be told from one another,
 * but nobody is gone yet. */
bool plan_was_seen(const char *directory);
/* ---- apply */

/* Sees to it that this record has the person it should have; the person it was
 * taken from, if it was, or NULL. */
const char *apply_match(struct arena *a, const struct region *r,
                        const char *directory, const char *anchor);

/* One look at what is dirty; true when something was done. */
bool apply_some(const struct region *r);
/* False: later. */
bool apply_orphans(const struct region *r);
/* Those whose grace period is over, by what was so at the last look (0: there
 * was none); accounts whose last day has come. */
void apply_graces(const struct region *r, int64_t last);
void apply_expiries(void);
/* First and last days that have come since the last look. */
void apply_dates(int64_t last);

/* ---- write */

/* The municipalities' own entries. */
bool write_bodies(const struct region *r, struct fault *why) must_check;

/* ---- readback */

bool readback(const struct region *r, struct fault *why) must_check;

/* ---- control */

bool control_do(const struct question *q, json_t **ret_answer,
                struct fault *why);
/* Asked for by `now`, or by apply. */
void control_want_readback(void);
bool control_wants_readback(void);

/* ---- build */

/* Everybody as LDIF, in a file of the state folder. */
bool build_catalogue_ldif(const struct question *q, char **words,
                          struct fault *why) must_check;

/* ---- journal */

bool journal_begin(const char *path, struct fault *why) must_check;
void journal(const struct step *s, const char *names);
/* Where today's lines are, and where those of the day of when are once it is
 * over; days are Oslo's. */
const char *journal_path(void);
char *journal_of_day(struct arena *a, const char *path, int64_t when);
/* For ASK_DO: what changed within the last day and night, a JSON object for
 * each directory. */
bool journal_changes(const struct question *q, char **words, struct fault *why);
/* The last lines about a person, oldest first, as an operator reads them. */
void journal_last(const char *person, size_t most,
                  void (*each)(const char *line, void *with), void *with);
/* Takes out every line about one of these ids, or `directory NAME`. */
bool journal_strike(const json_t *whom, struct fault *why) must_check;

#endif
