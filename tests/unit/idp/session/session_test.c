/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/region/fixture.h"

#include "idp/session/session_inner.h"
#include "lib/clock.h"

#define MARK "{\"person\":\"p-1\",\"v\":1}"

/* A grant of p-1 in notodden, proved at 1000, held against what Redis says. */
static void a_grant_dies_with_what_it_hangs_on(void **state)
{
	static const struct {
		const char *says, *field, *mark, *municipality;
		struct ended ended;
		bool lives;
	} rows[] = {
		{ "as given", SESSION_MARK, MARK, "notodden", { 0 }, true },
		{ "ended before",
		  SESSION_MARK,
		  MARK,
		  "notodden",
		  { 999, 999, 999 },
		  true },
		{ "no session", "skole", MARK, "notodden", { 0 }, false },
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
		  MARK,
		  "notodden",
		  { .person = 1000 },
		  false },
		{ "the affiliation ended",
		  SESSION_MARK,
		  MARK,
		  "notodden",
		  { .affiliation = 1001 },
		  false },
		{ "the municipality ended",
		  SESSION_MARK,
		  MARK,
		  "notodden",
		  { .municipality = INT64_MAX },
		  false },
		{ "the municipality left",
		  SESSION_MARK,
		  MARK,
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
		char *values[] = { arena_copy(f.arena, rows[i].mark) };
		const struct watched w = { "s", "p-1", "f-1",
			                   rows[i].municipality };
		const struct standing seen = { .names = names,
			                       .values = values,
			                       .count = 1,
			                       .ended = rows[i].ended };

		if (session_lived(&v, &w, &seen, 1000) != rows[i].lives)
			fail_msg("%s", rows[i].says);
	}
	region_release(r);
	arena_close(f.arena);
}

static void a_session_ends_when_idle_and_at_the_longest(void **state)
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

static void a_session_is_whole_or_none(void **state)
{
	static const char *const needed[] = { "v",  "person", "sid",
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
	for (size_t i = 0; i < LENGTH(needed); i++) {
		json_t *less = js_keep(a, json_copy(value));

		(void)json_object_del(less, needed[i]);
		if (session_from_json(a, less, &read))
			fail_msg("without %s", needed[i]);
	}
	arena_close(a);
}

TESTS(a_grant_dies_with_what_it_hangs_on,
      a_session_ends_when_idle_and_at_the_longest, a_session_is_whole_or_none)
