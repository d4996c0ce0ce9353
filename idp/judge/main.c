/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-plugin-host: evaluates the plugin conditions of one
 * municipality or of the region.  It runs no plugin code itself: a sandboxed
 * worker does, and this process kills it on timeout. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idp/judge/caged.h"
#include "idp/judge/child.h"
#include "lib/daemon.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/answer.h"
#include "region/facts.h"

enum { QUESTIONS_AT_ONCE = 16, MOST_QUESTIONS = 64 };

/* Set before the first thread. */
static struct child *child;
static const char *judge_name;
static const char *program;

/* ---- plugins */

static char **plugins_of(const struct region *r)
{
	const struct municipality *m = region_municipality(r, judge_name);

	if (text_equal(judge_name, "region"))
		return r->plugins;
	return m ? m->plugins : NULL;
}

/* Next to the program in a build tree, else the installation path. */
static const char *plugin_folder(struct arena *a)
{
	const char *folder =
	    arena_bytes(a, program, (size_t)(strrchr(program, '/') - program));
	const char *beside = arena_print(a, "%s/plugins", folder);

	if (access(beside, F_OK) == 0)
		return beside;
	return arena_print(a, "%s/../../lib/portvakt/plugins", folder);
}

static char **arguments_for(struct arena *a, const struct region *r,
                            char **plugins)
{
	LIST(char *) list = { 0 };

	*list_add(a, &list) = arena_copy(a, program);
	*list_add(a, &list) = arena_copy(a, CAGED_ARGUMENT);
	*list_add(a, &list) = arena_copy(a, plugin_folder(a));
	*list_add(a, &list) =
	    arena_print(a, "%s/judge/%s", r->state, judge_name);
	for (; *plugins; plugins++)
		*list_add(a, &list) = *plugins;
	*list_add(a, &list) = NULL;
	return list.at;
}

/* ---- requests */

/* A municipality's plugins are evaluated for its own people only. */
static bool is_ours(const json_t *question)
{
	const char *whose =
	    js_string(js_object(question, "facts"), "municipality");

	return text_equal(judge_name, "region") ||
	       text_equal(whose, judge_name);
}

static bool check_questions(const json_t *questions, struct fault *why)
{
	size_t count = json_array_size(questions);

	if (count == 0 || count > MOST_QUESTIONS)
		return fault(why, FAULT_INVALID, "1 to %d questions, please",
		             MOST_QUESTIONS);
	for (size_t i = 0; i < count; i++)
		if (!is_ours(json_array_get(questions, i)))
			return fault(why, FAULT_REFUSED,
			             "a question about another's people");
	return true;
}

static bool answer_judge(const struct question *q, json_t **ret_answer,
                         struct fault *why)
{
	json_t *questions = js_array(q->body, "questions");
	char **plugins = plugins_of(q->region);
	enum portvakt_verdict verdicts[MOST_QUESTIONS];
	json_t *words;

	if (!plugins || !*plugins)
		return fault(why, FAULT_REFUSED, "%s has no plugins",
		             judge_name);
	if (!check_questions(questions, why))
		return false;
	child_wants(child, arguments_for(q->arena, q->region, plugins));
	child_judge(child, questions, verdicts);
	words = json_array();
	for (size_t i = 0; i < json_array_size(questions); i++)
		(void)json_array_append_new(
		    words, json_string(verdict_name(verdicts[i])));
	*ret_answer = js_keep(q->arena, json_pack("{s:o}", "verdicts", words));
	return true;
}

static const struct answer_row rows[] = { { ASK_JUDGE, answer_judge } };

/* ---- starting */

/* Starts the worker early, so that the first request finds it ready. */
static void warm_up(struct arena *a)
{
	struct region *r = snapshot_current();
	char **plugins = plugins_of(r);

	if (plugins && *plugins)
		child_wants(child, arguments_for(a, r, plugins));
	region_release(r);
}

static const char *own_program(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path));

	if (length <= 0 || (size_t)length == sizeof(path))
		abort();
	return arena_bytes(a, path, (size_t)length);
}

static int serve(struct arena *a)
{
	int listening = daemon_socket(DAEMON_FIRST);

	if (listening < 0) {
		log_error("no socket was handed over", "judge", judge_name,
		          NULL);
		return 78;
	}
	program = own_program(a);
	child = child_open(judge_name, program);
	warm_up(a);
	answer_serve(listening, arena_print(a, "judge@%s", judge_name), rows,
	             LENGTH(rows), QUESTIONS_AT_ONCE);
	child_close(child);
	return 0;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	if (argc > 1 && text_equal(argv[1], CAGED_ARGUMENT))
		return caged_main(argc, argv);
	daemon_begin("portvakt-judge");
	if (argc != 4 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-judge -c region.conf NAME\n");
		return 64;
	}
	judge_name = argv[3];
	daemon_signals();
	daemon_die_with_parent();
	if (!snapshot_open(argv[2], &why)) {
		log_error("cannot start", "why", why.text, NULL);
		return 78;
	}
	struct arena *a = arena_open();
	int status = serve(a);

	arena_close(a);
	return status;
}
