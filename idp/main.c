/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-idp, the master: makes the sockets, starts the processes
 * that do the work, starts again what died.  It parses no stranger's bytes
 * and holds no secret. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idp/roles.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/ask.h"

enum { WAIT_MS = 500 };

struct master {
	struct supervise *supervise;
	const char *programs;
	int64_t since;
};

static void say_it(void *thing, const char *role, const char *what,
                   const char *detail)
{
	(void)thing;
	log_info(what, "role", role, "detail", detail ?: "", NULL);
}

/* ---- the control socket: status and reload --------------------------------
 */

struct caller {
	struct arena *arena;
	int fd;
	uint64_t id;
};

static bool send_line(const struct caller *c, const char *line,
                      struct fault *why)
{
	own(release_json) json_t *body = json_object();

	js_put(body, "text", line);
	return frame_send(c->fd, ASK_LINE, c->id, body, why);
}

static bool tell_status(struct master *m, const struct caller *c,
                        struct fault *why)
{
	const struct supervise_row *rows = NULL;
	size_t count = supervise_status(m->supervise, &rows);

	if (!send_line(c,
	               arena_print(c->arena, "portvakt-idp %d %s", getpid(),
	                           clock_iso(c->arena, m->since)),
	               why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!send_line(c,
		               arena_print(c->arena, "%s %d %s", rows[i].name,
		                           rows[i].pid,
		                           clock_iso(c->arena, rows[i].since)),
		               why))
			return false;
	return true;
}

/* admin has had everybody else prepare and activate; here only the list of
 * processes changes. */
static bool reload(struct master *m, struct arena *a, struct fault *why)
{
	struct region *r = snapshot_current();
	const char *file = arena_copy(a, r->file);
	struct conf_complaints wrong = { 0 };
	size_t count = 0;

	region_release(r);
	if (!snapshot_prepare(file, why))
		return false;
	struct region *next = region_read(a, file, &wrong);

	if (!next)
		return fault(why, FAULT_INVALID, "the files changed meanwhile");
	struct supervise_role *roles = roles_of(a, next, m->programs, &count);
	bool done = supervise_change(m->supervise, roles, count, why) &&
	            snapshot_activate(next->hash, why);

	region_release(next);
	return done;
}

static bool do_words(struct master *m, const struct caller *c,
                     const json_t *body, struct fault *why)
{
	const char *word =
	    json_string_value(json_array_get(js_array(body, "words"), 0));

	if (text_equal(word, "status"))
		return tell_status(m, c, why);
	if (text_equal(word, "reload"))
		return reload(m, c->arena, why);
	return fault(why, FAULT_INVALID, "the master knows status and reload");
}

static void send_end(const struct caller *c, bool done, const struct fault *why)
{
	own(release_json) json_t *body = json_object();
	struct fault ignored = { 0 };

	if (!done && !send_line(c, why->text, &ignored))
		return;
	json_object_set_new(body, "status", json_integer(done ? 0 : 1));
	(void)!frame_send(c->fd, ASK_END, c->id, body, &ignored);
}

static bool may_ask(int fd)
{
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void answer_caller(struct master *m, int fd)
{
	struct caller c = { .arena = arena_open(), .fd = fd };
	struct fault why = { 0 };
	uint8_t kind = 0;
	json_t *body = NULL;

	if (may_ask(fd) &&
	    frame_receive(c.arena, fd, WAIT_MS, &kind, &c.id, &body, &why) &&
	    kind == ASK_DO)
		send_end(&c, do_words(m, &c, body, &why), &why);
	arena_close(c.arena);
}

static void hear_caller(void *thing, int listening)
{
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	answer_caller(thing, fd);
	close(fd);
}

/* ---- start ------------------------------------------------------------------
 */

/* Beside ourselves where they were built, in libexec where installed. */
static const char *programs_folder(struct arena *a)
{
	char self[PATH_MAX] = { 0 };

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return "/usr/libexec/portvakt";
	const char *folder = arena_copy(a, dirname(self));

	if (access(arena_print(a, "%s/portvakt-web", folder), X_OK) == 0)
		return folder;
	return "/usr/libexec/portvakt";
}

static bool make_folder(const char *path, mode_t mode, struct fault *why)
{
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return true;
	return fault(why, FAULT_UNAVAILABLE, "cannot make %s: %s", path,
	             strerror(errno));
}

static bool run(struct arena *a, const char *file, struct fault *why)
{
	struct master m = { .since = clock_now(),
		            .programs = programs_folder(a) };
	struct supervise_ear ear = {
		.thing = &m, .said = say_it, .fd = -1, .ready = hear_caller
	};
	size_t count = 0;

	if (!snapshot_open(file, why))
		return false;
	struct region *r = snapshot_current();
	struct listen_at control = {
		.path = arena_print(a, "%s/master.sock", r->run), .mode = 0600
	};
	struct supervise_role *roles = roles_of(a, r, m.programs, &count);
	bool ready = make_folder(r->run, 0755, why) &&
	             make_folder(r->state, 0755, why) &&
	             listen_open(&control, &ear.fd, why) &&
	             supervise_open(roles, count, &ear, &m.supervise, why);

	region_release(r);
	if (!ready)
		return false;
	supervise_run(m.supervise);
	supervise_close(m.supervise);
	close(ear.fd);
	unlink(control.path);
	return true;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	daemon_begin("portvakt-idp");
	if (argc != 3 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-idp -c region.conf\n");
		return 64;
	}
	struct arena *a = arena_open();
	bool done = run(a, argv[2], &why);

	if (!done)
		log_error("cannot start", "why", why.text, NULL);
	arena_close(a);
	return done ? 0 : 78;
}
