/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session.c: login sessions in Redis.  Only the browser has the secret; Redis
 * has its hash.  An expired or revoked session is treated as absent. */
#include "idp/session/session.h"

#include <string.h>

#include "idp/http/cookies.h"
#include "idp/session/gone_sessions.h"
#include "idp/session/previous_sessions.h"
#include "idp/session/session_end.h"
#include "idp/session/session_private.h"
#include "idp/session/user_agent.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/strbuf.h"

enum {
	VERSION = 1,
	TOUCH_INTERVAL_S = 60, /* seconds, so that not every request writes */
	/* The participants outlive the session, so that its end can be notified
	 * when it is noticed. */
	PARTS_GRACE_S = 3600,
	CLOCK_SKEW_MAX = 30,
};

json_t *session_to_json(struct arena *a, const struct session *s)
{
	json_t *value = js_own(a, json_object());

	json_object_set_new(value, "v", json_integer(VERSION));
	json_object_set_new(value, "person", person_to_json(s->person));
	js_set_string(value, "sid", s->sid);
	js_set_string(value, "by", s->authenticated_by);
	js_set_string(value, "method", s->method);
	js_set_string(value, "acr", s->acr);
	js_set_string(value, "agent", s->user_agent);
	json_object_set_new(value, "second", json_boolean(s->second_factor));
	json_object_set_new(value, "shared", json_boolean(s->is_shared));
	json_object_set_new(value, "began", json_integer(s->created_at));
	json_object_set_new(value, "proved", json_integer(s->auth_time));
	json_object_set_new(value, "touched", json_integer(s->last_used));
	json_object_set_new(value, "proofs", proofs_to_json(s));
	return value;
}

bool session_from_json(struct arena *a, const json_t *value,
                       struct session **ret_session)
{
	struct session *s = arena_new(a, struct session);
	struct person *p;

	if (js_number(value, "v", 0) != VERSION ||
	    !person_from_json(a, js_object(value, "person"), &p, NULL))
		return false;
	*s = (struct session){
		.sid = js_string(value, "sid"),
		.person = p,
		.authenticated_by = js_string(value, "by"),
		.method = js_string(value, "method"),
		.acr = js_string(value, "acr"),
		.user_agent = js_string(value, "agent"),
		.second_factor = js_true(value, "second"),
		.is_shared = js_true(value, "shared"),
		.created_at = js_number(value, "began", 0),
		.auth_time = js_number(value, "proved", 0),
		.last_used = js_number(value, "touched", 0),
	};
	if (!s->sid || !s->authenticated_by || !s->method || !s->acr)
		return false;
	proofs_from_json(a, value, s);
	*ret_session = s;
	return true;
}

/* A revocation invalidates every authentication up to its time. */
static bool revoked_since(const struct revoked_at *e, int64_t auth_time)
{
	return e->person >= auth_time || e->affiliation >= auth_time ||
	       e->municipality >= auth_time;
}

/* A session while it is read, and its authenticating affiliation. */
struct session_read {
	struct request_context *ctx;
	struct session *session; /* NULL: none, or it has expired */
	const struct affiliation *affiliation;
};

static bool session_validity_keys(void *data, const json_t *value,
                                  struct validity_keys *ret_keys)
{
	struct session_read *found = data;
	struct session *s;

	if (!session_from_json(found->ctx->arena, value, &s))
		return false;
	found->affiliation =
	    person_find_affiliation(s->person, s->authenticated_by);
	if (!found->affiliation || session_is_expired(found->ctx->cfg, s))
		return false;
	found->session = s;
	*ret_keys = (struct validity_keys){ s->sid, s->person->id,
		                            found->affiliation->id,
		                            found->affiliation->municipality };
	return true;
}

/* A failed swap means that a concurrent request has updated it.  A session that
 * cannot be touched, because Redis is full, is a session all the same: it ends
 * when it would have ended without this request. */
static void session_touch(struct request_context *ctx, struct session *s,
                          const json_t *stored)
{
	bool swapped;

	if (clock_now() - s->last_used < TOUCH_INTERVAL_S)
		return;
	s->last_used = clock_now();
	(void)!store_compare_and_set(ctx->backends->store, ctx->cfg, "session",
	                             s->secret, stored,
	                             session_to_json(ctx->arena, s),
	                             session_ttl(ctx->cfg, s), &swapped, NULL);
}

static bool session_load(struct request_context *ctx, const char *secret,
                         struct session **ret_session, json_t **ret_value,
                         struct error *err)
{
	struct session_read found = { .ctx = ctx };
	bool gone = false;
	struct validity *validity = arena_new(ctx->arena, struct validity);

	if (!store_get_with_validity(ctx->backends->store, ctx->cfg, ctx->arena,
	                             "session", secret, session_validity_keys,
	                             &found, ret_value, validity, err))
		return false;
	if (found.session &&
	    !gone_sessions_find(ctx->backends->gone, found.session->sid, &gone,
	                        err))
		return false;
	if (found.session && (gone || revoked_since(&validity->revoked_at,
	                                            found.session->auth_time)))
		found.session = NULL;
	if (found.session) {
		found.session->secret = secret;
		found.session->validity = validity;
	}
	*ret_session = found.session;
	return true;
}

bool session_find(struct request_context *ctx,
                  const struct session **ret_session, struct error *err)
{
	const char *secret = request_cookie(ctx->request, SESSION_COOKIE);
	struct session *s;
	json_t *value;

	/* A cookie of this name on an issuer's host is not a session. */
	if (!secret || !ctx->on_login_host) {
		*ret_session = ctx->session = NULL;
		return true;
	}
	if (!session_load(ctx, secret, &s, &value, err))
		return false;
	if (s)
		session_touch(ctx, s, value);
	*ret_session = ctx->session = s;
	return true;
}

