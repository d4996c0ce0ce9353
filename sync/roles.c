/* SPDX-License-Identifier: AGPL-3.0-or-later
 * process_table.c: the process table of portvakt-sync: which programs run, as
 * which user, with which arguments and socket. */
#include "region/master.h"
#include "sync/sync.h"

enum { MODE_ASKED = 0666 }; /* callers are checked by SO_PEERCRED */

static struct supervise_role role(struct arena *a, const struct region *r,
                                  const char *programs, const char *what,
                                  const char *more)
{
	const char *program = arena_print(a, "%s/portvakt-%s", programs, what);
	const char **argv = arena_array(a, const char *, 5);

	argv[0] = program;
	argv[1] = "-c";
	argv[2] = r->file;
	argv[3] = more;
	return (struct supervise_role){
		.name = what,
		.program = program,
		.argv = argv,
		.user = master_user(a, what),
		.socket = { .path = arena_print(a, "%s/%s.sock", r->run, what),
		            .mode = MODE_ASKED },
	};
}

static struct supervise_role keeper(struct arena *a, const struct region *r,
                                    const char *programs)
{
	struct supervise_role one = role(a, r, programs, "keeper", "--sync");

	one.name = "sync-keeper";
	/* A user of its own, which cannot read the keys of logins. */
	one.user = master_user(a, one.name);
	one.socket.path = arena_print(a, "%s/sync-keeper.sock", r->run);
	return one;
}

static struct supervise_role reader(struct arena *a, const struct region *r,
                                    const char *programs, const char *name)
{
	struct supervise_role one = role(a, r, programs, "reader", name);

	one.name = arena_print(a, "reader@%s", name);
	one.socket.path = arena_print(a, "%s/%s.sock", r->run, one.name);
	return one;
}

/* National identity numbers are published for the school owners whose agreement
 * with Feide allows it; without one portvakt-feide does not run. */
static bool publishes_numbers(const struct region *r)
{
	for (size_t i = 0; i < r->municipality_count; i++)
		if (r->municipalities[i].feide &&
		    r->municipalities[i].feide->national_id)
			return true;
	return false;
}

struct supervise_role *sync_roles(struct arena *a, const struct region *r,
                                  const char *programs, size_t *ret_count)
{
	struct supervise_role *roles =
	    arena_array(a, struct supervise_role, r->directory_count + 3);
	size_t n = 0;

	roles[n++] = keeper(a, r, programs);
	roles[n++] = role(a, r, programs, "writer", NULL);
	for (size_t i = 0; i < r->directory_count; i++)
		roles[n++] = reader(a, r, programs, r->directories[i].name);
	if (publishes_numbers(r))
		roles[n++] = role(a, r, programs, "feide", NULL);
	*ret_count = n;
	return roles;
}
