/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_test.c: puts a plugin through a conformance test, for its author:
 * portvaktctl plugin test. */
#include "idp/plugin_host/plugin_test.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "idp/plugin_host/plugin_pool.h"
#include "idp/plugin_host/plugin_worker.h"
#include "lib/clock.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/policy/policy_context.h"

enum {
	ONE_DAY = 24 * 60 * 60,
	FIRST_CONTEXT = 1767225600, /* 2026-01-01, the same in each run */
	LONG_ARGUMENT = 4000,
	MANY_ARGUMENTS = 64
};

struct tested_clause {
	const char *text;
	bool is_expected; /* --expect follows it */
	enum ipc_verdict expected;
};

struct plugin_test {
	struct arena *arena;
	const char *library, *data, *name;
	VECTOR(struct tested_clause) clauses;
	VECTOR(const char *) roles; /* ends in NULL once all are read */
	struct plugin_pool *pool;
	int failed;
};

static bool test_report(struct plugin_test *t, bool good, const char *sentence,
                        const char *detail)
{
	(void)printf("%sok - %s%s%s%s\n", good ? "" : "not ", sentence,
	             detail && *detail ? " (" : "", detail ? detail : "",
	             detail && *detail ? ")" : "");
	t->failed += !good;
	return good;
}

/* ---- arguments */

static bool test_validate(struct plugin_test *t, const char *condition,
                          const char *const *arguments, size_t count)
{
	struct error err = { 0 };
	size_t argument;

	/* An error that names an argument is an answer, too. */
	return plugin_pool_validate(t->pool, condition, arguments, count,
	                            &argument, &err) ||
	       argument > 0 ||
	       test_report(t, false, "validate answers for any arguments",
	                   err.text);
}

static void test_any_arguments(struct plugin_test *t, const char *condition)
{
	const char *odd[] = { "", " ", "%s%n", "\xc3\xa6\xc3\xb8", "-1" };
	const char *many[MANY_ARGUMENTS];
	char *longest = arena_alloc(t->arena, LONG_ARGUMENT + 1);
	bool good = test_validate(t, condition, odd, 0);

	memset(longest, 'x', LONG_ARGUMENT);
	for (size_t i = 0; i < LENGTH(many); i++)
		many[i] = "x";
	for (size_t i = 0; good && i < LENGTH(odd); i++)
		good = test_validate(t, condition, &odd[i], 1);
	good = good &&
	       test_validate(t, condition, (const char *[]){ longest }, 1) &&
	       test_validate(t, condition, many, LENGTH(many));
	if (good)
		(void)test_report(t, true, "validate answers for any arguments",
		                  condition);
}

/* ---- questions */

static const char *const no_texts[] = { NULL };
static const char *const some_units[] = { "9001", NULL };

static const char *const test_kinds[] = { "employee",   "teacher", "pupil",
	                                  "politician", "guest",   "vendor" };

static bool test_has_roles(size_t i)
{
	return i % 3 != 0;
}

/* A context that differs in most fields from its neighbours: five times a day,
 * for two weeks. */
static json_t *test_context(struct plugin_test *t, size_t i)
{
	const int64_t now = FIRST_CONTEXT + (int64_t)i * ONE_DAY / 5;
	/* Fields that are not set here are empty. */
	json_t *nothing = js_own(t->arena, json_object());
	struct portvakt_context context =
	    *policy_context_from_json(t->arena, nothing);

	context.person = arena_printf(t->arena, "person-%zu", i);
	context.affiliation = arena_printf(t->arena, "affiliation-%zu", i);
	context.municipality = "test";
	context.kind = test_kinds[i % LENGTH(test_kinds)];
	context.units = i % 2 ? some_units : no_texts;
	context.roles = test_has_roles(i) ? t->roles.at : no_texts;
	context.position = (int)(i % 4) * 33 - 1;
	context.valid_until = i % 5 ? 0 : now + ONE_DAY;
	context.service = i % 2 ? "portal" : "skole";
	context.acr = "";
	context.address = i % 2 ? "192.0.2.1" : "2001:db8::1";
	context.networks = no_texts;
	policy_context_set_time(&context, now);
	context.service_units = i % 4 ? no_texts : some_units;
	return js_own(t->arena, policy_context_to_json(&context));
}

enum { CONTEXTS = 84 };

static enum ipc_verdict test_ask(struct plugin_test *t, size_t i,
                                 struct plugin_question *question,
                                 int64_t *slowest)
{
	int64_t began = clock_monotonic_ms();

	question->facts = test_context(t, i);
	enum ipc_verdict v = plugin_pool_evaluate(t->pool, question);
	int64_t took = clock_monotonic_ms() - began;

	*slowest = took > *slowest ? took : *slowest;
	return v;
}

