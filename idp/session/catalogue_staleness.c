/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_staleness.c: compares the last contact with the catalogue, which
 * portvakt-revocation records in Redis, with max-staleness (0026). */
#include "idp/session/catalogue_staleness.h"

#include <stdatomic.h>

#include "lib/clock.h"

enum { CLOCK_SKEW_S = 60 };

/* The last contact that was read; it only becomes later, so while it is recent
 * Redis is not asked. */
static _Atomic int64_t contact_read_at;

static int64_t staleness_later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

bool catalogue_is_stale(const struct request_context *ctx,
                        const struct session *s, bool *ret, struct error *err)
{
	const int64_t now = clock_now();
	const int64_t max = ctx->cfg->catalogue.max_staleness;
	int64_t seen = atomic_load(&contact_read_at);

	*ret = false;
	if (now - staleness_later(seen, s->auth_time) <= max / 2)
		return true;
	if (!store_last_seen(ctx->backends->store, ctx->cfg, "catalogue", &seen,
	                     err))
		return false;
	/* A time in the future says nothing about the past. */
	if (seen > now + CLOCK_SKEW_S)
		seen = 0;
	atomic_store(&contact_read_at, seen);
	*ret = now - staleness_later(seen, s->auth_time) > max;
	return true;
}
