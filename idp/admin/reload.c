/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reload.c: activates a changed configuration in all processes or in none. The
 * files are checked here first, so all errors are reported at once; then every
 * running process prepares them; when all have, all activate. */
#include "idp/admin/admin.h"

#include <unistd.h>

#include "lib/text.h"

enum { WAIT_MS = 5000 };

/* A running process, by the name of its socket. */
struct other {
	const char *name;
	bool there;
};

struct others {
	struct other *at;
	size_t count;
};

static bool check_here(const struct act *t, struct fault *why)
{
	struct conf_complaints wrong = { 0 };
	struct region *r = region_read(t->arena, t->region->file, &wrong);

	if (r) {
		region_release(r);
		return true;
	}
	for (size_t i = 0; i < wrong.count; i++)
		answer_line(t->question, "%s:%d:%d: %s", wrong.at[i].file,
		            wrong.at[i].line, wrong.at[i].column,
		            wrong.at[i].text);
	return fault(why, FAULT_INVALID,
	             "nothing was changed: %zu mistakes in the configuration",
	             wrong.count);
}

struct listing {
	struct arena *arena;
	struct others *others;
};

/* Reads a status line of the supervisor: name pid since. A process with pid 0
 * is not running and will read the new files when it starts. */
static void note_running(const char *line, void *with)
{
	struct listing *l = with;
	size_t count = 0;
	char **words = text_split(l->arena, line, " ", &count);

	if (count < 2 || text_equal(words[1], "0") ||
	    text_equal(words[0], "portvakt-idp") ||
	    text_equal(words[0], "admin") || l->others->count == 256)
		return;
	l->others->at[l->others->count++] = (struct other){ words[0], true };
}

static bool who_runs(const struct act *t, struct others *ret, struct fault *why)
{
	char status[] = "status", *words[] = { status, NULL };
	struct listing l = { t->arena, ret };

	ret->at = arena_array(t->arena, struct other, 256);
	return ask_lines(
	    arena_print(t->arena, "%s/master.sock", t->region->run), WAIT_MS,
	    words, note_running, &l, why);
}

static bool tell(const struct act *t, const char *name,
                 enum kind_of_question kind, const char *hash,
                 struct fault *why)
{
	struct ask *k =
	    ask_open(arena_print(t->arena, "%s/%s.sock", t->region->run, name),
	             1, WAIT_MS);
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer = NULL;

	js_put(question, "hash", hash);
	bool done = ask(k, t->arena, kind, NULL, question, &answer, why);
	ask_close(k);
	if (!done)
		return false;
	if (kind == ASK_PREPARE && !text_equal(js_string(answer, "hash"), hash))
		return fault(why, FAULT_INVALID,
		             "%s read other files than the rest", name);
	return true;
}

static bool tell_all(const struct act *t, const struct others *o,
                     enum kind_of_question kind, const char *hash,
                     struct fault *why)
{
	for (size_t i = 0; i < o->count; i++)
		if (!tell(t, o->at[i].name, kind, hash, why))
			return fault(why, why->kind, "%s: %s", o->at[i].name,
			             arena_copy(t->arena, why->text));
	return true;
}

static void relay(const char *line, void *with)
{
	const struct act *t = with;

	answer_line(t->question, "%s", line);
}

/* The supervisor is last: it starts and stops processes by the new files. */
static bool tell_master(const struct act *t, struct fault *why)
{
	char reload[] = "reload", *words[] = { reload, NULL };

	return ask_lines(
	    arena_print(t->arena, "%s/master.sock", t->region->run), WAIT_MS,
	    words, relay, (void *)t, why);
}

static void tell_sync(const struct act *t)
{
	char reload[] = "reload", *words[] = { reload, NULL };
	struct fault why = { 0 };

	if (!ask_lines(arena_print(t->arena, "%s/sync.sock", t->region->run),
	               WAIT_MS, words, relay, (void *)t, &why))
		answer_line(t->question, "sync was not told: %s", why.text);
}

bool admin_reload(const struct act *t, struct fault *why)
{
	struct others running = { 0 };

	if (!check_here(t, why) || !who_runs(t, &running, why) ||
	    !snapshot_prepare(t->region->file, why))
		return false;
	struct conf_complaints wrong = { 0 };
	struct region *next = region_read(t->arena, t->region->file, &wrong);

	if (!next)
		return fault(why, FAULT_INVALID, "the files changed meanwhile");
	const char *hash = arena_copy(t->arena, next->hash);

	region_release(next);
	if (!act_record(t, NULL, NULL, why) ||
	    !tell_all(t, &running, ASK_PREPARE, hash, why) ||
	    !tell_all(t, &running, ASK_ACTIVATE, hash, why) ||
	    !snapshot_activate(hash, why) || !tell_master(t, why))
		return false;
	tell_sync(t);
	answer_line(t->question, "active: %.16s, in %zu processes", hash,
	            running.count + 1);
	return true;
}
