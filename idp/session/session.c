/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session.c: login sessions in Redis.  Only the browser has the secret; Redis
 * has its hash.  An expired or revoked session is treated as absent. */
#include "idp/session/session.h"

#include <string.h>

#include "idp/http/cookies.h"
#include "idp/session/gone_sessions.h"
#include "idp/session/session_private.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/strbuf.h"

enum {
	VERSION = 1,
	TOUCH_INTERVAL_S = 60, /* seconds, so that not every request writes */
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

/* ---- the marker --------------------------------------------------------- */

const char *session_key_hex(struct arena *a, const struct session *s)
{
	return hash_sha256_hex(a, s->secret, strlen(s->secret));
}

const char *session_marker(struct arena *a, const struct config *cfg,
                           const struct session *s)
{
	const struct affiliation *f =
	    person_find_affiliation(s->person, s->authenticated_by);
	json_t *marker = js_own(a, json_object());

	json_object_set_new(marker, "v", json_integer(VERSION));
	js_set_string(marker, "person", s->person->id);
	js_set_string(marker, "by", s->authenticated_by);
	js_set_string(marker, "municipality", f ? f->municipality : NULL);
	js_set_string(marker, "key", session_key_hex(a, s));
	json_object_set_new(
	    marker, "until",
	    json_integer(s->created_at + cfg->session_store.max_lifetime));
	return js_dump(a, marker);
}

static const json_t *session_marker_of(const struct validity *validity,
                                       struct arena *a)
{
	json_t *marker;

	for (size_t i = 0; i < validity->count; i++)
		if (text_equal(validity->names[i], STORE_SESSION_MARKER) &&
		    js_parse(a, validity->values[i],
		             strlen(validity->values[i]), &marker, NULL))
			return marker;
	return NULL;
}

/* Two logins at the same time give one session two keys.  The marker gets the
 * one that the browser uses, so that the idle end of the other key does not end
 * the session. */
static void session_claim_marker(struct request_context *ctx,
                                 const struct session *s)
{
	const char *key =
	    js_string(session_marker_of(s->validity, ctx->arena), "key");
	bool set;

	if (key && !text_equal(key, session_key_hex(ctx->arena, s)))
		(void)!store_set_participant(
		    ctx->backends->store, ctx->cfg, s->sid,
		    STORE_SESSION_MARKER,
		    session_marker(ctx->arena, ctx->cfg, s),
		    session_remaining_s(ctx->cfg, s->created_at), &set, NULL);
}

/* ---- reading ------------------------------------------------------------ */

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
	session_claim_marker(ctx, s);
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

static bool session_has_marker(const struct validity *validity, struct arena *a,
                               const char *person)
{
	const json_t *marker = session_marker_of(validity, a);

	return marker && text_equal(js_string(marker, "person"), person) &&
	       js_number(marker, "until", INT64_MAX) > clock_now();
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
