/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session.c: login sessions in Redis.  Only the browser has the secret; Redis
 * has its hash.  An expired or revoked session is treated as absent. */
#include "idp/session/session.h"

#include <string.h>

#include "idp/session/agent.h"
#include "idp/session/session_inner.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/text.h"

#define COOKIE "__Host-portvakt"

enum {
	VERSION = 1,
	TOUCH_EVERY = 60, /* seconds, so that not every request writes */
	LEAST_LIFE = 1,
	SKEW_MOST = 30,
};

int64_t session_left(const struct region *r, int64_t began)
{
	int64_t left = began + r->sessions.longest - clock_now();

	return left < LEAST_LIFE ? LEAST_LIFE : left;
}

static int64_t life_of(const struct region *r, const struct session *s)
{
	int64_t left = session_left(r, s->began);

	return left < r->sessions.idle ? left : r->sessions.idle;
}

json_t *session_to_json(struct arena *a, const struct session *s)
{
	json_t *value = js_keep(a, json_object());

	json_object_set_new(value, "v", json_integer(VERSION));
	json_object_set_new(value, "person", person_to_json(s->person));
	js_put(value, "sid", s->sid);
	js_put(value, "by", s->proved_by);
	js_put(value, "method", s->method);
	js_put(value, "acr", s->acr);
	js_put(value, "agent", s->agent);
	json_object_set_new(value, "second", json_boolean(s->second_factor));
	json_object_set_new(value, "began", json_integer(s->began));
	json_object_set_new(value, "proved", json_integer(s->proved_at));
	json_object_set_new(value, "touched", json_integer(s->touched));
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
		.proved_by = js_string(value, "by"),
		.method = js_string(value, "method"),
		.acr = js_string(value, "acr"),
		.agent = js_string(value, "agent"),
		.second_factor = js_true(value, "second"),
		.began = js_number(value, "began", 0),
		.proved_at = js_number(value, "proved", 0),
		.touched = js_number(value, "touched", 0),
	};
	if (!s->sid || !s->proved_by || !s->method || !s->acr)
		return false;
	*ret_session = s;
	return true;
}

bool session_is_over(const struct region *r, const struct session *s)
{
	int64_t now = clock_now();

	return s->began + r->sessions.longest <= now ||
	       s->touched + r->sessions.idle <= now;
}

/* A revocation invalidates every authentication up to its time. */
static bool ended_since(const struct ended *e, int64_t proved_at)
{
	return e->person >= proved_at || e->affiliation >= proved_at ||
	       e->municipality >= proved_at;
}

/* A session while it is read, and its authenticating affiliation. */
struct reading {
	struct visit *visit;
	struct session *session; /* NULL: none, or it has expired */
	const struct affiliation *by;
};

static bool watch_session(void *with, const json_t *value,
                          struct watched *ret_watched)
{
	struct reading *k = with;
	struct session *s;

	if (!session_from_json(k->visit->arena, value, &s))
		return false;
	k->by = person_affiliation(s->person, s->proved_by);
	if (!k->by || session_is_over(k->visit->region, s))
		return false;
	k->session = s;
	*ret_watched = (struct watched){ s->sid, s->person->id, k->by->id,
		                         k->by->municipality };
	return true;
}

/* A failed swap means that a concurrent request has updated it. */
static bool touch(struct visit *v, struct session *s, const json_t *was,
                  struct fault *why)
{
	bool done;

	if (clock_now() - s->touched < TOUCH_EVERY)
		return true;
	s->touched = clock_now();
	return store_swap(v->staff->store, v->region, "session", s->secret, was,
	                  session_to_json(v->arena, s), life_of(v->region, s),
	                  &done, why);
}

static bool read_session(struct visit *v, const char *secret,
                         struct session **ret_session, json_t **ret_value,
                         struct fault *why)
{
	struct reading k = { .visit = v };
	struct standing *standing = arena_new(v->arena, struct standing);

	if (!store_get_standing(v->staff->store, v->region, v->arena, "session",
	                        secret, watch_session, &k, ret_value, standing,
	                        why))
		return false;
	if (k.session && ended_since(&standing->ended, k.session->proved_at))
		k.session = NULL;
	if (k.session) {
		k.session->secret = secret;
		k.session->seen = standing;
	}
	*ret_session = k.session;
	return true;
}

bool session_find(struct visit *v, const struct session **ret_session,
                  struct fault *why)
{
	const char *secret = request_cookie(v->request, COOKIE);
	struct session *s;
	json_t *value;

	/* A cookie of this name on an issuer's host is not a session. */
	if (!secret || !v->on_login_host) {
		*ret_session = NULL;
		return true;
	}
	if (!read_session(v, secret, &s, &value, why) ||
	    (s && !touch(v, s, value, why)))
		return false;
	*ret_session = s;
	return true;
}

static char *hex_of(struct arena *a, const char *secret)
{
	return hash_hex(a, secret, strlen(secret));
}

