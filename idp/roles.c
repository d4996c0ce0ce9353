/* SPDX-License-Identifier: AGPL-3.0-or-later
 * process_table.c: the processes of portvakt-idp: the fixed ones, an ldap-auth
 * process per directory, and a plugin-host process per municipality that has
 * plugins; the last two start on the first connection to their socket. */
#include "idp/roles.h"

#include <grp.h>
#include <unistd.h>

#include "region/master.h"

enum {
	WEB_DRAINS_MS = 30 * 1000,
	BIND_ENDS_MS = 5 * 1000,
	MODE_ASKED = 0666,
	MODE_GROUP = 0660
};

static const char front_group[] = "haproxy";
static const char slapd_group[] = "openldap";

/* Clients are authorized by SO_PEERCRED, not by the socket's mode: they run as
 * different users. */
static const char *const asked[] = { "keeper", "scribe", "watch", "admin" };

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
		.user = master_user(a, what),
	};
}

static struct listen_at asked_at(struct arena *a, const struct region *r,
                                 const char *name)
{
	return (struct listen_at){
		.path = arena_print(a, "%s/%s.sock", r->run, name),
		.mode = MODE_ASKED,
	};
}

static struct supervise_role named(struct arena *a, const struct region *r,
                                   const char *programs, const char *what,
                                   const char *name)
{
	struct supervise_role one = role(a, r, programs, what, name);

	one.socket = asked_at(a, r, one.name);
	one.start = SUPERVISE_FIRST_USE;
	return one;
}

/* The client of `http` is trusted to state the browser's address, and the
 * client of `bind` may test passwords.  So the sockets belong to the groups of
 * the reverse proxy and of slapd, where we run as root. */
static struct listen_at for_group(struct arena *a, const struct region *r,
                                  const char *name, const char *group)
{
	struct listen_at at = { .path = arena_print(a, "%s/%s", r->run, name),
		                .kind = LISTEN_STREAM };

	if (geteuid() == 0 && getgrnam(group)) {
		at.mode = MODE_GROUP;
		at.group = group;
	}
	return at;
}

static struct supervise_role web(struct arena *a, const struct region *r,
                                 const char *programs)
{
	struct supervise_role one = role(a, r, programs, "web", NULL);

	one.socket = for_group(a, r, "http", front_group);
	one.second = asked_at(a, r, "web");
	one.patience = WEB_DRAINS_MS;
	return one;
}

/* Not started in a region without a slapd replica. */
static struct supervise_role bind_role(struct arena *a, const struct region *r,
                                       const char *programs)
{
	struct supervise_role one = role(a, r, programs, "bind", NULL);

	one.socket = for_group(a, r, "bind", slapd_group);
	/* slapd takes a closed connection for success
	 * (idp/slapd_sock/sock_protocol.h). */
	one.socket.farewell = "RESULT\ncode: 52\n\n";
	one.second = asked_at(a, r, "bind");
	one.start = SUPERVISE_FIRST_USE;
	one.patience = BIND_ENDS_MS;
	return one;
}

static bool has_plugins(char **plugins)
{
	return plugins && plugins[0];
}

struct supervise_role *roles_of(struct arena *a, const struct region *r,
                                const char *programs, size_t *ret_count)
{
	struct supervise_role *roles = arena_array(
	    a, struct supervise_role,
	    LENGTH(asked) + r->directory_count + r->municipality_count + 3);
	size_t n = 0;

	for (size_t i = 0; i < LENGTH(asked); i++) {
		roles[n] = role(a, r, programs, asked[i], NULL);
		roles[n++].socket = asked_at(a, r, asked[i]);
	}
	roles[n++] = web(a, r, programs);
	roles[n++] = bind_role(a, r, programs);
	for (size_t i = 0; i < r->directory_count; i++)
		roles[n++] =
		    named(a, r, programs, "door", r->directories[i].name);
	for (size_t i = 0; i < r->municipality_count; i++)
		if (has_plugins(r->municipalities[i].plugins))
			roles[n++] = named(a, r, programs, "judge",
			                   r->municipalities[i].name);
	if (has_plugins(r->plugins))
		roles[n++] = named(a, r, programs, "judge", "region");
	*ret_count = n;
	return roles;
}

/* ---- state directories */

static bool make_judges(struct arena *a, const struct region *r,
                        struct fault *why)
{
	const char *folder = arena_print(a, "%s/judge", r->state);
	const char *user = master_user(a, "judge");

	if (!master_folder(folder, 0755, why))
		return false;
	for (size_t i = 0; i < r->municipality_count; i++)
		if (has_plugins(r->municipalities[i].plugins) &&
		    !master_folder_for(arena_print(a, "%s/%s", folder,
		                                   r->municipalities[i].name),
		                       user, why))
			return false;
	return !has_plugins(r->plugins) ||
	       master_folder_for(arena_print(a, "%s/region", folder), user,
	                         why);
}

bool roles_folders(struct arena *a, const struct region *r, struct fault *why)
{
	return master_folder(r->run, 0755, why) &&
	       master_folder(r->state, 0755, why) &&
	       master_folder_for(arena_print(a, "%s/keeper", r->state),
	                         master_user(a, "keeper"), why) &&
	       master_folder_for(arena_print(a, "%s/record", r->state),
	                         master_user(a, "scribe"), why) &&
	       master_folder_for(arena_print(a, "%s/admin", r->state),
	                         master_user(a, "admin"), why) &&
	       make_judges(a, r, why);
}
