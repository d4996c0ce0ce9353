/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_threshold.c: holds losses of members that look like an accident.  A
 * group container that became unreadable looks like a school that deleted all
 * its classes.  While people are held, their groups stay unchanged too. */
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/groups.h"
#include "sync/writer/state.h"

enum { FEW = 10, WINDOW = 600 };

bool group_brake_holds(size_t lost, size_t total, size_t groups_gone,
                       size_t groups)
{
	if (groups_gone >= 2 && groups_gone >= groups)
		return true;
	return lost > FEW && lost * 2 > total;
}

/* The losses of one source directory now. */
struct loss_of {
	const char *directory;
	size_t lost, gone; /* members, whole groups; without released ones */
	bool waits, holds;
};

struct braking {
	struct groups *g;
	LIST(struct loss_of) all;
};

static struct loss_of *loss_of(struct braking *b, const char *directory)
{
	for (size_t i = 0; i < b->all.count; i++)
		if (text_equal(b->all.at[i].directory, directory))
			return &b->all.at[i];
	struct loss_of *one = list_add(b->g->arena, &b->all);
	one->directory = directory;
	return one;
}

/* Entries of the directory are still to be processed. */
static bool is_busy(const char *directory)
{
	return !plan_is_complete(directory) ||
	       state_number("SELECT count(*) FROM dirty WHERE directory = ?1",
	                    "t", directory) > 0;
}

static bool holds_people_or_groups(const char *directory)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM held WHERE"
	                    " directory = ?1) OR EXISTS (SELECT 1 FROM regroup"
	                    " WHERE directory = ?1 AND held = 2)",
	                    "t", directory) > 0;
}

static void judge(struct loss_of *l)
{
	size_t lately =
	    (size_t)state_number("SELECT total(count) FROM ungrouped WHERE"
	                         " directory = ?1 AND at > ?2",
	                         "ti", l->directory, clock_now() - WINDOW);

	l->waits = is_busy(l->directory);
	if (l->waits || l->lost + l->gone == 0)
		return;
	l->holds = holds_people_or_groups(l->directory);
	if (l->holds || (l->lost + lately <= FEW && l->gone < 2))
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
	l->holds = group_brake_holds(l->lost + lately, total + lately, l->gone,
	                             groups);
	if (l->holds)
		log_warn("groups would lose too many, they are held",
		         "directory", l->directory, NULL);
}

static void keep(struct groups *g, const struct group_loss *loss, int held)
{
	struct group_change *c = &g->changes.at[loss->change];
	struct group_row *row = &g->rows.at[loss->row];

	if (!loss->member) {
		c->after = c->before;
		c->live = true;
		c->ends = false;
		c->next = 0;
	}
	row->held = true;
	state_do("UPDATE regroup SET held = ?3 WHERE what = ?1 AND name = ?2",
	         "tti", row->what, row->name, (int64_t)held);
}

static void lose(struct groups *g, const struct group_loss *loss)
{
	struct group_change *c = &g->changes.at[loss->change];

	if (loss->member)
		*list_add(g->arena, &c->leaves) = loss->member;
	if (!loss->released)
		state_do("INSERT INTO ungrouped VALUES(?1, ?2, ?3)", "tii",
		         loss->directory, clock_now(), (int64_t)loss->count);
}

void group_brake(struct groups *g)
{
	struct braking b = { .g = g };

	if (g->losses.count == 0)
		return;
	state_do("DELETE FROM ungrouped WHERE at <= ?1", "i",
	         clock_now() - WINDOW);
	for (size_t i = 0; i < g->losses.count; i++) {
		const struct group_loss *loss = &g->losses.at[i];
		struct loss_of *of = loss_of(&b, loss->directory);

		of->lost += loss->released ? 0 : loss->count;
		of->gone += !loss->member && !loss->released;
	}
	for (size_t i = 0; i < b.all.count; i++)
		judge(&b.all.at[i]);
	for (size_t i = 0; i < g->losses.count; i++) {
		const struct group_loss *loss = &g->losses.at[i];
		const struct loss_of *of = loss_of(&b, loss->directory);

		if (of->waits)
			keep(g, loss, 1);
		else if (of->holds && !loss->released)
			keep(g, loss, 2);
		else
			lose(g, loss);
	}
}
