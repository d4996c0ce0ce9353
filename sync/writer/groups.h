/* SPDX-License-Identifier: AGPL-3.0-or-later
 * groups.h: what directories call groups and units, as groups of the
 * catalogue, whose members are affiliations.
 *
 *	group_form      what an entry of a directory is as a group
 *	groups          what is to be looked at, and what comes of it
 *	group_members   who is in which
 *	group_brake     losses that look like an accident wait
 *	group_write     changes ou=groups, a value at a time where that will do
 *	group_readback  what the catalogue really holds
 *	school_year     which one it is, and who leaves with the last one
 *	school_tell     ... as an operator sees it
 *
 * With the state's lock held, where nothing else is said. */
#ifndef SYNC_WRITER_GROUPS_H
#define SYNC_WRITER_GROUPS_H

#include "lib/list.h"
#include "sync/writer/writer.h"

/* ---- school_year */

/* The calendar year in which the school year began that it is now. */
int school_year_at(const struct school_year *y, int64_t now);
/* Its first second; of the next one, give year + 1. */
int64_t school_year_start(const struct school_year *y, int year);
/* Whether people are still in the groups of the year before. */
bool school_year_overlaps(const struct school_year *y, int64_t now);
/* The leavers of the last year are released.  Takes the lock. */
void school_year_announce(const struct region *r);
bool school_year_tell(const struct question *q, char **words,
                      struct fault *why);

/* ---- group_form */

/* What a directory's entry is as a group. */
struct group_source {
	const struct municipality *municipality;
	enum group_kind kind;
	const struct school *school; /* or NULL */
	int year; /* of the school year; 0: it goes on for ever */
};

extern const char *const group_form_names[];

/* False: it is none of ours. */
bool group_of(struct arena *a, const struct region *r,
              const struct record *record, struct group_source *ret);
/* The school whose entries lie there, or NULL. */
const struct school *school_at(struct arena *a, const struct region *r,
                               const struct municipality *m,
                               const char *directory, const char *place);
/* Without its members.  Dates once given stay. */
json_t *form_of_group(struct arena *a, const struct record *record,
                      const struct group_source *s, const char *id,
                      const json_t *before);
/* before, as what is no more. */
json_t *form_of_ended_group(struct arena *a, const json_t *before);

/* ---- groups */

/* One entry of ou=groups on its way to what it should be. */
struct group_change {
	const char *id, *directory, *anchor, *csn;
	const json_t *before, *after; /* after NULL: removed */
	bool live;                    /* afterwards */
	bool ends;                    /* and its members with it */
	int64_t next;                 /* when time changes it again; 0: never */
	LIST(const char *) joins;
	LIST(const char *) leaves;
	bool done;
	bool refused; /* by the catalogue, as it stands */
	bool raced;   /* somebody else wrote it */
};

/* Somebody, or all of a group, would be lost: for the brake. */
struct group_loss {
	size_t change;      /* index */
	const char *member; /* NULL: all of the group */
	const char *directory;
	size_t row; /* index of what is looked at */
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

/* The change for a group, made if there was none yet. */
struct group_change *groups_change(struct groups *g, const char *id);

/* What apply looked at, and who was written or removed, may change groups. */
void groups_note_row(const char *directory, const char *anchor);
void groups_note_member(const char *affiliation);
/* Everything is to be looked at: another configuration. */
void groups_note_all(void);

/* Whether anything was done.  Takes the lock itself. */
bool groups_apply(const struct region *r);
/* What time has brought; held losses are looked at again.  Takes the lock. */
void groups_time(void);

/* Lines for `sync status` and `sync groups`. */
void groups_tell_held(const struct question *q, const char *directory);
bool groups_tell(const struct question *q, char **words, struct fault *why);
/* Lets the losses of a directory go that are held now. */
void groups_release(const char *directory);

/* ---- group_members */

/* Plans what groups a member should be in. */
void group_member_plan(struct groups *g, size_t row);
/* Everybody in that entry of a directory is to be looked at; and everybody
 * the catalogue has in that group. */
void group_members_note(const char *directory, const char *anchor);
void group_holders_note(const char *id);
/* Anchors of the people in an entry of a directory, living in a. */
char **group_members(struct arena *a, const char *directory, const char *anchor,
                     size_t *ret_count);

/* ---- group_brake */

/* Takes out of the changes what may not be lost now, and marks its rows. */
void group_brake(struct groups *g);
/* Would so many at once look like an accident? */
bool group_brake_holds(size_t lost, size_t total, size_t groups_gone,
                       size_t groups);

/* ---- group_write: without the lock */

/* False: the catalogue is away. */
bool group_write(const struct region *r, struct arena *a,
                 struct group_change *c, struct fault *why) must_check;
void journal_group(const struct group_change *c, const char *names);

/* ---- group_readback */

bool group_readback(const struct region *r, int64_t run,
                    struct fault *why) must_check;

#endif
