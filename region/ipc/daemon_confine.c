/* SPDX-License-Identifier: AGPL-3.0-or-later
 * daemon_confine.c: builds the confinement of a daemon. */
#include "region/ipc/daemon_confine.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/process/confine.h"
#include "lib/process/identity.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { STATE_DEPTH = 3 };

/* The sanitizers open files, and leak detection stops threads by ptrace(). */
#ifdef __SANITIZE_ADDRESS__
static const bool can_confine = false;
#else
static const bool can_confine = true;
#endif

/* Shared libraries, name resolution, certificates, time zones.  The targets of
 * /etc/resolv.conf are in /run. */
static const char *const system_paths[] = {
	"/etc",
	"/usr",
	"/lib",
	"/lib64",
	"/dev/urandom",
	"/run/systemd/resolve",
	"/run/resolvconf",
	"/run/NetworkManager",
	"/proc/self",
	"/sys/devices/system/cpu",
};

/* ---- users */

bool daemon_take_user(const struct daemon_program *program, struct error *err)
{
	if (!program->is_supervisor)
		return geteuid() != 0 ||
		       error_set(err, ERROR_REFUSED,
		                 "%s does not run as root; its supervisor "
		                 "starts it as the user %s",
		                 program->program, program->program);
	if (geteuid() != 0 && !identity_can_change())
		return true;
	return identity_supervise(program->names, err);
}

/* ---- state */

static bool state_is_own(const char *path, int depth, struct error *err)
{
	struct arena *a = arena_open();
	struct stat st;
	struct dirent *entry;
	DIR *dir;
	bool own_all =
	    lstat(path, &st) != 0 || st.st_uid == geteuid() ||
	    error_set(err, ERROR_INVALID, "%s belongs to another user", path);

	dir =
	    own_all && depth > 0 && S_ISDIR(st.st_mode) ? opendir(path) : NULL;
	while (own_all && dir && (entry = readdir(dir)) != NULL)
		if (!text_equal(entry->d_name, ".") &&
		    !text_equal(entry->d_name, ".."))
			own_all = state_is_own(
			    arena_printf(a, "%s/%s", path, entry->d_name),
			    depth - 1, err);
	if (dir)
		(void)closedir(dir);
	arena_close(a);
	return own_all;
}

/* Files that another user wrote, such as root in a restore, would fail one by
 * one, later. */
static bool state_check_owner(const struct daemon_program *program,
                              const char *path, struct error *err)
{
	struct error found = { 0 };

	if (state_is_own(path, STATE_DEPTH, &found))
		return true;
	return error_set(err, ERROR_INVALID, "%s; run: chown -R %s: %s",
	                 found.text, program->program, path);
}

/* The supervisor creates it; a process that was started alone creates it
 * itself. */
static bool state_create(const char *path, const struct config *cfg,
                         struct error *err)
{
	(void)mkdir(cfg->state_directory, 0711);
	return mkdir(path, 0700) == 0 || errno == EEXIST ||
	       error_set(err, ERROR_INVALID,
	                 "cannot create %s: %s; restore it, or restart the "
	                 "service, which creates it",
	                 path, strerror(errno));
}

static const char *daemon_state_path(const struct daemon *d,
                                     const struct daemon_program *program,
                                     const struct config *cfg)
{
	const char *path = arena_printf(d->arena, "%s/%s", cfg->state_directory,
	                                program->state);

	return d->name ? arena_printf(d->arena, "%s/%s", path, d->name) : path;
}

/* ---- paths */

static const char *const *daemon_read_paths(struct arena *a,
                                            const struct config *cfg)
{
	const char *given = getenv("CREDENTIALS_DIRECTORY");
	VECTOR(const char *) list = { 0 };

	for (size_t i = 0; i < LENGTH(system_paths); i++)
		*vector_append(a, &list) = system_paths[i];
	for (size_t i = 0; cfg->read_paths[i]; i++)
		*vector_append(a, &list) = cfg->read_paths[i];
	if (given && *given)
		*vector_append(a, &list) = given;
	*vector_append(a, &list) = NULL;
	return list.at;
}

/* A plugin host starts its own program again, as the worker, which loads the
 * plugins beside the program. */
static const char *const *daemon_execute_paths(struct arena *a)
{
	char self[PATH_MAX] = { 0 };
	const char **list = arena_array(a, const char *, 4);
	char *slash;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return NULL;
	slash = strrchr(self, '/');
	*slash = '\0';
	list[0] = arena_strdup(a, self);
	list[1] = "/usr";
	list[2] = "/lib64";
	return list;
}

static bool daemon_apply(const struct daemon *d,
                         const struct daemon_program *program,
                         const struct config *cfg, const char *state,
                         struct error *err)
{
	const char *const write[] = { "/dev/null", state, NULL };
	const struct landlock_paths paths = {
		.read = daemon_read_paths(d->arena, cfg),
		.write = write,
		.execute = program->needs & CONFINE_CHILDREN
		               ? daemon_execute_paths(d->arena)
		               : NULL,
	};
	const struct confinement c = { .needs = program->needs,
		                       .paths = program->is_supervisor
		                                    ? NULL
		                                    : &paths };
	int landlock;

	if (!confine(&c, &landlock, err))
		return false;
	if (landlock == 0 && !program->is_supervisor)
		log_event(LOG_PROCESS_FILES_UNRESTRICTED, NULL);
	return true;
}

/* ---- limits */

/* Threads of one user: those of all directories' ldap-auth processes, or of
 * several web processes that drain. */
enum { MAX_THREADS = 2048 };

static bool limit_set(int which, rlim_t value, struct error *err)
{
	const struct rlimit limit = { value, value };

	return setrlimit((__rlimit_resource_t)which, &limit) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "setrlimit: %s",
	                 strerror(errno));
}

/* The kernel counts the threads of a user, so where all processes share one,
 * the person's others would be counted, too. */
static bool daemon_has_own_user(void)
{
	const struct passwd *entry = getpwuid(geteuid());

	return entry && text_starts(entry->pw_name, "portvakt-");
}

static bool daemon_limit(const struct daemon_program *program,
                         struct error *err)
{
	if (program->memory_mib == 0)
		return true;
	return limit_set(RLIMIT_DATA, (rlim_t)program->memory_mib << 20, err) &&
	       (!daemon_has_own_user() ||
	        limit_set(RLIMIT_NPROC, MAX_THREADS, err));
}

bool daemon_confine(const struct daemon *d,
                    const struct daemon_program *program,
                    const struct config *cfg, struct error *err)
{
	const char *state = NULL;

	if (program->state) {
		state = daemon_state_path(d, program, cfg);
		if (!state_create(state, cfg, err) ||
		    !state_check_owner(program, state, err))
			return false;
	}
	return !can_confine || (daemon_limit(program, err) &&
	                        daemon_apply(d, program, cfg, state, err));
}
