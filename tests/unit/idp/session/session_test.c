/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_test.c: validity, expiry and JSON of a session. */
#include "tests/unit/region/fixture.h"

#include "idp/session/session_inner.h"
#include "lib/clock.h"

#define MARKER "{\"person\":\"p-1\",\"v\":1}"

/* A grant of p-1 in notodden, authenticated at 1000, with data of Redis. */
static void grant_is_valid_as_long_as_session_and_person(void **state)
{
	static const struct {
		const char *name, *field, *marker, *municipality;
		struct ended ended;
		bool valid;
	} rows[] = {
		{ "as given", SESSION_MARK, MARKER, "notodden", { 0 }, true },
		{ "ended before",
		  SESSION_MARK,
		  MARKER,
		  "notodden",
		  { 999, 999, 999 },
		  true },
		{ "no session", "skole", MARKER, "notodden", { 0 }, false },
		{ "another's session",
		  SESSION_MARK,
		  "{\"person\":\"p-2\",\"v\":1}",
		  "notodden",
		  { 0 },
		  false },
		{ "a mark that cannot be read",
		  SESSION_MARK,
		  "{",
		  "notodden",
		  { 0 },
		  false },
		{ "the person ended",
		  SESSION_MARK,
		  MARKER,
		  "notodden",
		  { .person = 1000 },
		  false },
		{ "the affiliation ended",
		  SESSION_MARK,
		  MARKER,
		  "notodden",
		  { .affiliation = 1001 },
		  false },
		{ "the municipality ended",
		  SESSION_MARK,
		  MARKER,
		  "notodden",
		  { .municipality = INT64_MAX },
		  false },
		{ "the municipality left",
		  SESSION_MARK,
		  MARKER,
		  "flesberg",
		  { 0 },
		  false },
	};
	struct fixture f = fixture_open();
	struct region *r = fixture_region(&f);
	const struct visit v = { .arena = f.arena, .region = r };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *names[] = { arena_copy(f.arena, rows[i].field) };
		char *values[] = { arena_copy(f.arena, rows[i].marker) };
		const struct watched w = { "s", "p-1", "f-1",
			                   rows[i].municipality };
		const struct standing seen = { .names = names,
			                       .values = values,
			                       .count = 1,
			                       .ended = rows[i].ended };

		if (session_lived(&v, &w, &seen, 1000) != rows[i].valid)
			fail_msg("%s", rows[i].name);
	}
	region_release(r);
	arena_close(f.arena);
}

static void session_expires_when_idle_and_at_max_lifetime(void **state)
{
	struct fixture f = fixture_open();
	struct region *r = fixture_region(&f);
	const int64_t now = clock_now();
	const struct session fresh = { .began = now, .touched = now };
	const struct session idle = { .began = now - r->sessions.idle,
		                      .touched = now - r->sessions.idle };
	const struct session long_one = { .began = now - r->sessions.longest,
		                          .touched = now };

	(void)state;
	assert_false(session_is_over(r, &fresh));
	assert_true(session_is_over(r, &idle));
	assert_true(session_is_over(r, &long_one));
	assert_int_equal(session_left(r, long_one.began), 1);
	region_release(r);
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
		                   .proved_by = "f-1",
		                   .method = "pwd",
		                   .acr = "idporten-loa-low",
		                   .began = 1,
		                   .proved_at = 2,
		                   .touched = 3 };
	json_t *value = session_to_json(a, &s);
	struct session *read;

	(void)state;
	assert_null(strstr(js_write(a, value), "the cookie"));
	assert_true(session_from_json(a, value, &read));
	assert_int_equal(read->proved_at, 2);
	assert_string_equal(read->person->id, "p-1");
	assert_null(read->secret);
	for (size_t i = 0; i < LENGTH(required); i++) {
		json_t *incomplete = js_keep(a, json_copy(value));

		(void)json_object_del(incomplete, required[i]);
		if (session_from_json(a, incomplete, &read))
			fail_msg("without %s", required[i]);
	}
	arena_close(a);
}

TESTS(grant_is_valid_as_long_as_session_and_person,
      session_expires_when_idle_and_at_max_lifetime, session_json_requires_every_member)