static char *session_id_hash(struct arena *a, const char *secret)
{
	return hash_sha256_hex(a, secret, strlen(secret));
}

/* Grants of this session are valid as long as its marker exists. */
static const char *session_marker(struct request_context *ctx,
                                  const struct session *s, const char *hex)
{
	const struct affiliation *f =
	    person_find_affiliation(s->person, s->authenticated_by);
	json_t *marker = js_own(ctx->arena, json_object());

	json_object_set_new(marker, "v", json_integer(VERSION));
	js_set_string(marker, "person", s->person->id);
	js_set_string(marker, "by", s->authenticated_by);
	js_set_string(marker, "municipality", f ? f->municipality : NULL);
	js_set_string(marker, "key", hex);
	json_object_set_new(
	    marker, "until",
	    json_integer(s->created_at + ctx->cfg->session_store.max_lifetime));
	return js_dump(ctx->arena, marker);
}

static bool session_write(struct request_context *ctx, const struct session *s,
                          struct error *err)
{
	struct store *store = ctx->backends->store;
	const struct store_session session =
	    store_session_of(ctx->arena, session_id_hash(ctx->arena, s->secret),
	                     s->sid, s->person->id);
	const int64_t ttl = session_ttl(ctx->cfg, s);
	bool stored;

	return store_begin_session(
		   store, ctx->cfg, &session,
		   session_marker(ctx, s, session.hex),
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

/* The session of the cookie has ended; its services may be open. */
static void session_keep_past(struct request_context *ctx)
{
	const char *secret = request_cookie(ctx->request, SESSION_COOKIE);

	if (secret)
		previous_session_add(ctx, session_id_hash(ctx->arena, secret));
}

/* The person's next request notifies the participants, or 10 s later another
 * process. */
static bool session_end_other_person(struct request_context *ctx,
                                     const struct session *old,
                                     struct error *err)
{
	struct ended_session ended;

	if (!session_end(ctx, old, CAUSE_OTHER_PERSON, NOTIFY_LEASE_S, &ended,
	                 err))
		return false;
	(void)logout_audit(ctx, &ended, NULL, NULL);
	previous_session_add(ctx, ended.hex);
	return true;
}

/* Replaces the session of the cookie.  On another login of the same person the
 * participants and proofs are kept; the session of another person ends. */
static bool session_replace(struct request_context *ctx, struct session *next,
                            struct error *err)
{
	const struct session *old;

	proofs_add(ctx->arena, next, NULL);
	if (!session_find(ctx, &old, err))
		return false;
	if (!old) {
		session_keep_past(ctx);
		return true;
	}
	if (!text_equal(old->person->id, next->person->id))
		return session_end_other_person(ctx, old, err);
	next->sid = old->sid;
	next->created_at = old->created_at;
	proofs_add(ctx->arena, next, old);
	return store_delete(ctx->backends->store, ctx->cfg, "session",
	                    old->secret, err) &&
	       store_set_remove(ctx->backends->store, ctx->cfg, "person",
	                        old->person->id,
	                        session_id_hash(ctx->arena, old->secret), err);
}

bool session_create(struct request_context *ctx, const struct person *p,
                    const char *authenticated_by, const char *method,
                    const char *acr, const struct session **ret_session,
                    struct error *err)
{
	struct session *s = arena_new(ctx->arena, struct session);

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
	if (!session_check_clock(ctx, err) || !session_replace(ctx, s, err) ||
	    !session_write(ctx, s, err))
		return false;
	response_set_cookie(ctx->response, SESSION_COOKIE, s->secret, 0);
	*ret_session = ctx->session = s;
	return true;
}

static bool session_has_marker(const struct validity *validity, struct arena *a,
                               const char *person)
{
	json_t *marker;

	for (size_t i = 0; i < validity->count; i++)
		if (text_equal(validity->names[i], STORE_SESSION_MARKER))
			return js_parse(a, validity->values[i],
			                strlen(validity->values[i]), &marker,
			                NULL) &&
			       text_equal(js_string(marker, "person"),
			                  person) &&
			       js_number(marker, "until", INT64_MAX) >
			           clock_now();
	return false;
}

/* A municipality missing in the configuration has been offboarded. */
bool session_is_valid_given(const struct request_context *ctx,
                            const struct validity_keys *keys,
                            const struct validity *validity, int64_t granted_at)
{
	return config_municipality(ctx->cfg, keys->municipality) &&
	       session_has_marker(validity, ctx->arena, keys->person) &&
	       !revoked_since(&validity->revoked_at, granted_at);
}

bool session_is_gone(const struct request_context *ctx, const char *sid,
                     bool *ret_gone, struct error *err)
{
	return gone_sessions_find(ctx->backends->gone, sid, ret_gone, err);
}

bool session_is_valid(struct request_context *ctx, const char *sid,
                      const char *person, const char *affiliation,
                      const char *municipality, int64_t granted_at,
                      bool *ret_valid, struct error *err)
{
	const struct validity_keys keys = { sid, person, affiliation,
		                            municipality };
	struct validity validity = { 0 };
	bool gone;

	if (!session_is_gone(ctx, sid, &gone, err) ||
	    !store_get_validity(ctx->backends->store, ctx->cfg, ctx->arena,
	                        &keys, &validity, err))
		return false;
	*ret_valid =
	    !gone && session_is_valid_given(ctx, &keys, &validity, granted_at);
	return true;
}
