/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-idp, the supervisor: creates the sockets, starts the
 * processes and restarts those that exit.  It parses no data from the network
 * and holds no secrets. */
#include <stdio.h>
#include <unistd.h>

#include "idp/roles.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/master.h"

struct master {
	struct supervise *supervise;
	const char *programs;
	int64_t since;
};

/* ---- control socket: status and reload ---------------------------------- */

static bool tell_status(struct master_call *c, struct fault *why)
{
	struct master *m = c->master;

	(void)why;
	master_status(c, "portvakt-idp", m->since, m->supervise);
	return true;
}

/* admin has already sent prepare and activate to every other process; only the
 * process table changes here. */
static bool reload(struct master_call *c, struct fault *why)
{
	struct master *m = c->master;
	struct arena *a = c->arena;
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
	bool done = roles_folders(a, next, why) &&
	            supervise_change(m->supervise, roles, count, why) &&
	            snapshot_activate(next->hash, why);

	region_release(next);
	return done;
}

static void hear_caller(void *thing, int listening)
{
	static const struct master_word words[] = {
		{ "status", tell_status },
		{ "reload", reload },
		{ NULL, NULL },
	};

	master_hear(thing, listening, words);
}

/* ---- start -------------------------------------------------------------- */

static bool run(struct arena *a, const char *file, struct fault *why)
{
	struct master m = { .since = clock_now(),
		            .programs = master_programs(a, "portvakt-web") };
	struct supervise_ear ear = {
		.thing = &m, .said = master_said, .fd = -1, .ready = hear_caller
	};
	size_t count = 0;

	if (!snapshot_open(file, why))
		return false;
	struct region *r = snapshot_current();
	struct listen_at control = {
		.path = arena_print(a, "%s/master.sock", r->run), .mode = 0666
	};
	struct supervise_role *roles = roles_of(a, r, m.programs, &count);
	bool ready = roles_folders(a, r, why) &&
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
