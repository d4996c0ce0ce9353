/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_create.c: a login creates a session, and replaces that of the
 * browser's cookie. */
#include "idp/http/cookies.h"
#include "idp/session/previous_sessions.h"
#include "idp/session/session_end.h"
#include "idp/session/session_private.h"
#include "idp/session/user_agent.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/strbuf.h"

#include <string.h>

enum {
	/* The participants outlive the session, so that its end can be notified
	 * when it is noticed. */
	PARTS_GRACE_S = 3600,
	CLOCK_SKEW_MAX = 30,
	/* A replaced session is found by a login that began with it. */
	REPLACEMENT_S = 60,
};

static bool session_write(struct request_context *ctx, const struct session *s,
                          struct error *err)
{
	struct store *store = ctx->backends->store;
	const struct store_session session = store_session_of(
	    ctx->arena, session_key_hex(ctx->arena, s), s->sid, s->person->id);
	const int64_t ttl = session_ttl(ctx->cfg, s);
	bool stored;

	return store_begin_session(
		   store, ctx->cfg, &session,
		   session_marker(ctx->arena, ctx->cfg, s),
		   session_remaining_s(ctx->cfg, s->created_at) + PARTS_GRACE_S,
		   ttl, err) &&
	       store_put(store, ctx->cfg, "session", s->secret,
	                 session_to_json(ctx->arena, s), ttl, true, &stored,
	                 err) &&
	       (stored ||
	        error_set_reason(err, ERROR_UNAVAILABLE,
	                         "session-store-unavailable",
	                         "id of the new session exists already"));
}

/* With a wrong clock, sessions would expire too late, or never. */
static bool session_check_clock(struct request_context *ctx, struct error *err)
{
	int64_t skew;

	if (!store_clock_skew(ctx->backends->store, ctx->cfg, &skew, err))
		return false;
	if (skew > CLOCK_SKEW_MAX || skew < -CLOCK_SKEW_MAX)
		return error_set_reason(
		    err, ERROR_UNAVAILABLE, "clock",
		    "clock of the session store differs by %lld s",
		    (long long)skew);
	return true;
}

/* ---- the session of the browser's cookie -------------------------------- */

struct earlier_session {
	const struct session *session; /* NULL: none */
	const char *hex;               /* of its key */
};

static const char *replacement_name(struct arena *a, const char *secret)
{
	return arena_printf(a, "replacement %s", secret);
}

static bool replacement_read(struct request_context *ctx, const char *hex,
                             struct earlier_session *ret, struct error *err)
{
	json_t *value;
	struct session *s;
	bool valid;

	if (!store_get_hashed(ctx->backends->store, ctx->cfg, ctx->arena,
	                      "session", hex, &value, err))
		return false;
	if (!value || !session_from_json(ctx->arena, value, &s) ||
	    session_is_expired(ctx->cfg, s))
		return true;
	const struct affiliation *f =
	    person_find_affiliation(s->person, s->authenticated_by);

	if (!f)
		return true;
	if (!session_is_valid(ctx, s->sid, s->person->id, f->id,
	                      f->municipality, s->auth_time, &valid, err))
		return false;
	if (valid)
		*ret = (struct earlier_session){ s, hex };
	return true;
}

/* Finds the session of the cookie.  Where another login has just replaced it,
 * that is the new one: both logins began with the same. */
static bool earlier_session_find(struct request_context *ctx,
                                 struct earlier_session *ret, struct error *err)
{
	const char *secret = request_cookie(ctx->request, SESSION_COOKIE);
	const struct session *s;
	json_t *value;

	*ret = (struct earlier_session){ 0 };
	if (!session_find(ctx, &s, err))
		return false;
	if (s) {
		*ret = (struct earlier_session){ s, session_key_hex(ctx->arena,
			                                            s) };
		return true;
	}
	if (!secret || !ctx->on_login_host)
		return true;
	if (!store_get(ctx->backends->store, ctx->cfg, ctx->arena, "ticket",
	               replacement_name(ctx->arena, secret), &value, err))
		return false;
	const char *hex = js_string(value, "key");

	return !hex || replacement_read(ctx, hex, ret, err);
}

