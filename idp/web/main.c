/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-web: pages, OIDC and SAML over HTTP.  It listens on the
 * socket inherited from the supervisor.  It holds no keys and no directory
 * passwords; every privileged operation is done by another process. */
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "idp/web/routes.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/listen.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/work.h"
#include "region/answer.h"

enum {
	CONNECTIONS = 256,
	KEEPER_SLOTS = 16,
	KEEPER_MS = 500,
	SCRIBE_SLOTS = 16,
	SCRIBE_MS = 200,
	CATALOGUE_CONNECTIONS = 4,
	ERRANDS_WAITING = 1000,
	ERRAND_THREADS = 8,
	ASKERS = 4,
	TRY_AGAIN_MS = 500,
	KEEPER_WAIT_MS = 10 * 1000,
};

static void open_staff(struct staff *s, struct arena *a, const char *run)
{
	s->keeper = ask_open(arena_print(a, "%s/keeper.sock", run),
	                     KEEPER_SLOTS, KEEPER_MS);
	s->scribe = ask_open(arena_print(a, "%s/scribe.sock", run),
	                     SCRIBE_SLOTS, SCRIBE_MS);
	s->store = store_open(s->keeper);
	s->catalogue = catalogue_open(CATALOGUE_CONNECTIONS);
	s->judges = judge_sockets_open();
	s->errands = work_open(ERRANDS_WAITING, ERRAND_THREADS);
	s->doors = doors_open();
	s->keys = key_shelf_open();
}

static void close_staff(struct staff *s)
{
	work_close(s->errands);
	key_shelf_close(s->keys);
	doors_close(s->doors);
	judge_sockets_close(s->judges);
	catalogue_close(s->catalogue);
	store_close(s->store);
	ask_close(s->scribe);
	ask_close(s->keeper);
}

/* Waits for the signer, which generates keys at its first start; meanwhile
 * connections queue at the socket.  After the time limit the server starts
 * anyway and shows error pages. */
static void wait_for_keeper(const struct staff *s, const struct region *r)
{
	const struct timespec wait = { .tv_nsec = TRY_AGAIN_MS * 1000000L / 5 };
	int64_t end = clock_monotonic_ms() + KEEPER_WAIT_MS;
	struct arena *a = arena_open();
	struct visit v = { .arena = a, .region = r, .staff = s };
	const struct public_keys *keys;
	struct fault why = { 0 };

	while (!visit_public_keys(&v, &r->issuers[0], &keys, &why) &&
	       clock_monotonic_ms() < end)
		(void)nanosleep(&wait, NULL);
	arena_close(a);
}

/* Serves reload and status at <run>/web.sock, inherited from the supervisor or
 * created here.  While this process drains, the next one accepts from the same
 * socket.  Returns the descriptor that stops it. */
static int start_hearing(struct arena *a, const char *run)
{
	const struct listen_at at = { .path =
		                          arena_print(a, "%s/web.sock", run),
		                      .mode = 0666 };
	int fd = daemon_socket(DAEMON_SECOND);
	int ending = eventfd(0, EFD_CLOEXEC);
	struct fault why = { 0 };

	if ((fd >= 0 || listen_open(&at, &fd, &why)) &&
	    answer_start(fd, ending, "web", NULL, 0, ASKERS, &why))
		return ending;
	log_warn("no reload", "why", why.text, NULL);
	return ending;
}

static bool run(struct arena *a, const char *file, struct fault *why)
{
	struct staff staff = { 0 };
	struct server *server;
	int listening = daemon_socket(DAEMON_FIRST);

	if (listening < 0)
		return fault(why, FAULT_INVALID,
		             "no listening socket was handed over");
	if (!snapshot_open(file, why))
		return false;
	struct region *r = snapshot_current();
	const char *folder = arena_copy(a, r->run);

	daemon_signals();
	open_staff(&staff, a, folder);
	routes_open(&staff);
	wait_for_keeper(&staff, r);
	region_release(r);
	if (!server_start(listening, CONNECTIONS, &routes_calls, &server, why))
		return false;
	int hearing = start_hearing(a, folder);

	log_info("ready", NULL);
	daemon_wait();
	(void)eventfd_write(hearing, 1);
	server_drain(server);
	close_staff(&staff);
	return true;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	daemon_begin("portvakt-web");
	if (argc != 3 || !text_equal(argv[1], "-c")) {
		(void)fprintf(stderr, "usage: portvakt-web -c region.conf\n");
		return 64;
	}
	struct arena *a = arena_open();
	bool done = run(a, argv[2], &why);

	if (!done)
		log_error("cannot start", "why", why.text, NULL);
	arena_close(a);
	return done ? 0 : 78;
}
