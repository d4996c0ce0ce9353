/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_worker.c: the worker process that runs plugin code.  It is started
 * with exec, so it has no memory of its parent.  It loads the plugins, locks
 * the sandbox and serves one request at a time. */
#include "idp/judge/caged.h"

#include <fcntl.h>
#include <unistd.h>

#include "idp/judge/cage.h"
#include "idp/judge/plugin.h"
#include "lib/daemon.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/ask.h"
#include "region/facts.h"

enum { FIRST_PLUGIN = 4 };

struct loaded {
	const struct portvakt_plugin **at; /* NULL-terminated */
};

static bool load_all(struct arena *a, char **argv, struct loaded *ret_loaded,
                     struct fault *why)
{
	LIST(const struct portvakt_plugin *) list = { 0 };
	const struct portvakt_plugin *p;

	for (char **name = argv + FIRST_PLUGIN; *name; name++) {
		const char *data = arena_print(a, "%s/%s", argv[3], *name);

		if (!plugin_load(a, argv[2], *name, data, &p, why))
			return false;
		*list_add(a, &list) = p;
	}
	*list_add(a, &list) = NULL;
	ret_loaded->at = list.at;
	return true;
}

static const struct portvakt_word *find_word(const struct loaded *l,
                                             const char *word)
{
	for (const struct portvakt_plugin **p = l->at; *p; p++)
		if (plugin_word(*p, word))
			return plugin_word(*p, word);
	return NULL;
}

/* ---- requests */

static const char *const *texts_of(struct arena *a, const json_t *array,
                                   size_t *ret_count)
{
	LIST(const char *) list = { 0 };
	const char *text;

	for (size_t i = 0; i < json_array_size(array); i++) {
		text = json_string_value(json_array_get(array, i));
		*list_add(a, &list) = text ? text : "";
	}
	*ret_count = list.count;
	*list_add(a, &list) = NULL;
	return list.at;
}

/* A condition evaluates only arguments that its own check has accepted. */
static enum portvakt_verdict judge(struct arena *a, const struct loaded *l,
                                   const json_t *question, const char **ret_why)
{
	const char *said = js_string(question, "word");
	const struct portvakt_word *w = find_word(l, said);
	const json_t *facts = js_object(question, "facts");
	size_t count, bad;
	const char *const *arguments =
	    texts_of(a, js_array(question, "arguments"), &count);
	const char *wanted = "no arguments";

	*ret_why = "no plugin here teaches this word";
	if (!w || !facts)
		return PORTVAKT_ERROR;
	bad = count > 0;
	if (w->read)
		bad = w->read(count, arguments, &wanted);
	*ret_why = arena_print(a, "it wants %.80s", wanted ? wanted : "else");
	if (bad != 0)
		return PORTVAKT_ERROR;
	*ret_why = "the plugin could not tell";
	return w->judge(count, arguments, facts_from_json(a, facts));
}

static json_t *answer_to(struct arena *a, const struct loaded *l,
                         const json_t *question)
{
	json_t *answer = js_keep(a, json_object());
	const char *why = NULL;
	enum portvakt_verdict v = judge(a, l, question, &why);

	js_put(answer, "verdict", verdict_name(v));
	if (text_equal(verdict_name(v), "error"))
		js_put(answer, "why", why);
	return answer;
}

static bool serve_one(const struct loaded *l)
{
	struct arena *a = arena_open();
	uint8_t kind;
	uint64_t id;
	json_t *question;
	bool good =
	    frame_receive(a, CAGED_SOCKET, -1, &kind, &id, &question, NULL) &&
	    frame_send(CAGED_SOCKET, ASK_JUDGE | ASK_ANSWER, id,
	               answer_to(a, l, question), NULL);

	arena_close(a);
	return good;
}

/* Ready message (id 0): the parent waits for it before the first request. */
static bool say_ready(void)
{
	own(release_json) json_t *nothing = json_object();

	return frame_send(CAGED_SOCKET, ASK_JUDGE | ASK_ANSWER, CAGED_READY,
	                  nothing, NULL);
}

/* Plugins must not write to the standard descriptors: a log line would appear
 * to come from the plugin host. */
static void silence(int null)
{
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (null > CAGED_SOCKET)
		(void)close(null);
}

static int give_up(const char *what, const struct fault *why)
{
	log_error(what, "why", why->text, NULL);
	return 1;
}

OWNER(close_arena, struct arena *, arena_close)

int caged_main(int argc, char **argv)
{
	own(close_arena) struct arena *a = arena_open();
	struct loaded loaded;
	struct fault why = { 0 };

	daemon_begin("portvakt-judge");
	if (argc < FIRST_PLUGIN)
		return 64;
	(void)close_range(CAGED_SOCKET + 1, ~0U, 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* jansson reads its hash seed from a file, which is not available in
	 * the sandbox. */
	json_object_seed(0);
	if (!cage_narrow(&why))
		return give_up("no cage", &why);
	if (!load_all(a, argv, &loaded, &why))
		return give_up("a plugin was not loaded", &why);
	silence(null);
	if (!cage_close(&why))
		return 1;
	if (!say_ready())
		return 1;
	while (serve_one(&loaded))
		continue;
	/* Not exit(): it would run the destructors of the plugins. */
	_exit(0);
}
