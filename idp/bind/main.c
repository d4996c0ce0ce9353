/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-slapd-sock serves the sock overlay of a replica slapd
 * (slapd-sock(5)), so that LDAP applications and Feide can bind as persons.
 * Exits with 64 on a usage error, 78 if it cannot start. */
#include <stdio.h>
#include <unistd.h>

#include "idp/bind/bind.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/answer.h"

enum {
	SCRIBE_SLOTS = 8,
	SCRIBE_MS = 200,
	CATALOGUE_CONNECTIONS = 4,
	ASKERS = 4,
	USAGE = 64,
	CONFIGURATION = 78,
};

static void open_staff(struct bind_staff *s)
{
	struct arena *a = arena_open();
	struct region *r = snapshot_current();

	s->scribe = ask_open(arena_print(a, "%s/scribe.sock", r->run),
	                     SCRIBE_SLOTS, SCRIBE_MS);
	s->store = store_open(NULL);
	s->catalogue = catalogue_open(CATALOGUE_CONNECTIONS);
	s->doors = doors_open();
	region_release(r);
	arena_close(a);
}

static void close_staff(struct bind_staff *s)
{
	doors_close(s->doors);
	catalogue_close(s->catalogue);
	store_close(s->store);
	ask_close(s->scribe);
}

static bool run(const char *file, struct fault *why)
{
	struct bind_staff staff = { 0 };
	struct bind_server *server;
	int listening = daemon_socket(DAEMON_FIRST);
	int asked = daemon_socket(DAEMON_SECOND);

	if (listening < 0 || asked < 0)
		return fault(why, FAULT_INVALID,
		             "no listening sockets were handed over");
	if (!snapshot_open(file, why))
		return false;
	open_staff(&staff);
	if (!bind_serve(listening, &staff, &server, why) ||
	    !answer_start(asked, -1, "bind", NULL, 0, ASKERS, why))
		return false;
	daemon_wait();
	bind_serve_end(server);
	close_staff(&staff);
	return true;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	daemon_begin("portvakt-bind");
	if (argc != 3 || !text_equal(argv[1], "-c")) {
		(void)fprintf(stderr, "usage: portvakt-bind -c region.conf\n");
		return USAGE;
	}
	daemon_signals();
	daemon_die_with_parent();
	if (run(argv[2], &why))
		return 0;
	log_error("cannot start", "why", why.text, NULL);
	return CONFIGURATION;
}
