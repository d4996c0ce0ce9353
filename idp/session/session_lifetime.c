/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_lifetime.c: how long a session and what belongs to it lives. */
#include "idp/session/session_private.h"
#include "lib/clock.h"

enum {
	SESSION_TTL_MIN = 1,
	SHARED_IDLE_MAX_S = 10 * 60, /* a lesson has several of them */
};

int64_t session_remaining_s(const struct config *cfg, int64_t created_at)
{
	int64_t remaining =
	    created_at + cfg->session_store.max_lifetime - clock_now();

	return remaining < SESSION_TTL_MIN ? SESSION_TTL_MIN : remaining;
}

static int64_t session_idle_timeout(const struct config *cfg,
                                    const struct session *s)
{
	const int64_t idle = cfg->session_store.idle_timeout;

	return s->is_shared && idle > SHARED_IDLE_MAX_S ? SHARED_IDLE_MAX_S
	                                                : idle;
}

int64_t session_ttl(const struct config *cfg, const struct session *s)
{
	const int64_t remaining = session_remaining_s(cfg, s->created_at);
	const int64_t idle = session_idle_timeout(cfg, s);

	return remaining < idle ? remaining : idle;
}

bool session_is_expired(const struct config *cfg, const struct session *s)
{
	int64_t now = clock_now();

	return s->created_at + cfg->session_store.max_lifetime <= now ||
	       s->last_used + session_idle_timeout(cfg, s) <= now;
}