/* The session of the cookie has ended; its services may be open. */
static void session_keep_past(struct request_context *ctx)
{
	const char *secret = request_cookie(ctx->request, SESSION_COOKIE);

	if (secret)
		previous_session_add(
		    ctx, hash_sha256_hex(ctx->arena, secret, strlen(secret)));
}

static bool earlier_session_end(struct request_context *ctx,
                                const struct earlier_session *earlier,
                                struct ended_session *ret, struct error *err)
{
	const struct session *s = earlier->session;

	if (s->secret)
		return session_end(ctx, s, CAUSE_OTHER_PERSON, NOTIFY_LEASE_S,
		                   ret, err);
	const struct store_session stored =
	    store_session_of(ctx->arena, earlier->hex, s->sid, s->person->id);

	return session_end_stored(ctx, &stored, CAUSE_OTHER_PERSON,
	                          NOTIFY_LEASE_S, ret, err);
}

/* The person's next request notifies the participants, or 10 s later another
 * process. */
static bool session_end_other_person(struct request_context *ctx,
                                     const struct earlier_session *earlier,
                                     struct error *err)
{
	struct ended_session ended;

	if (!earlier_session_end(ctx, earlier, &ended, err))
		return false;
	(void)logout_audit(ctx, &ended, NULL, NULL);
	previous_session_add(ctx, ended.hex);
	return true;
}

/* On another login of the same person the participants and proofs are kept; the
 * session of another person ends. */
static bool session_follow(struct request_context *ctx, struct session *next,
                           const struct earlier_session *earlier,
                           struct error *err)
{
	const struct session *old = earlier->session;

	proofs_add(ctx->arena, next, NULL);
	if (!old) {
		session_keep_past(ctx);
		return true;
	}
	if (!text_equal(old->person->id, next->person->id))
		return session_end_other_person(ctx, earlier, err);
	next->sid = old->sid;
	next->created_at = old->created_at;
	proofs_add(ctx->arena, next, old);
	return true;
}

/* Deletes the key that next replaces.  A login that began with it at the same
 * time finds next. */
static bool session_delete_replaced(struct request_context *ctx,
                                    const struct session *next,
                                    const struct earlier_session *earlier,
                                    struct error *err)
{
	struct store *store = ctx->backends->store;
	const struct session *old = earlier->session;
	bool stored;

	if (!old || !old->secret || !text_equal(old->sid, next->sid))
		return true;
	json_t *value =
	    js_own(ctx->arena, json_pack("{s:i, s:s}", "v", 1, "key",
	                                 session_key_hex(ctx->arena, next)));

	return store_put(store, ctx->cfg, "ticket",
	                 replacement_name(ctx->arena, old->secret), value,
	                 REPLACEMENT_S, false, &stored, err) &&
	       store_delete(store, ctx->cfg, "session", old->secret, err) &&
	       store_set_remove(store, ctx->cfg, "person", old->person->id,
	                        earlier->hex, err);
}

bool session_create(struct request_context *ctx, const struct person *p,
                    const char *authenticated_by, const char *method,
                    const char *acr, const struct session **ret_session,
                    struct error *err)
{
	struct session *s = arena_new(ctx->arena, struct session);
	struct earlier_session earlier;

	*s = (struct session){
		.secret = random_secret(ctx->arena),
		.sid = random_secret(ctx->arena),
		.person = p,
		.authenticated_by = authenticated_by,
		.method = method,
		.acr = acr,
		.created_at = clock_now(),
		.auth_time = clock_now(),
		.last_used = clock_now(),
		.user_agent = user_agent_summary(
		    ctx->arena, request_header(ctx->request, "user-agent")),
		.is_shared = context_is_shared(ctx),
	};
	if (!session_check_clock(ctx, err) ||
	    !earlier_session_find(ctx, &earlier, err) ||
	    !session_follow(ctx, s, &earlier, err) ||
	    !session_write(ctx, s, err) ||
	    !session_delete_replaced(ctx, s, &earlier, err))
		return false;
	response_set_cookie(ctx->response, SESSION_COOKIE, s->secret, 0);
	*ret_session = ctx->session = s;
	return true;
}
