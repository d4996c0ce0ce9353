/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main_loop.c: one round of the provisioner: reads overrides, verifies the
 * catalogue, applies a new configuration, runs the timers, and applies changes
 * to people, groups and Feide's trees.  An unavailable catalogue is logged once
 * and retried. */
#include "sync/engine/main_loop.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/catalogue/tombstones.h"
#include "sync/engine/feide/feide.h"
#include "sync/engine/groups/groups.h"
#include "sync/engine/groups/school_year.h"
#include "sync/engine/guard/approvals.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/provision/apply.h"
#include "sync/engine/provision/catalogue_verify.h"
#include "sync/engine/provision/ldap_apply.h"
#include "sync/engine/provision/municipality_purge.h"
#include "sync/engine/provision/validity_dates.h"
#include "sync/engine/state/dirty.h"
#include "sync/engine/state/groups_mark.h"
#include "sync/engine/state/state.h"
#include "sync/engine/state/work.h"

enum {
	DELETIONS_S = 2,
	EXPIRIES_S = 60,
	OVERRIDES_S = 60,
	GROUPS_S = 1,
	LEAVERS_S = 5,
	VERIFY_S = 24 * 60 * 60
};

static void main_loop_mark_all(const char *cause)
{
	dirty_mark_all(cause);
	groups_mark_all();
}

static bool main_loop_apply_config(struct main_loop *loop,
                                   const struct config *cfg, struct error *err)
{
	if (strcmp(loop->hash, cfg->hash) == 0)
		return true;
	if (!apply_municipalities(cfg, err) || !feide_apply_trees(cfg, err))
		return false;
	struct arena *a = arena_open();
	state_lock();
	state_begin();
	char *stored_hash =
	    state_text(a, "SELECT value FROM meta WHERE name = 'hash'", "");
	if (!text_equal(stored_hash, cfg->hash))
		main_loop_mark_all(stored_hash ? "configuration" : "unknown");
	state_exec("INSERT OR REPLACE INTO meta VALUES('hash', ?1)", "t",
	           cfg->hash);
	state_commit();
	state_unlock();
	arena_close(a);
	memcpy(loop->hash, cfg->hash, sizeof(loop->hash));
	return true;
}

static bool main_loop_verify(struct main_loop *loop, const struct config *cfg,
                             struct error *err)
{
	bool requested = work_take_verify_request();

	if (!requested && loop->verified_at > 0 &&
	    !main_loop_is_due(clock_now(), loop->verified_at, VERIFY_S))
		return true;
	if (!verify_catalogue(cfg, err))
		return false;
	loop->verified_at = clock_now();
	loop->orphans_pending = true;
	return true;
}

/* A clock set back delays nothing. */
bool main_loop_is_due(int64_t now, int64_t last, int64_t interval)
{
	return now < last || now - last >= interval;
}

static bool main_loop_take_due(int64_t *last, int64_t interval)
{
	int64_t now = clock_now();

	if (!main_loop_is_due(now, *last, interval))
		return false;
	*last = now;
	return true;
}

/* Before any entry is joined: a new cache has no overrides. */
static bool main_loop_read_overrides(struct main_loop *loop,
                                     const struct config *cfg,
                                     struct error *err)
{
	bool due = main_loop_take_due(&loop->overrides_at, OVERRIDES_S);

	if (!overrides_load_requested() && !due)
		return true;
	if (!overrides_load(cfg, err)) {
		overrides_request_load();
		return false;
	}
	state_lock();
	state_begin();
	approvals_load();
	state_commit();
	state_unlock();
	guard_schedule();
	return true;
}

bool main_loop_run(struct main_loop *loop, const struct config *cfg)
{
	struct error err = { 0 };

	log_request_new();
	if (!main_loop_read_overrides(loop, cfg, &err) ||
	    !main_loop_verify(loop, cfg, &err) ||
	    !main_loop_apply_config(loop, cfg, &err)) {
		if (!loop->unavailable_logged)
			log_event(LOG_CATALOGUE_UNAVAILABLE, "error", err.text,
			          NULL);
		loop->unavailable_logged = true;
		return false;
	}
	loop->unavailable_logged = false;
	if (!purge_departed(cfg, &err))
		log_event(LOG_OFFBOARD_PENDING, "error", err.text, NULL);
	int64_t last = loop->deletions_at;
	if (main_loop_take_due(&loop->deletions_at, DELETIONS_S)) {
		validity_mark_grace_ends(cfg, last);
		validity_mark_first_and_last_days(last);
		(void)!tombstones_expire(cfg, &err);
	}
	if (main_loop_take_due(&loop->expiries_at, EXPIRIES_S))
		validity_mark_held_last_days();
	if (apply_next_batch(cfg))
		return true;
	loop->orphans_pending =
	    loop->orphans_pending && !apply_remove_orphans(cfg);
	if (main_loop_take_due(&loop->groups_at, GROUPS_S))
		groups_run_timers();
	if (main_loop_take_due(&loop->leavers_at, LEAVERS_S))
		school_year_announce(cfg);
	return groups_apply(cfg) || feide_apply(cfg);
}
