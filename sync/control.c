/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.c: what portvaktctl may ask of sync.  The master tells which
 * processes run and takes a new configuration; the rest is the writer's. */
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"
#include "region/ask.h"
#include "sync/sync.h"

enum { WAIT_MS = 500, OTHERS_MS = 4000 };

struct caller {
	struct arena *arena;
	int fd;
	uint64_t id;
	struct master *master;
	const struct region *region;
	char **words;
};

static bool send_line(const struct caller *c, const char *line)
{
	own(release_json) json_t *body = json_object();

	js_put(body, "text", line);
	return frame_send(c->fd, ASK_LINE, c->id, body, NULL);
}

static void relay(const char *line, void *with)
{
	(void)!send_line(with, line);
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
	const struct supervise_row *rows = NULL;
	size_t count = supervise_status(c->master->supervise, &rows);

	(void)!send_line(c,
	                 arena_print(c->arena, "portvakt-sync %d %s", getpid(),
	                             clock_iso(c->arena, c->master->since)));
	for (size_t i = 0; i < count; i++)
		(void)!send_line(
		    c,
		    arena_print(c->arena, "%s %d %s", rows[i].name, rows[i].pid,
		                clock_iso(c->arena, rows[i].since)));
	(void)why;
	return true;
}

/* Every reader compares all there is, and the writer reads the catalogue. */
static bool look_now(struct caller *c, struct fault *why)
{
	bool good = ask_writer(c, why);

	for (size_t i = 0; i < c->region->directory_count && good; i++)
		good = ask_lines(
		    socket_of(c, arena_print(c->arena, "reader@%s",
		                             c->region->directories[i].name)),
		    OTHERS_MS, c->words, relay, c, why);
	return good;
}

/* ---- a new configuration */

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

static const struct {
	const char *word;
	bool (*act)(struct caller *c, struct fault *why);
} acts[] = {
	{ "processes", tell_processes },
	{ "status", ask_writer },
	{ "now", look_now },
	{ "plan", ask_writer },
	{ "release", ask_writer },
	{ "reload", reload },
};

/* ---- the socket */

static void read_words(struct caller *c, const json_t *body)
{
	const json_t *list = js_array(body, "words");
	size_t count = json_array_size(list);

	c->words = arena_array(c->arena, char *, count + 1);
	for (size_t i = 0; i < count; i++)
		c->words[i] =
		    (char *)json_string_value(json_array_get(list, i));
	if (text_equal(c->words[0], "sync"))
		c->words++;
}

static bool do_words(struct caller *c, struct fault *why)
{
	for (size_t i = 0; i < LENGTH(acts); i++)
		if (text_equal(acts[i].word, c->words[0]))
			return acts[i].act(c, why);
	return fault(why, FAULT_INVALID,
	             "sync knows status, plan, now, release, reload");
}

static void answer(struct caller *c, const json_t *body)
{
	struct fault why = { 0 };
	struct region *r = snapshot_current();

	c->region = r;
	read_words(c, body);
	bool good = do_words(c, &why);
	region_release(r);
	own(release_json) json_t *end =
	    json_pack("{s:i}", "status", good ? 0 : 1);
	if (!good)
		(void)!send_line(c, why.text);
	(void)!frame_send(c->fd, ASK_END, c->id, end, NULL);
}

/* admin tells us of a new configuration. */
static bool is_admin(uid_t uid)
{
	const struct passwd *admin = getpwnam("portvakt-admin");

	return admin && admin->pw_uid == uid;
}

static bool may_ask(int fd)
{
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	       (who.uid == 0 || who.uid == geteuid() || is_admin(who.uid));
}

void control_hear(void *thing, int listening)
{
	struct caller c = { .master = thing,
		            .fd =
		                accept4(listening, NULL, NULL, SOCK_CLOEXEC) };
	uint8_t kind = 0;
	json_t *body = NULL;

	if (c.fd < 0)
		return;
	c.arena = arena_open();
	if (may_ask(c.fd) &&
	    frame_receive(c.arena, c.fd, WAIT_MS, &kind, &c.id, &body, NULL) &&
	    kind == ASK_DO)
		answer(&c, body);
	arena_close(c.arena);
	(void)close(c.fd);
}
