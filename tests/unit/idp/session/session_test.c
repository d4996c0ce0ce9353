/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_test.c: validity, expiry and JSON of a session. */
#include "tests/unit/region/config/fixture.h"

#include "idp/session/session_private.h"
#include "lib/clock.h"

#define MARKER "{\"person\":\"p-1\",\"v\":1}"

/* A grant of p-1 in notodden, authenticated at 1000, with data of Redis. */
static void grant_is_valid_as_long_as_session_and_person(void **state)
{
	static const struct {
		const char *name, *field, *marker, *municipality;
		struct revoked_at ended;
		bool valid;
	} rows[] = {
		{ "as given",
		  STORE_SESSION_MARKER,
		  MARKER,
		  "notodden",
		  { 0 },
		  true },
		{ "ended before",
		  STORE_SESSION_MARKER,
		  MARKER,
		  "notodden",
		  { 999, 999, 999 },
		  true },
		{ "no session", "skole", MARKER, "notodden", { 0 }, false },
		{ "before the end of max-lifetime",
		  STORE_SESSION_MARKER,
		  "{\"person\":\"p-1\",\"until\":99999999999,\"v\":1}",
		  "notodden",
		  { 0 },
		  true },
		{ "after max-lifetime",
		  STORE_SESSION_MARKER,
		  "{\"person\":\"p-1\",\"until\":1000,\"v\":1}",
		  "notodden",
		  { 0 },
		  false },
		{ "another's session",
		  STORE_SESSION_MARKER,
		  "{\"person\":\"p-2\",\"v\":1}",
		  "notodden",
		  { 0 },
		  false },
		{ "a mark that cannot be read",
		  STORE_SESSION_MARKER,
		  "{",
		  "notodden",
		  { 0 },
		  false },
		{ "the person ended",
		  STORE_SESSION_MARKER,
		  MARKER,
		  "notodden",
		  { .person = 1000 },
		  false },
		{ "the affiliation ended",
		  STORE_SESSION_MARKER,
		  MARKER,
		  "notodden",
		  { .affiliation = 1001 },
		  false },
		{ "the municipality ended",
		  STORE_SESSION_MARKER,
		  MARKER,
		  "notodden",
		  { .municipality = INT64_MAX },
		  false },
		{ "the municipality left",
		  STORE_SESSION_MARKER,
		  MARKER,
		  "flesberg",
		  { 0 },
		  false },
	};
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);
	const struct request_context ctx = { .arena = f.arena, .cfg = cfg };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *names[] = { arena_strdup(f.arena, rows[i].field) };
		char *values[] = { arena_strdup(f.arena, rows[i].marker) };
		const struct validity_keys w = { "s", "p-1", "f-1",
			                         rows[i].municipality };
		const struct validity seen = { .names = names,
			                       .values = values,
			                       .count = 1,
			                       .revoked_at = rows[i].ended };

		if (session_is_valid_given(&ctx, &w, &seen, 1000) !=
		    rows[i].valid)
			fail_msg("%s", rows[i].name);
	}
	config_unref(cfg);
	arena_close(f.arena);
}

static void session_expires_when_idle_and_at_max_lifetime(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);
	const int64_t now = clock_now();
	const struct session fresh = { .created_at = now, .last_used = now };
	const struct session idle = {
		.created_at = now - cfg->session_store.idle_timeout,
		.last_used = now - cfg->session_store.idle_timeout
	};
	const struct session long_one = {
		.created_at = now - cfg->session_store.max_lifetime,
		.last_used = now
	};

	(void)state;
	assert_false(session_is_expired(cfg, &fresh));
	assert_true(session_is_expired(cfg, &idle));
	assert_true(session_is_expired(cfg, &long_one));
	assert_int_equal(session_remaining_s(cfg, long_one.created_at), 1);
	/* On a computer that several people use, after ten minutes. */
	struct session shared = fresh;

	shared.is_shared = true;
	assert_true(session_ttl(cfg, &fresh) > 600);
	assert_int_equal(session_ttl(cfg, &shared), 600);
	shared.last_used = now - 599;
	assert_false(session_is_expired(cfg, &shared));
	shared.last_used = now - 601;
	assert_true(session_is_expired(cfg, &shared));
	config_unref(cfg);
	arena_close(f.arena);
}

static void session_json_requires_every_member(void **state)
{
	static const char *const required[] = { "v",  "person", "sid",
		                                "by", "method", "acr" };
	struct arena *a = arena_open();
	struct affiliation f = { .id = "f-1",
		                 .municipality = "tinn",
		                 .kind = KIND_EMPLOYEE,
		                 .status = STATUS_ACTIVE };
	const struct person p = { .id = "p-1",
		                  .display = "Kari Nordlys",
		                  .status = STATUS_ACTIVE,
		                  .affiliations = &f,
		                  .affiliation_count = 1 };
	const struct session s = { .secret = "the cookie",
		                   .sid = "s",
		                   .person = &p,
		                   .authenticated_by = "f-1",
		                   .method = "pwd",
		                   .acr = "idporten-loa-low",
		                   .created_at = 1,
		                   .auth_time = 2,
		                   .last_used = 3 };
	json_t *value = session_to_json(a, &s);
	struct session *read;

	(void)state;
	assert_null(strstr(js_dump(a, value), "the cookie"));
	assert_true(session_from_json(a, value, &read));
	assert_int_equal(read->auth_time, 2);
	assert_string_equal(read->person->id, "p-1");
	assert_null(read->secret);
	for (size_t i = 0; i < LENGTH(required); i++) {
		json_t *incomplete = js_own(a, json_copy(value));

		(void)json_object_del(incomplete, required[i]);
		if (session_from_json(a, incomplete, &read))
			fail_msg("without %s", required[i]);
	}
	arena_close(a);
}

TESTS(grant_is_valid_as_long_as_session_and_person,
      session_expires_when_idle_and_at_max_lifetime,
      session_json_requires_every_member)
