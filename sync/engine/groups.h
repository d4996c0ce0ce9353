/* SPDX-License-Identifier: AGPL-3.0-or-later
 * groups.h: groups and units of source directories as groups of the catalogue,
 * whose members are affiliations.
 *
 *	group_desired    classifies an entry, builds its desired entry
 *	groups           marks, plans and applies
 *	group_members    the groups of a member
 *	group_threshold  holds losses that look like an accident
 *	group_write      writes ou=groups, value by value where possible
 *	group_verify     compares the catalogue with what was written
 *	school_year      the current school year, and its leavers
 *	school_report    ... for the operator
 *
 * With the state's lock held, unless stated otherwise. */
#ifndef SYNC_ENGINE_GROUPS_H
#define SYNC_ENGINE_GROUPS_H

#include "lib/vector.h"
#include "sync/engine/engine.h"

/* ---- school_year */

/* Returns the calendar year in which the school year of now began. */
int school_year_at(const struct school_year *y, int64_t now);
/* Returns its first second, Unix time. */
int64_t school_year_start(const struct school_year *y, int year);
/* Returns whether people are still in the groups of the year before. */
bool school_year_overlaps(const struct school_year *y, int64_t now);
/* Exempts the leavers of the last school year from the thresholds.  Takes the
 * lock. */
void school_year_announce(const struct config *cfg);
bool school_year_report(const struct ipc_request *q, char **argv,
                        struct error *err);

/* ---- group_desired */

/* An entry of a source directory, classified as a group. */
struct group_source {
	const struct municipality *municipality;
	enum group_type kind;
	const struct school *school; /* or NULL */
	int year; /* in which its school year began; 0: no end date */
};

extern const char *const group_attributes[];

/* Returns false when it is no group.  record may be NULL. */
bool group_classify(struct arena *a, const struct config *cfg,
                    const struct source_entry *record,
                    struct group_source *ret);
/* Returns the school that has entries at this place, or NULL. */
const struct school *school_at(struct arena *a, const struct config *cfg,
                               const struct municipality *m,
                               const char *directory, const char *place);
/* Returns the desired entry, without members, living in a.  Dates once set are
 * kept. */
json_t *group_desired_entry(struct arena *a, const struct source_entry *record,
                            const struct group_source *s, const char *id,
                            const json_t *before);
/* Returns before, suspended. */
json_t *group_ended_entry(struct arena *a, const json_t *before);

/* ---- groups */

/* A planned change of one entry of ou=groups. */
struct group_change {
	const char *id, *directory, *anchor, *csn;
	const json_t *before, *after; /* after NULL: deleted */
	bool live;                    /* after the change */
	bool ends;                    /* with all its members */
	int64_t next_at;              /* time of its next change; 0: none */
	VECTOR(const char *) added_members;
	VECTOR(const char *) removed_members;
	bool done;
	bool rejected; /* by the catalogue, permanently */
	bool conflict; /* changed concurrently */
};

/* The loss of a member, or of a whole group, to be checked against
 * thresholds. */
struct group_loss {
	size_t change;      /* index */
	const char *member; /* NULL: the whole group */
	const char *directory;
	size_t row; /* index of the mark */
	size_t count;
	bool released; /* or announced */
};

struct group_row {
	const char *what, *name, *directory;
	int64_t generation;
	bool released, held;
};

struct groups {
	struct arena *arena;
	const struct config *cfg;
	json_t *index_of_id; /* id -> index of its change */
	VECTOR(struct group_row) rows;
	VECTOR(struct group_change) changes;
	VECTOR(struct group_loss) losses;
};

/* Returns the change of a group, creating it if needed; NULL: no such group. */
struct group_change *groups_change_for(struct groups *g, const char *id);

/* Mark what an entry or an affiliation may change in groups. */
void groups_mark_entry(const char *directory, const char *anchor);
void groups_mark_member(const char *affiliation);
/* Marks everything: the configuration changed. */
void groups_mark_all(void);

/* Applies marked changes.  Returns whether there may be more.  Takes the
 * lock. */
bool groups_apply(const struct config *cfg);
/* Marks what is due, and held losses again.  Takes the lock. */
void groups_run_timers(void);

/* Lines for `sync status` and `sync groups`. */
void group_report_held(const struct ipc_request *q, const char *directory);
bool group_report(const struct ipc_request *q, char **argv, struct error *err);
/* Releases the losses of a directory that are held now. */
void groups_release(const char *directory);

/* ---- group_members */

/* Plans the groups of one member. */
void group_member_plan(struct groups *g, size_t row);
/* Mark the people in that entry of a source directory, and the members of that
 * group of the catalogue. */
void group_mark_source_members(const char *directory, const char *anchor);
void group_mark_members(const char *id);
/* Returns the anchors of the people in an entry of a source directory, living
 * in a. */
char **group_member_anchors(struct arena *a, const char *directory,
                            const char *anchor, size_t *ret_count);

/* ---- group_threshold */

/* Removes the losses that may not happen now from the changes, and marks their
 * rows held. */
void group_threshold_apply(struct groups *g);
/* Returns whether so many losses at once look like an accident. */
bool group_threshold_exceeded(size_t members_lost, size_t members,
                              size_t groups_lost, size_t groups);

/* ---- group_write: without the lock */

/* Returns false when the catalogue is unavailable. */
bool group_write(const struct config *cfg, struct arena *a,
                 struct group_change *c, struct error *err) must_check;
void change_log_append_group(const struct group_change *c, const char *names);

/* ---- group_verify */

bool group_verify(const struct config *cfg, int64_t run,
                  struct error *err) must_check;

#endif
