/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin.c: loads a plugin's shared object and checks its interface. */
#include "idp/plugin_host/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "idp/plugin_host/seccomp_filter.h"
#include "lib/strbuf.h"

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
		return error_set(err, ERROR_REFUSED, "it has no conditions");
	for (const struct portvakt_condition *w = p->conditions; w->name; w++) {
		if (!plugin_owns_condition(w->name, name))
			return error_set(err, ERROR_REFUSED,
			                 "its condition \"%.60s\" must be "
			                 "named %s or %s-NAME",
			                 w->name, name, name);
		if (!w->evaluate)
			return error_set(
			    err, ERROR_REFUSED,
			    "its condition %.60s has no evaluate function",
			    w->name);
	}
	return true;
}

static bool plugin_check_struct(const struct portvakt_plugin *p,
                                const char *name, struct error *err)
{
	if (!p)
		return error_set(err, ERROR_REFUSED,
		                 "it does not export portvakt_plugin");
	if (p->version != PORTVAKT_PLUGIN_1 && p->version != PORTVAKT_PLUGIN_2)
		return error_set(err, ERROR_REFUSED,
		                 "its interface has version %d; this program "
		                 "has %d and %d",
		                 p->version, PORTVAKT_PLUGIN_1,
		                 PORTVAKT_PLUGIN_2);
	if (!text_equal(p->name, name))
		return error_set(err, ERROR_REFUSED,
		                 "its portvakt_plugin has the name \"%.60s\"",
		                 p->name ? p->name : "");
	return plugin_check_conditions(p, name, err);
}

bool plugin_load(struct arena *a, const char *name,
                 const struct portvakt_plugin **ret_plugin, struct error *err)
{
	/* The sandbox opens the library for any path; this one is in error
	 * messages. */
	void *handle =
	    dlopen(arena_printf(a, "/%s.so", name), RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		const char *why = dlerror();

		return error_set(err, ERROR_REFUSED,
		                 "it cannot be linked (a plugin uses libc and "
		                 "libm only): %s",
		                 why ? why : "unknown");
	}
	const struct portvakt_plugin *p = dlsym(handle, "portvakt_plugin");

	if (!plugin_check_struct(p, name, err))
		return false;
	*ret_plugin = p;
	return true;
}

static bool plugin_prepare_error(const char *why, struct error *err)
{
	if (errno == ENOMEM)
		return error_set(err, ERROR_REFUSED,
		                 "prepare needs more memory than the %d MiB of "
		                 "a worker",
		                 SANDBOX_MEMORY_MIB);
	return error_set(err, ERROR_REFUSED, "prepare failed: %.160s", why);
}

bool plugin_prepare(const struct portvakt_plugin *p,
                    const struct portvakt_data *data, struct error *err)
{
	const char *why;

	errno = 0;
	if (p->version == PORTVAKT_PLUGIN_1) {
		if (data->size > 0)
			return error_set(err, ERROR_REFUSED,
			                 "it takes no data: its interface has "
			                 "version 1");
		return !p->prepare || p->prepare("") == 0 ||
		       plugin_prepare_error("it returned an error", err);
	}
	if (!p->prepare_data)
		return data->size == 0 ||
		       error_set(err, ERROR_REFUSED,
		                 "it takes no data: it has no prepare_data");
	why = p->prepare_data(data);
	return !why || plugin_prepare_error(why, err);
}

bool plugin_self_test(const struct portvakt_plugin *p, struct error *err)
{
	const char *why = NULL;

	if (p->version >= PORTVAKT_PLUGIN_2 && p->self_test)
		why = p->self_test();
	return !why || error_set(err, ERROR_REFUSED,
	                         "its self-test failed: %.160s", why);
}

const char *plugin_release(const struct portvakt_plugin *p)
{
	return p->version >= PORTVAKT_PLUGIN_2 ? p->release : NULL;
}

const struct portvakt_condition *plugin_find_condition(
    const struct portvakt_plugin *p, const char *name)
{
	for (const struct portvakt_condition *w = p->conditions; w->name; w++)
		if (text_equal(w->name, name))
			return w;
	return NULL;
}
