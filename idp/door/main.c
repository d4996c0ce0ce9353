/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-ldap-auth, one process per directory, the only one with that
 * directory's service password.  Exits with 64 on a usage error, 78 if the
 * configuration cannot be read. */
#include <stdio.h>

#include "idp/door/door.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"

enum { SEARCHES = 2, USAGE = 64, CONFIGURATION = 78 };

struct door door;

static const struct answer_row rows[] = { { ASK_PROVE, door_prove },
	                                  { ASK_CHANGE, door_change } };

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	daemon_begin("portvakt-door");
	if (argc != 4 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-door -c region.conf NAME\n");
		return USAGE;
	}
	door.directory = argv[3];
	daemon_signals();
	daemon_die_with_parent();
	if (!snapshot_open(argv[2], &why) || !watchdog_start(&why)) {
		log_error("cannot start", "why", why.text, NULL);
		return CONFIGURATION;
	}
	door.searches = directory_pool_open(SEARCHES);
	door.binds = directory_pool_open(DOOR_SLOTS);
	answer_serve(daemon_socket(DAEMON_FIRST), "door", rows, LENGTH(rows),
	             DOOR_SLOTS);
	directory_pool_close(door.binds);
	directory_pool_close(door.searches);
	return 0;
}
