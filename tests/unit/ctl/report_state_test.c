/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "ctl/report_state.h"

enum { DAY = 24 * 60 * 60, NOW = 1800000000 };

/* A health object of a directory without problems has these and nothing
 * else. */
#define WELL                                                            \
	"\"directory\":\"tinn\",\"state\":\"following\",\"active\":60," \
	"\"full_sync_age\":3600"

static const struct {
	const char *health, *changes;
	unsigned problems;
	enum report_list list;
} rows[] = {
	{ "{" WELL "}", NULL, 0, LIST_WELL },
	{ NULL, NULL, PROBLEM_NO_STATUS, LIST_TODO },
	{ "{\"state\":\"never connected\"}", NULL, PROBLEM_NEVER_SYNCED,
	  LIST_TODO },
	{ "{\"state\":\"reading\",\"full_sync_age\":1}", NULL, 0, LIST_WELL },
	{ "{\"state\":\"away\",\"full_sync_age\":1,\"error\":\"TLS\"}", NULL,
	  PROBLEM_UNREADABLE, LIST_TODO },
	{ "{\"state\":\"not configured\",\"full_sync_age\":1}", NULL,
	  PROBLEM_UNCONFIGURED, LIST_TODO },
	{ "{\"state\":\"dry-run\",\"full_sync_age\":1}", NULL, 0,
	  LIST_DRY_RUN },
	{ "{\"state\":\"dry-run\",\"full_sync_age\":1,\"error\":\"x\"}", NULL,
	  PROBLEM_UNREADABLE, LIST_TODO },
	{ "{\"state\":\"following\",\"full_sync_age\":108001}", NULL,
	  PROBLEM_OVERDUE, LIST_TODO },
	{ "{" WELL ",\"quarantined\":1}", NULL, PROBLEM_QUARANTINED,
	  LIST_TODO },
	{ "{" WELL ",\"held\":{\"deactivations\":0}}", NULL, 0, LIST_WELL },
	{ "{" WELL ",\"held\":{\"deactivations\":92}}", NULL, PROBLEM_HELD,
	  LIST_TODO },
	{ "{" WELL ",\"held\":{\"a reason of a later version\":1}}", NULL,
	  PROBLEM_HELD, LIST_TODO },
	{ "{" WELL ",\"groups_held\":18}", NULL, PROBLEM_GROUPS_HELD,
	  LIST_TODO },
	{ "{" WELL ",\"lag\":901,\"pending\":4}", NULL, PROBLEM_BACKLOG,
	  LIST_TODO },
	{ "{" WELL ",\"lag\":900,\"pending\":4}", NULL, 0, LIST_WELL },
	{ "{" WELL ",\"lag\":9000,\"held\":{\"values\":1}}", NULL, PROBLEM_HELD,
	  LIST_TODO },
	{ "{\"state\":\"following\",\"full_sync_age\":1,\"active\":0}",
	  "{\"suspended\":92}", PROBLEM_MANY_SUSPENDED, LIST_TODO },
	{ "{" WELL "}", "{\"suspended\":29}", 0, LIST_WELL },
	{ "{" WELL "}", "{\"suspended\":30}", PROBLEM_MANY_SUSPENDED,
	  LIST_TODO },
	{ "{\"state\":\"following\",\"full_sync_age\":1,\"active\":1}",
	  "{\"suspended\":4}", 0, LIST_WELL },
	{ "{" WELL ",\"certificate_expires\":1800604800}", NULL, 0, LIST_WELL },
	{ "{" WELL ",\"certificate_expires\":1800604799}", NULL,
	  PROBLEM_CERTIFICATE, LIST_TODO },
	{ "{" WELL ",\"certificate_expires\":1799999999}", NULL,
	  PROBLEM_CERTIFICATE, LIST_TODO },
};

static json_t *parse(struct arena *a, const char *text)
{
	json_t *object = NULL;

	if (!text)
		return NULL;
	assert_true(js_parse(a, text, strlen(text), &object, NULL));
	return object;
}

static void each_directory_is_in_the_list_of_its_problems(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *health = parse(a, rows[i].health);
		unsigned found =
		    report_problems(health, parse(a, rows[i].changes), NOW);

		if (found != rows[i].problems ||
		    report_list_of(health, found) != rows[i].list)
			fail_msg("row %zu: %s: problems %x", i,
			         rows[i].health ? rows[i].health : "none",
			         found);
	}
	arena_close(a);
}

/* Every combination of problems. */
static void a_directory_with_any_problem_is_to_do(void **state)
{
	(void)state;
	for (unsigned problems = 0; problems < 2048; problems++)
		assert_int_equal(report_list_of(NULL, problems),
		                 problems ? LIST_TODO : LIST_WELL);
}

static void a_certificate_is_stated_for_three_weeks_before_it_is_urgent(
    void **state)
{
	struct arena *a = arena_open();
	static const struct {
		int64_t left;
		bool stated;
	} ends[] = { { 31 * DAY, false },    { 30 * DAY, false },
		     { 30 * DAY - 1, true }, { 7 * DAY, true },
		     { 7 * DAY - 1, false }, { -DAY, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const json_t *health =
		    parse(a, arena_printf(a, "{\"certificate_expires\":%lld}",
		                          (long long)(NOW + ends[i].left)));

		assert_int_equal(report_certificate_soon(health, NOW),
		                 ends[i].stated ? NOW + ends[i].left : 0);
	}
	assert_int_equal(report_certificate_soon(parse(a, "{}"), NOW), 0);
	arena_close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_directory_is_in_the_list_of_its_problems),
		cmocka_unit_test(a_directory_with_any_problem_is_to_do),
		cmocka_unit_test(
		    a_certificate_is_stated_for_three_weeks_before_it_is_urgent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