static const struct {
	const char *name;
	enum ipc_verdict verdict;
} verdict_names[] = {
	{ "permit", IPC_VERDICT_PERMIT },
	{ "deny", IPC_VERDICT_DENY },
	{ "step-up", IPC_VERDICT_STEP_UP },
	{ "error", IPC_VERDICT_ERROR },
};

static const char *test_verdict_name(enum ipc_verdict verdict)
{
	for (size_t i = 0; i < LENGTH(verdict_names); i++)
		if (verdict_names[i].verdict == verdict)
			return verdict_names[i].name;
	return "busy";
}

static bool test_verdict_from(const char *name, enum ipc_verdict *ret)
{
	for (size_t i = 0; i < LENGTH(verdict_names); i++)
		if (text_equal(verdict_names[i].name, name)) {
			*ret = verdict_names[i].verdict;
			return true;
		}
	return false;
}

/* Each context that has the roles of --role, or each if there are none. */
static void test_expected(struct plugin_test *t,
                          const struct tested_clause *tested,
                          const enum ipc_verdict results[CONTEXTS])
{
	const size_t all = CONTEXTS;
	size_t other = all;

	if (!tested->is_expected)
		return;
	for (size_t i = 0; i < all && other == all; i++)
		if (results[i] != tested->expected &&
		    (!t->roles.at[0] || test_has_roles(i)))
			other = i;
	(void)test_report(
	    t, other == all,
	    arena_printf(t->arena, "\"%s\" results in %s", tested->text,
	                 test_verdict_name(tested->expected)),
	    other == all
		? NULL
		: arena_printf(t->arena, "context %zu results in %s: %s", other,
	                       test_verdict_name(results[other]),
	                       js_dump(t->arena, test_context(t, other))));
}

/* Each question twice, the second time in the opposite order and by whichever
 * worker is free: a result depends on nothing else. */
static void test_questions(struct plugin_test *t,
                           const struct tested_clause *tested,
                           struct plugin_question *question)
{
	const char *clause = tested->text;
	enum ipc_verdict first[CONTEXTS];
	size_t errors = 0, changed = 0, permits = 0;
	int64_t slowest = 0;

	for (size_t i = 0; i < CONTEXTS; i++) {
		first[i] = test_ask(t, i, question, &slowest);
		errors += first[i] == IPC_VERDICT_ERROR ||
		          first[i] == IPC_VERDICT_BUSY;
		permits += first[i] == IPC_VERDICT_PERMIT;
	}
	for (size_t i = CONTEXTS; i-- > 0;)
		changed += test_ask(t, i, question, &slowest) != first[i];
	/* An error may be what is expected. */
	(void)test_report(
	    t,
	    errors == 0 ||
		(tested->is_expected && tested->expected == IPC_VERDICT_ERROR),
	    arena_printf(t->arena, "\"%s\" is evaluated", clause),
	    arena_printf(t->arena,
	                 "%d contexts, %zu permitted, %zu "
	                 "errors, slowest %lld ms",
	                 CONTEXTS, permits, errors, (long long)slowest));
	test_expected(t, tested, first);
	if (errors == 0 && !tested->is_expected &&
	    (permits == 0 || permits == CONTEXTS))
		(void)printf(
		    "# \"%s\" was permitted in %s context; --role NAME "
		    "gives two thirds of them a role\n",
		    clause, permits == 0 ? "no" : "each");
	(void)test_report(
	    t, changed == 0,
	    arena_printf(t->arena, "\"%s\" has the same result the second time",
	                 clause),
	    changed ? arena_printf(t->arena, "%zu differ", changed) : NULL);
}

static void test_clause(struct plugin_test *t,
                        const struct tested_clause *tested)
{
	const char *clause = tested->text;
	size_t count = 0, argument;
	char **words = text_split(t->arena, clause, " ", &count);
	struct plugin_question question = {
		.condition = count > 0 ? words[0] : "",
		.arguments = (const char *const *)words + 1,
		.arguments_count = count > 0 ? count - 1 : 0,
	};
	struct error err = { 0 };

	if (test_report(t,
	                plugin_pool_validate(
			    t->pool, question.condition, question.arguments,
			    question.arguments_count, &argument, &err),
	                arena_printf(t->arena, "\"%s\" is valid", clause),
	                err.text))
		test_questions(t, tested, &question);
}

/* ---- the whole */

