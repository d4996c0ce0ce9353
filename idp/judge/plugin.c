/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin.c: loads a plugin's shared object after a check of its owner and
 * permissions. */
#include "idp/judge/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"
#include "lib/text.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static bool check_owner(const struct stat *st, const char *path,
                        struct fault *why)
{
	if (!S_ISREG(st->st_mode))
		return fault(why, FAULT_REFUSED, "%s is not a file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return fault(why, FAULT_REFUSED, "%s belongs to somebody else",
		             path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return fault(why, FAULT_REFUSED, "%s may be written by others",
		             path);
	return true;
}

/* Loads through the descriptor that was checked: the path may refer to another
 * file by now.  The descriptor stays open as long as the plugin is loaded,
 * because dlopen() identifies a library by its path, here /proc/self/fd/5. */
static bool load(struct arena *a, const char *path, void **ret_handle,
                 struct fault *why)
{
	own(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fault(why, FAULT_REFUSED, "%s: %s", path,
		             strerror(errno));
	if (!check_owner(&st, path, why))
		return false;
	void *handle = dlopen(arena_print(a, "/proc/self/fd/%d", fd),
	                      RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return fault(why, FAULT_REFUSED, "%s: %s", path, dlerror());
	fd = -1;
	*ret_handle = handle;
	return true;
}

static bool is_its_own(const char *word, const char *name)
{
	size_t length = strlen(name);

	return text_starts(word, name) &&
	       (word[length] == '\0' || word[length] == '-');
}

static bool check_words(const struct portvakt_plugin *p, const char *name,
                        struct fault *why)
{
	if (!p->words || !p->words->name)
		return fault(why, FAULT_REFUSED, "%s teaches no word", name);
	for (const struct portvakt_word *w = p->words; w->name; w++) {
		if (!is_its_own(w->name, name))
			return fault(
			    why, FAULT_REFUSED,
			    "%s teaches \"%.60s\", which is not its own: "
			    "%s or %s-anything",
			    name, w->name, name, name);
		if (!w->judge)
			return fault(why, FAULT_REFUSED, "%s cannot judge %s",
			             name, w->name);
	}
	return true;
}

static bool check_plugin(const struct portvakt_plugin *p, const char *name,
                         struct fault *why)
{
	if (!p)
		return fault(why, FAULT_REFUSED,
		             "%s has no struct called portvakt_plugin", name);
	if (p->version != PORTVAKT_PLUGIN_1)
		return fault(why, FAULT_REFUSED, "%s is of version %d, not %d",
		             name, p->version, PORTVAKT_PLUGIN_1);
	if (!text_equal(p->name, name))
		return fault(why, FAULT_REFUSED, "%s calls itself %.60s", name,
		             p->name ? p->name : "nothing");
	return check_words(p, name, why);
}

bool plugin_load(struct arena *a, const char *folder, const char *name,
                 const char *data, const struct portvakt_plugin **ret_plugin,
                 struct fault *why)
{
	void *handle = NULL;

	if (!load(a, arena_print(a, "%s/%s.so", folder, name), &handle, why))
		return false;
	const struct portvakt_plugin *p = dlsym(handle, "portvakt_plugin");

	if (!check_plugin(p, name, why))
		return false;
	if (p->prepare && p->prepare(data) != 0)
		return fault(why, FAULT_UNAVAILABLE, "%s was not ready", name);
	*ret_plugin = p;
	return true;
}

const struct portvakt_word *plugin_word(const struct portvakt_plugin *p,
                                        const char *word)
{
	for (const struct portvakt_word *w = p->words; w->name; w++)
		if (text_equal(w->name, word))
			return w;
	return NULL;
}
