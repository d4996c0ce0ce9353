/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main_loop.c: one round of the provisioner: reads overrides, verifies the
 * catalogue, applies a new configuration, runs the timers, and applies changes
 * to people, groups and Feide's trees.  An unavailable catalogue is logged once
 * and retried. */
#include "sync/writer/round.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/decisions.h"
#include "sync/writer/feide.h"
#include "sync/writer/groups.h"
#include "sync/writer/guard.h"
#include "sync/writer/left.h"
#include "sync/writer/state.h"

enum {
	GRACES_S = 2,
	EXPIRIES_S = 60,
	DECISIONS_S = 60,
	GROUPS_S = 1,
	LEAVERS_S = 5,
	READBACK_S = 24 * 60 * 60
};

static void note_everything(const char *cause)
{
	make_all_dirty(cause);
	groups_note_all();
}

static bool note_snapshot(struct round *o, const struct region *r,
                          struct fault *why)
{
	if (strcmp(o->hash, r->hash) == 0)
		return true;
	if (!write_bodies(r, why) || !feide_trees(r, why))
		return false;
	struct arena *a = arena_open();
	state_lock();
	state_begin();
	char *known =
	    state_text(a, "SELECT value FROM meta WHERE name = 'hash'", "");
	if (!text_equal(known, r->hash))
		note_everything(known ? "configuration" : "unknown");
	state_do("INSERT OR REPLACE INTO meta VALUES('hash', ?1)", "t",
	         r->hash);
	state_commit();
	state_unlock();
	arena_close(a);
	memcpy(o->hash, r->hash, sizeof(o->hash));
	return true;
}

static bool read_back_in_time(struct round *o, const struct region *r,
                              struct fault *why)
{
	bool asked = control_wants_readback();

	if (!asked && o->readback_at > 0 &&
	    !round_is_time(clock_now(), o->readback_at, READBACK_S))
		return true;
	if (!readback(r, why))
		return false;
	o->readback_at = clock_now();
	o->orphans_wait = true;
	return true;
}

/* A clock set back delays nothing. */
bool round_is_time(int64_t now, int64_t last, int64_t every)
{
	return now < last || now - last >= every;
}

static bool is_time(int64_t *last, int64_t every)
{
	int64_t now = clock_now();

	if (!round_is_time(now, *last, every))
		return false;
	*last = now;
	return true;
}

/* Before any entry is joined: a new cache has no overrides. */
static bool read_decisions_in_time(struct round *o, const struct region *r,
                                   struct fault *why)
{
	bool due = is_time(&o->decisions_at, DECISIONS_S);

	if (!decisions_are_wanted() && !due)
		return true;
	if (!decisions_read(r, why)) {
		decisions_want();
		return false;
	}
	state_lock();
	state_begin();
	allow_read();
	state_commit();
	state_unlock();
	guard_soon();
	return true;
}

bool round_go(struct round *o, const struct region *r)
{
	struct fault why = { 0 };

	if (!read_decisions_in_time(o, r, &why) ||
	    !read_back_in_time(o, r, &why) || !note_snapshot(o, r, &why)) {
		if (!o->told_away)
			log_warn("the catalogue cannot be read", "why",
			         why.text, NULL);
		o->told_away = true;
		return false;
	}
	o->told_away = false;
	if (!left_go(r, &why))
		log_warn("one that left is not removed yet", "why", why.text,
		         NULL);
	int64_t last = o->graces_at;
	if (is_time(&o->graces_at, GRACES_S)) {
		apply_graces(r, last);
		apply_dates(last);
	}
	if (is_time(&o->expiries_at, EXPIRIES_S))
		apply_expiries();
	if (apply_some(r))
		return true;
	o->orphans_wait = o->orphans_wait && !apply_orphans(r);
	if (is_time(&o->groups_at, GROUPS_S))
		groups_time();
	if (is_time(&o->leavers_at, LEAVERS_S))
		school_year_announce(r);
	return groups_apply(r) || feide_apply(r);
}