static bool test_open(struct plugin_test *t, const char *program)
{
	const struct plugin_pool_options options = {
		.program = program,
		.argument = PLUGIN_WORKER_ARGUMENT,
		.plugin_host = "test",
		.plugin = t->name,
		.workers = 2,
	};
	struct plugin_image image;
	struct error err = { 0 };

	if (!test_report(
		t,
		plugin_check_library(t->library, &err) &&
		    plugin_image_open(&image, t->library, t->data, &err),
		"its files can be used", err.text))
		return false;
	t->pool = plugin_pool_open(&options, &image);
	return test_report(t, plugin_pool_ready(t->pool, &err),
	                   "it loads, prepares and tests itself", err.text);
}

static void test_whole(struct plugin_test *t, const char *program)
{
	struct plugin_pool_status status;
	size_t count = 0;

	if (!test_open(t, program))
		return;
	plugin_pool_read_status(t->pool, t->arena, &status);
	char **conditions =
	    text_split(t->arena, status.conditions, " ", &count);

	for (size_t i = 0; i < count; i++)
		test_any_arguments(t, conditions[i]);
	for (size_t i = 0; i < t->clauses.count; i++)
		test_clause(t, &t->clauses.at[i]);
	if (t->clauses.count == 0)
		(void)printf("# no question was asked: there is no --clause\n");
	plugin_pool_read_status(t->pool, t->arena, &status);
	(void)test_report(t, status.deaths == 0, "no worker ended",
	                  status.last_end);
}

static bool test_parse_data(struct plugin_test *t, const char *value)
{
	t->data = value;
	return true;
}

static bool test_parse_clause(struct plugin_test *t, const char *value)
{
	*vector_append(t->arena, &t->clauses) =
	    (struct tested_clause){ .text = value };
	return true;
}

static bool test_parse_role(struct plugin_test *t, const char *value)
{
	*vector_append(t->arena, &t->roles) = value;
	return true;
}

/* Of the clause before it. */
static bool test_parse_expected(struct plugin_test *t, const char *value)
{
	if (t->clauses.count == 0)
		return false;
	struct tested_clause *last = &t->clauses.at[t->clauses.count - 1];

	last->is_expected = true;
	return test_verdict_from(value, &last->expected);
}

static const struct {
	const char *name;
	bool (*parse)(struct plugin_test *t, const char *value);
} test_options[] = {
	{ "--data", test_parse_data },
	{ "--clause", test_parse_clause },
	{ "--expect", test_parse_expected },
	{ "--role", test_parse_role },
};

static bool test_parse_arguments(struct plugin_test *t, char **arguments)
{
	for (; *arguments; arguments++) {
		size_t i = 0;

		while (i < LENGTH(test_options) &&
		       !text_equal(test_options[i].name, *arguments))
			i++;
		if (i < LENGTH(test_options)) {
			if (!*++arguments ||
			    !test_options[i].parse(t, *arguments))
				return false;
		} else if (t->library || text_starts(*arguments, "--")) {
			return false;
		} else {
			t->library = *arguments;
		}
	}
	*vector_append(t->arena, &t->roles) = NULL;
	return true;
}

static bool test_parse(struct plugin_test *t, char **arguments)
{
	const char *slash, *dot;

	if (!test_parse_arguments(t, arguments))
		return false;
	slash = t->library ? strrchr(t->library, '/') : NULL;
	t->name = slash ? slash + 1 : t->library;
	dot = t->name ? strrchr(t->name, '.') : NULL;
	if (!dot || !text_equal(dot, ".so"))
		return false;
	t->name = arena_memdup(t->arena, t->name, (size_t)(dot - t->name));
	return true;
}

int plugin_test_main(const char *program, char **arguments)
{
	struct plugin_test t = { .arena = arena_open() };

	struct error err = { 0 };

	daemon_init("portvakt-plugin-host");
	if (!clock_zone_open(&err)) {
		(void)fprintf(stderr, "%s\n", err.text);
		arena_close(t.arena);
		return EX_OSFILE;
	}
	if (!test_parse(&t, arguments)) {
		(void)fprintf(stderr,
		              "usage: portvaktctl plugin test FILE.so [--data "
		              "FILE] [--clause \"CONDITION ARGUMENT ...\" "
		              "[--expect permit|deny|step-up|error]] ... "
		              "[--role NAME] ...\n");
		arena_close(t.arena);
		return EX_USAGE;
	}
	test_whole(&t, program);
	plugin_pool_unref(t.pool);
	arena_close(t.arena);
	return fflush(stdout) == 0 && t.failed == 0 ? 0 : 1;
}
