/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.c: the control socket of portvakt-sync.  The supervisor itself
 * answers "processes" and "reload"; every other command is forwarded to the
 * provisioner, and a full synchronisation to each connector as well.  A command
 * that fails returns the error of the process that refused it. */
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"
#include "region/ask.h"
#include "region/master.h"
#include "sync/sync.h"

enum { OTHERS_MS = 4000 };

/* One command, and the configuration it is answered with. */
struct caller {
	struct arena *arena;
	struct master_call *call;
	struct master *master;
	const struct region *region;
	char **words;
};

static void relay(const char *line, void *with)
{
	const struct caller *c = with;

	master_line(c->call, line);
}

static char *socket_of(const struct caller *c, const char *name)
{
	return arena_print(c->arena, "%s/%s.sock", c->region->run, name);
}

static bool ask_writer(struct caller *c, struct fault *why)
{
	return ask_lines(socket_of(c, "writer"), OTHERS_MS, c->words, relay, c,
	                 why);
}

static bool tell_processes(struct caller *c, struct fault *why)
{
	(void)why;
	master_status(c->call, "portvakt-sync", c->master->since,
	              c->master->supervise);
	return true;
}

/* Requests a full synchronisation from the provisioner and from every
 * connector. */
static bool look_now(struct caller *c, struct fault *why)
{
	char *now[] = { arena_copy(c->arena, "now"), NULL };
	bool good = ask_writer(c, why);

	for (size_t i = 0; i < c->region->directory_count && good; i++)
		good = ask_lines(
		    socket_of(c, arena_print(c->arena, "reader@%s",
		                             c->region->directories[i].name)),
		    OTHERS_MS, now, relay, c, why);
	return good;
}

/* ---- reload */

static bool tell_one(struct caller *c, const char *name,
                     enum kind_of_question kind, const char *hash,
                     struct fault *why)
{
	struct ask *k = ask_open(socket_of(c, name), 1, OTHERS_MS);
	json_t *question = js_keep(c->arena, json_object());
	json_t *answer = NULL;
	struct fault inner = { 0 };

	js_put(question, "hash", hash);
	bool good = ask(k, c->arena, kind, NULL, question, &answer, &inner);
	ask_close(k);
	if (!good)
		return fault(why, inner.kind, "%s: %s", name, inner.text);
	if (kind == ASK_PREPARE && !text_equal(js_string(answer, "hash"), hash))
		return fault(why, FAULT_INVALID, "%s read other files", name);
	return true;
}

static bool tell_all(struct caller *c, enum kind_of_question kind,
                     const char *hash, struct fault *why)
{
	const struct supervise_row *rows = NULL;
	size_t count = supervise_status(c->master->supervise, &rows);

	for (size_t i = 0; i < count; i++)
		if (rows[i].pid != 0 &&
		    !tell_one(c, rows[i].name, kind, hash, why))
			return false;
	return true;
}

static bool take_roles(struct caller *c, struct fault *why)
{
	struct region *r = snapshot_current();
	size_t count = 0;
	struct supervise_role *roles =
	    sync_roles(c->arena, r, c->master->programs, &count);
	bool good = supervise_change(c->master->supervise, roles, count, why);

	region_release(r);
	return good;
}

static bool reload(struct caller *c, struct fault *why)
{
	struct conf_complaints wrong = { .arena = c->arena };
	struct region *next = region_read(c->arena, c->region->file, &wrong);

	if (!next)
		return fault(why, FAULT_INVALID, "%s",
		             conf_complaint_text(c->arena, &wrong.at[0]));
	const char *hash = arena_copy(c->arena, next->hash);
	region_release(next);
	return tell_all(c, ASK_PREPARE, hash, why) &&
	       snapshot_prepare(c->region->file, why) &&
	       tell_all(c, ASK_ACTIVATE, hash, why) &&
	       snapshot_activate(hash, why) && take_roles(c, why);
}

/* ---- the socket */

static bool act(struct master_call *call,
                bool (*how)(struct caller *c, struct fault *why),
                struct fault *why)
{
	struct region *r = snapshot_current();
	struct caller c = { call->arena, call, call->master, r, call->words };
	bool good = how(&c, why);

	region_release(r);
	return good;
}

static bool act_processes(struct master_call *c, struct fault *why)
{
	return act(c, tell_processes, why);
}

static bool act_by_writer(struct master_call *c, struct fault *why)
{
	return act(c, ask_writer, why);
}

static bool act_now(struct master_call *c, struct fault *why)
{
	return act(c, look_now, why);
}

static bool act_reload(struct master_call *c, struct fault *why)
{
	return act(c, reload, why);
}

void control_hear(void *thing, int listening)
{
	static const struct master_word words[] = {
		{ "processes", act_processes },
		{ "status", act_by_writer },
		{ "now", act_now },
		{ "plan", act_by_writer },
		{ "release", act_by_writer },
		{ "groups", act_by_writer },
		{ "changes", act_by_writer },
		{ "feide", act_by_writer },
		{ "school-year", act_by_writer },
		{ "build", act_by_writer },
		{ "health", act_by_writer },
		{ "rehearsal", act_by_writer },
		{ "decided", act_by_writer },
		{ "person", act_by_writer },
		{ "quarantine", act_by_writer },
		{ "forget", act_by_writer },
		/* The provisioner starts with an empty cache; every connector
		 * resends. */
		{ "scrub", act_now },
		{ "reload", act_reload },
		{ NULL, NULL },
	};

	master_hear(thing, listening, words);
}
