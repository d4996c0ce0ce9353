/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_lifetime.c: how long a session and what belongs to it lives. */
#include "idp/session/session_private.h"
#include "lib/clock.h"

enum { SESSION_TTL_MIN = 1 };

int64_t session_remaining_s(const struct config *cfg, int64_t created_at)
{
	int64_t remaining =
	    created_at + cfg->session_store.max_lifetime - clock_now();

	return remaining < SESSION_TTL_MIN ? SESSION_TTL_MIN : remaining;
}

int64_t session_ttl(const struct config *cfg, const struct session *s)
{
	int64_t remaining = session_remaining_s(cfg, s->created_at);

	return remaining < cfg->session_store.idle_timeout
	           ? remaining
	           : cfg->session_store.idle_timeout;
}

bool session_is_expired(const struct config *cfg, const struct session *s)
{
	int64_t now = clock_now();

	return s->created_at + cfg->session_store.max_lifetime <= now ||
	       s->last_used + cfg->session_store.idle_timeout <= now;
}
