/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_threshold.c: holds losses of members that look like an accident.  A
 * group container that became unreadable looks like a school that deleted all
 * its classes.  While people are held, their groups stay unchanged too. */
#include "sync/engine/groups/groups.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/engine/groups/group_change_private.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"

enum { FEW = 10, WINDOW = 600 };

bool group_threshold_exceeded(size_t members_lost, size_t members,
                              size_t groups_lost, size_t groups)
{
	if (groups_lost >= 2 && groups_lost >= groups)
		return true;
	return members_lost > FEW && members_lost * 2 > members;
}

/* The losses of one source directory now. */
struct directory_losses {
	const char *directory;
	size_t members_lost,
	    groups_lost; /* members, whole groups; without released ones */
	bool wait, hold;
};

struct threshold_check {
	struct groups *g;
	VECTOR(struct directory_losses) all;
};

static struct directory_losses *losses_of_directory(struct threshold_check *b,
                                                    const char *directory)
{
	for (size_t i = 0; i < b->all.count; i++)
		if (text_equal(b->all.at[i].directory, directory))
			return &b->all.at[i];
	struct directory_losses *one = vector_append(b->g->arena, &b->all);
	one->directory = directory;
	return one;
}

/* Entries of the directory are still to be processed. */
static bool directory_has_unprocessed(const char *directory)
{
	return !source_is_complete(directory) ||
	       state_number("SELECT count(*) FROM dirty WHERE directory = ?1",
	                    "t", directory) > 0;
}

static bool directory_has_held(const char *directory)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM held WHERE"
	                    " directory = ?1) OR EXISTS (SELECT 1 FROM regroup"
	                    " WHERE directory = ?1 AND held = 2)",
	                    "t", directory) > 0;
}

static void group_threshold_evaluate(struct directory_losses *l)
{
	size_t lost_lately =
	    (size_t)state_number("SELECT total(count) FROM ungrouped WHERE"
	                         " directory = ?1 AND at > ?2",
	                         "ti", l->directory, clock_now() - WINDOW);

	l->wait = directory_has_unprocessed(l->directory);
	if (l->wait || l->members_lost + l->groups_lost == 0)
		return;
	l->hold = directory_has_held(l->directory);
	if (l->hold ||
	    (l->members_lost + lost_lately <= FEW && l->groups_lost < 2))
		return;
	size_t total =
	    (size_t)state_number("SELECT count(*) FROM groups AS g"
	                         " CROSS JOIN holding AS h ON h.grp = g.id"
	                         " WHERE g.directory = ?1 AND g.live = 1",
	                         "t", l->directory);
	size_t groups = (size_t)state_number("SELECT count(*) FROM groups WHERE"
	                                     " directory = ?1 AND live = 1"
	                                     " AND form IS NOT NULL",
	                                     "t", l->directory);
	l->hold = group_threshold_exceeded(l->members_lost + lost_lately,
	                                   total + lost_lately, l->groups_lost,
	                                   groups);
	if (l->hold)
		log_event(LOG_SYNC_CHANGE_HELD, "directory", l->directory,
		          "reason", "groups", NULL);
}

static void group_loss_hold(struct groups *g, const struct group_loss *loss,
                            int held)
{
	struct group_change *c = &g->changes.at[loss->change];
	struct group_row *row = &g->rows.at[loss->row];

	if (!loss->member) {
		c->after = c->before;
		c->live = true;
		c->ends = false;
		c->next_at = 0;
	}
	row->held = true;
	state_exec("UPDATE regroup SET held = ?3 WHERE what = ?1 AND name = ?2",
	           "tti", row->what, row->name, (int64_t)held);
}

static void group_loss_apply(struct groups *g, const struct group_loss *loss)
{
	struct group_change *c = &g->changes.at[loss->change];

	if (loss->member)
		*vector_append(g->arena, &c->removed_members) = loss->member;
	if (!loss->released)
		state_exec("INSERT INTO ungrouped VALUES(?1, ?2, ?3)", "tii",
		           loss->directory, clock_now(), (int64_t)loss->count);
}

void group_threshold_apply(struct groups *g)
{
	struct threshold_check b = { .g = g };

	if (g->losses.count == 0)
		return;
	state_exec("DELETE FROM ungrouped WHERE at <= ?1", "i",
	           clock_now() - WINDOW);
	for (size_t i = 0; i < g->losses.count; i++) {
		const struct group_loss *loss = &g->losses.at[i];
		struct directory_losses *losses =
		    losses_of_directory(&b, loss->directory);

		losses->members_lost += loss->released ? 0 : loss->count;
		losses->groups_lost += !loss->member && !loss->released;
	}
	for (size_t i = 0; i < b.all.count; i++)
		group_threshold_evaluate(&b.all.at[i]);
	for (size_t i = 0; i < g->losses.count; i++) {
		const struct group_loss *loss = &g->losses.at[i];
		const struct directory_losses *losses =
		    losses_of_directory(&b, loss->directory);

		if (losses->wait)
			group_loss_hold(g, loss, 1);
		else if (losses->hold && !loss->released)
			group_loss_hold(g, loss, 2);
		else
			group_loss_apply(g, loss);
	}
}
