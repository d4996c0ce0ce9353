/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-sync, the supervisor of identity synchronisation: many
 * source directories into one LDAP catalogue.  It starts the connectors, the
 * provisioner, the id-crypto process (portvakt-signer --sync) and
 * portvakt-feide, and restarts one that ends.  Exits with 64 on a usage error
 * and 78 when the configuration cannot be used. */
#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/master.h"
#include "sync/sync.h"

enum { USAGE = 64, CONFIGURATION = 78 };

/* Only the provisioner has state on disk. */
static bool make_folders(struct arena *a, const struct region *r,
                         struct fault *why)
{
	return master_folder(r->run, 0755, why) &&
	       master_folder(r->state, 0755, why) &&
	       master_folder_for(arena_print(a, "%s/sync", r->state),
	                         master_user(a, "writer"), why);
}

static bool open_all(struct arena *a, struct master *m,
                     struct supervise_ear *ear, const char **ret_control,
                     struct fault *why)
{
	struct region *r = snapshot_current();
	struct listen_at control = { .path =
		                         arena_print(a, "%s/sync.sock", r->run),
		                     .mode = 0666 };
	size_t count = 0;
	struct supervise_role *roles = sync_roles(a, r, m->programs, &count);
	bool good = make_folders(a, r, why) &&
	            listen_open(&control, &ear->fd, why) &&
	            supervise_open(roles, count, ear, &m->supervise, why);

	region_release(r);
	*ret_control = control.path;
	return good;
}

static bool run(struct arena *a, const char *file, struct fault *why)
{
	struct master m = { .since = clock_now(),
		            .programs = master_programs(a, "portvakt-writer") };
	struct supervise_ear ear = { .thing = &m,
		                     .said = master_said,
		                     .fd = -1,
		                     .ready = control_hear };
	const char *control = NULL;

	if (!snapshot_open(file, why) || !open_all(a, &m, &ear, &control, why))
		return false;
	supervise_run(m.supervise);
	supervise_close(m.supervise);
	(void)close(ear.fd);
	(void)unlink(control);
	return true;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	daemon_begin("portvakt-sync");
	if (argc != 3 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-sync -c region.conf\n");
		return USAGE;
	}
	struct arena *a = arena_open();
	bool done = run(a, argv[2], &why);
	if (!done)
		log_error("cannot start", "why", why.text, NULL);
	arena_close(a);
	return done ? 0 : CONFIGURATION;
}
