/* SPDX-License-Identifier: AGPL-3.0-or-later
 * roles.c: which processes a region's login needs: the fixed ones, a door for
 * each directory when somebody first knocks, and a judge for each
 * municipality that brings a plugin of its own. */
#include "idp/roles.h"

#include <pwd.h>

enum { WEB_DRAINS_MS = 30 * 1000, MODE_ASKED = 0666 };

/* Who may ask is checked by SO_PEERCRED, not by the socket's mode: askers run
 * as users of their own. */
static const struct fixed {
	const char *name, *socket;
	enum listen_kind kind;
	int64_t patience;
} fixed[] = {
	{ "keeper", "keeper.sock", LISTEN_PACKETS, 0 },
	{ "scribe", "scribe.sock", LISTEN_PACKETS, 0 },
	{ "watch", "watch.sock", LISTEN_PACKETS, 0 },
	{ "admin", "admin.sock", LISTEN_PACKETS, 0 },
	{ "web", "http", LISTEN_STREAM, WEB_DRAINS_MS },
};

/* A user of its own where the packager made one. */
static const char *user_named(struct arena *a, const char *what)
{
	const char *user = arena_print(a, "portvakt-%s", what);

	return getpwnam(user) ? user : NULL;
}

static const char **arguments(struct arena *a, const struct region *r,
                              const char *program, const char *name)
{
	const char **argv = arena_array(a, const char *, 5);
	size_t n = 0;

	argv[n++] = program;
	argv[n++] = "-c";
	argv[n++] = r->file;
	if (name)
		argv[n++] = name;
	return argv;
}

static struct supervise_role role(struct arena *a, const struct region *r,
                                  const char *programs, const char *what,
                                  const char *name)
{
	const char *program = arena_print(a, "%s/portvakt-%s", programs, what);

	return (struct supervise_role){
		.name = name ? arena_print(a, "%s@%s", what, name) : what,
		.program = program,
		.argv = arguments(a, r, program, name),
		.user = user_named(a, what),
		.socket = { .mode = MODE_ASKED },
	};
}

static struct supervise_role named(struct arena *a, const struct region *r,
                                   const char *programs, const char *what,
                                   const char *name)
{
	struct supervise_role one = role(a, r, programs, what, name);

	one.socket.path = arena_print(a, "%s/%s.sock", r->run, one.name);
	one.start = SUPERVISE_FIRST_USE;
	return one;
}

static struct supervise_role fixed_role(struct arena *a, const struct region *r,
                                        const char *programs,
                                        const struct fixed *f)
{
	struct supervise_role one = role(a, r, programs, f->name, NULL);

	one.socket.path = arena_print(a, "%s/%s", r->run, f->socket);
	one.socket.kind = f->kind;
	one.patience = f->patience;
	return one;
}

struct supervise_role *roles_of(struct arena *a, const struct region *r,
                                const char *programs, size_t *ret_count)
{
	struct supervise_role *roles = arena_array(
	    a, struct supervise_role,
	    LENGTH(fixed) + r->directory_count + r->municipality_count + 1);
	size_t n = 0;

	for (size_t i = 0; i < LENGTH(fixed); i++)
		roles[n++] = fixed_role(a, r, programs, &fixed[i]);
	for (size_t i = 0; i < r->directory_count; i++)
		roles[n++] =
		    named(a, r, programs, "door", r->directories[i].name);
	for (size_t i = 0; i < r->municipality_count; i++)
		if (r->municipalities[i].plugins &&
		    r->municipalities[i].plugins[0])
			roles[n++] = named(a, r, programs, "judge",
			                   r->municipalities[i].name);
	if (r->plugins && r->plugins[0])
		roles[n++] = named(a, r, programs, "judge", "region");
	*ret_count = n;
	return roles;
}
