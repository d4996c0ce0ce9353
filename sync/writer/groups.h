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
#ifndef SYNC_WRITER_GROUPS_H
#define SYNC_WRITER_GROUPS_H

#include "lib/list.h"
#include "sync/writer/writer.h"

/* ---- school_year */

/* Returns the calendar year in which the school year of now began. */
int school_year_at(const struct school_year *y, int64_t now);
/* Returns its first second, Unix time. */
int64_t school_year_start(const struct school_year *y, int year);
/* Returns whether people are still in the groups of the year before. */
bool school_year_overlaps(const struct school_year *y, int64_t now);
/* Exempts the leavers of the last school year from the thresholds.  Takes the
 * lock. */
void school_year_announce(const struct region *r);
bool school_year_tell(const struct question *q, char **words,
                      struct fault *why);

/* ---- group_desired */

/* An entry of a source directory, classified as a group. */
struct group_source {
	const struct municipality *municipality;
	enum group_kind kind;
	const struct school *school; /* or NULL */
	int year; /* in which its school year began; 0: no end date */
};

extern const char *const group_form_names[];

/* Returns false when it is no group.  record may be NULL. */
bool group_of(struct arena *a, const struct region *r,
              const struct record *record, struct group_source *ret);
/* Returns the school that has entries at this place, or NULL. */
const struct school *school_at(struct arena *a, const struct region *r,
                               const struct municipality *m,
                               const char *directory, const char *place);
/* Returns the desired entry, without members, living in a.  Dates once set are
 * kept. */
json_t *form_of_group(struct arena *a, const struct record *record,
                      const struct group_source *s, const char *id,
                      const json_t *before);
/* Returns before, suspended. */
json_t *form_of_ended_group(struct arena *a, const json_t *before);

/* ---- groups */

/* A planned change of one entry of ou=groups. */
struct group_change {
	const char *id, *directory, *anchor, *csn;
	const json_t *before, *after; /* after NULL: deleted */
	bool live;                    /* after the change */
	bool ends;                    /* with all its members */
	int64_t next;                 /* time of its next change; 0: none */
	LIST(const char *) joins;
	LIST(const char *) leaves;
	bool done;
	bool refused; /* by the catalogue, permanently */
	bool raced;   /* changed concurrently */
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
	int64_t gen;
	bool released, held;
};

struct groups {
	struct arena *arena;
	const struct region *region;
	json_t *known; /* id -> index of its change */
	LIST(struct group_row) rows;
	LIST(struct group_change) changes;
	LIST(struct group_loss) losses;
};

/* Returns the change of a group, creating it if needed; NULL: no such group. */
struct group_change *groups_change(struct groups *g, const char *id);

/* Mark what an entry or an affiliation may change in groups. */
void groups_note_row(const char *directory, const char *anchor);
void groups_note_member(const char *affiliation);
/* Marks everything: the configuration changed. */
void groups_note_all(void);

/* Applies marked changes.  Returns whether there may be more.  Takes the
 * lock. */
bool groups_apply(const struct region *r);
/* Marks what is due, and held losses again.  Takes the lock. */
void groups_time(void);

/* Lines for `sync status` and `sync groups`. */
void groups_tell_held(const struct question *q, const char *directory);
bool groups_tell(const struct question *q, char **words, struct fault *why);
/* Releases the losses of a directory that are held now. */
void groups_release(const char *directory);

/* ---- group_members */

/* Plans the groups of one member. */
void group_member_plan(struct groups *g, size_t row);
/* Mark the people in that entry of a source directory, and the members of that
 * group of the catalogue. */
void group_members_note(const char *directory, const char *anchor);
void group_holders_note(const char *id);
/* Returns the anchors of the people in an entry of a source directory, living
 * in a. */
char **group_members(struct arena *a, const char *directory, const char *anchor,
                     size_t *ret_count);

/* ---- group_threshold */

/* Removes the losses that may not happen now from the changes, and marks their
 * rows held. */
void group_brake(struct groups *g);
/* Returns whether so many losses at once look like an accident. */
bool group_brake_holds(size_t lost, size_t total, size_t groups_gone,
                       size_t groups);

/* ---- group_write: without the lock */

/* Returns false when the catalogue is unavailable. */
bool group_write(const struct region *r, struct arena *a,
                 struct group_change *c, struct fault *why) must_check;
void journal_group(const struct group_change *c, const char *names);

/* ---- group_verify */

bool group_readback(const struct region *r, int64_t run,
                    struct fault *why) must_check;

#endif
