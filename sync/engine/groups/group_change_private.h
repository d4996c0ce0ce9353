/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_change_private.h: the changes of groups being planned, with the state's
 * lock held, and written. */
#ifndef SYNC_ENGINE_GROUPS_GROUP_CHANGE_PRIVATE_H
#define SYNC_ENGINE_GROUPS_GROUP_CHANGE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"
#include "lib/vector.h"
#include "region/config/config.h"

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

/* Returns the change of a group, loading it if needed; NULL: no such group. */
struct group_change *group_change_for(struct groups *g, const char *id);

/* ---- group_members */

/* Plans the groups of one member. */
void group_member_plan(struct groups *g, size_t row);

/* ---- group_threshold */

/* Removes the losses that may not happen now from the changes, and marks their
 * rows held. */
void group_threshold_apply(struct groups *g);

/* ---- group_write: without the lock */

/* Returns false when the catalogue is unavailable. */
bool group_write(const struct config *cfg, struct arena *a,
                 struct group_change *c, struct error *err) must_check;

#endif