/* Grants of this session are valid as long as its marker exists. */
static bool note_begun(struct visit *v, const struct session *s,
                       struct fault *why)
{
	json_t *mark = js_keep(v->arena, json_object());

	json_object_set_new(mark, "v", json_integer(VERSION));
	js_put(mark, "person", s->person->id);
	return store_field_put(v->staff->store, v->region, "parts", s->sid,
	                       SESSION_MARK, js_write(v->arena, mark),
	                       session_left(v->region, s->began), why);
}

static bool put(struct visit *v, const struct session *s, struct fault *why)
{
	bool done;

	return note_begun(v, s, why) &&
	       store_set_add(v->staff->store, v->region, "person",
	                     s->person->id, hex_of(v->arena, s->secret),
	                     v->region->sessions.longest, why) &&
	       store_put(v->staff->store, v->region, "session", s->secret,
	                 session_to_json(v->arena, s), life_of(v->region, s),
	                 true, &done, why) &&
	       (done || fault_for(why, FAULT_UNAVAILABLE, "store-away",
	                          "a new session's name is taken"));
}

/* With a wrong clock, sessions would expire too late, or never. */
static bool check_clock(struct visit *v, struct fault *why)
{
	int64_t skew;

	if (!store_skew(v->staff->store, v->region, &skew, why))
		return false;
	if (skew > SKEW_MOST || skew < -SKEW_MOST)
		return fault_for(why, FAULT_UNAVAILABLE, "clock",
		                 "our clock and the store's are %lld s apart",
		                 (long long)skew);
	return true;
}

/* Replaces the session of the cookie.  On reauthentication of the same person
 * the participants are kept; the session of another person is deleted. */
static bool take_over(struct visit *v, struct session *next, struct fault *why)
{
	const struct session *old;

	if (!session_find(v, &old, why))
		return false;
	if (!old)
		return true;
	if (!text_equal(old->person->id, next->person->id))
		return session_end(v, old, why);
	next->sid = old->sid;
	next->began = old->began;
	return store_drop(v->staff->store, v->region, "session", old->secret,
	                  why) &&
	       store_set_remove(v->staff->store, v->region, "person",
	                        old->person->id, hex_of(v->arena, old->secret),
	                        why);
}

bool session_begin(struct visit *v, const struct person *p,
                   const char *proved_by, const char *method, const char *acr,
                   const struct session **ret_session, struct fault *why)
{
	struct session *s = arena_new(v->arena, struct session);

	*s = (struct session){
		.secret = random_secret(v->arena),
		.sid = random_secret(v->arena),
		.person = p,
		.proved_by = proved_by,
		.method = method,
		.acr = acr,
		.began = clock_now(),
		.proved_at = clock_now(),
		.touched = clock_now(),
		.agent = agent_short(v->arena,
		                     request_header(v->request, "user-agent")),
	};
	if (!check_clock(v, why) || !take_over(v, s, why) || !put(v, s, why))
		return false;
	answer_cookie(v->answer, COOKIE, s->secret, 0);
	*ret_session = s;
	return true;
}

bool session_end(struct visit *v, const struct session *s, struct fault *why)
{
	struct store *store = v->staff->store;

	/* Delete the grants' marker first: if the store fails in between, the
	 * logout can be repeated. */
	if (!store_drop(store, v->region, "parts", s->sid, why) ||
	    !store_drop(store, v->region, "session", s->secret, why) ||
	    !store_set_remove(store, v->region, "person", s->person->id,
	                      hex_of(v->arena, s->secret), why))
		return false;
	if (v->answer &&
	    text_equal(request_cookie(v->request, COOKIE), s->secret))
		answer_cookie(v->answer, COOKIE, "", -1);
	return true;
}

static bool has_mark(const struct standing *seen, struct arena *a,
                     const char *person)
{
	json_t *mark;

	for (size_t i = 0; i < seen->count; i++)
		if (text_equal(seen->names[i], SESSION_MARK))
			return js_read(a, seen->values[i],
			               strlen(seen->values[i]), &mark, NULL) &&
			       text_equal(js_string(mark, "person"), person);
	return false;
}

/* A municipality missing in the configuration has been offboarded. */
bool session_lived(const struct visit *v, const struct watched *w,
                   const struct standing *seen, int64_t granted_at)
{
	return region_municipality(v->region, w->municipality) &&
	       has_mark(seen, v->arena, w->person) &&
	       !ended_since(&seen->ended, granted_at);
}

bool session_lives(struct visit *v, const char *sid, const char *person,
                   const char *affiliation, const char *municipality,
                   int64_t granted_at, bool *ret_lives, struct fault *why)
{
	const struct watched w = { sid, person, affiliation, municipality };
	struct standing now = { 0 };

	if (!store_standing(v->staff->store, v->region, v->arena, &w, &now,
	                    why))
		return false;
	*ret_lives = session_lived(v, &w, &now, granted_at);
	return true;
}
