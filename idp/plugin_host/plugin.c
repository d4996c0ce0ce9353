/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin.c: loads a plugin's shared object after a check of its owner and
 * permissions. */
#include "idp/plugin_host/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/strbuf.h"

static void plugin_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static bool plugin_check_file(const struct stat *st, const char *path,
                              struct error *err)
{
	if (!S_ISREG(st->st_mode))
		return error_set(err, ERROR_REFUSED, "%s is not a regular file",
		                 path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return error_set(
		    err, ERROR_REFUSED,
		    "%s is not owned by root or the user of this process",
		    path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, ERROR_REFUSED,
		                 "%s is writable by group or others", path);
	return true;
}

/* Loads through the descriptor that was checked: the path may refer to another
 * file by now.  The descriptor stays open as long as the plugin is loaded,
 * because dlopen() identifies a library by its path, here /proc/self/fd/5. */
static bool plugin_load_library(struct arena *a, const char *path,
                                void **ret_handle, struct error *err)
{
	own(plugin_close_fd) int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return error_set(err, ERROR_REFUSED, "%s: %s", path,
		                 strerror(errno));
	if (!plugin_check_file(&st, path, err))
		return false;
	void *handle = dlopen(arena_printf(a, "/proc/self/fd/%d", fd),
	                      RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return error_set(err, ERROR_REFUSED, "%s: %s", path, dlerror());
	fd = -1;
	*ret_handle = handle;
	return true;
}

static bool plugin_owns_condition(const char *condition, const char *plugin)
{
	size_t length = strlen(plugin);

	return text_starts(condition, plugin) &&
	       (condition[length] == '\0' || condition[length] == '-');
}

static bool plugin_check_conditions(const struct portvakt_plugin *p,
                                    const char *name, struct error *err)
{
	if (!p->conditions || !p->conditions->name)
		return error_set(err, ERROR_REFUSED,
		                 "plugin %s has no conditions", name);
	for (const struct portvakt_condition *w = p->conditions; w->name; w++) {
		if (!plugin_owns_condition(w->name, name))
			return error_set(err, ERROR_REFUSED,
			                 "plugin %s: condition \"%.60s\" must "
			                 "be named %s or %s-NAME",
			                 name, w->name, name, name);
		if (!w->evaluate)
			return error_set(
			    err, ERROR_REFUSED,
			    "plugin %s: condition %s has no evaluate function",
			    name, w->name);
	}
	return true;
}

static bool plugin_check_struct(const struct portvakt_plugin *p,
                                const char *name, struct error *err)
{
	if (!p)
		return error_set(err, ERROR_REFUSED,
		                 "plugin %s does not export portvakt_plugin",
		                 name);
	if (p->version != PORTVAKT_PLUGIN_1)
		return error_set(err, ERROR_REFUSED,
		                 "plugin %s has ABI version %d, expected %d",
		                 name, p->version, PORTVAKT_PLUGIN_1);
	if (!text_equal(p->name, name))
		return error_set(err, ERROR_REFUSED,
		                 "plugin %s: name in portvakt_plugin is %.60s",
		                 name, p->name ? p->name : "nothing");
	return plugin_check_conditions(p, name, err);
}

bool plugin_load(struct arena *a, const char *folder, const char *name,
                 const char *data, const struct portvakt_plugin **ret_plugin,
                 struct error *err)
{
	void *handle = NULL;

	if (!plugin_load_library(a, arena_printf(a, "%s/%s.so", folder, name),
	                         &handle, err))
		return false;
	const struct portvakt_plugin *p = dlsym(handle, "portvakt_plugin");

	if (!plugin_check_struct(p, name, err))
		return false;
	if (p->prepare && p->prepare(data) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "plugin %s: prepare failed", name);
	*ret_plugin = p;
	return true;
}

const struct portvakt_condition *plugin_find_condition(
    const struct portvakt_plugin *p, const char *name)
{
	for (const struct portvakt_condition *w = p->conditions; w->name; w++)
		if (text_equal(w->name, name))
			return w;
	return NULL;
}
