/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_registry.c: sets of plugins, one for each configuration that this
 * process knows.  A plugin whose files did not change has the same workers in
 * all of them. */
#include "idp/plugin_host/plugin_registry.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idp/plugin_host/plugin_store.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/plugin/plugin_file.h"

enum { SET_ACTIVE = 0, SET_PREVIOUS, SET_PREPARED, SET_COUNT };

struct plugin_set {
	char hash[65];              /* of the configuration; "": no set */
	struct plugin_pool **pools; /* in the order of the configuration */
	size_t count;
};

struct plugin_registry {
	struct plugin_registry_options options; /* its texts are in arena */
	struct arena *arena;
	pthread_mutex_t lock; /* protects the sets */
	struct plugin_set sets[SET_COUNT];
};

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

const struct plugin_conf *plugin_registry_confs(const struct config *cfg,
                                                const char *owner,
                                                size_t *ret_count)
{
	const struct municipality *m = config_municipality(cfg, owner);
	bool region = text_equal(owner, "region");

	*ret_count = region ? cfg->plugin_count : m ? m->plugin_count : 0;
	return region ? cfg->plugins : m ? m->plugins : NULL;
}

/* ---- sets */

static struct plugin_set registry_new_set(const struct config *cfg,
                                          size_t count)
{
	struct plugin_set set = {
		.count = count,
		.pools = calloc(count + 1, sizeof(struct plugin_pool *))
	};

	if (!set.pools)
		abort();
	memcpy(set.hash, cfg->hash, sizeof(set.hash));
	return set;
}

static void registry_free_set(struct plugin_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		plugin_pool_unref(set->pools[i]);
	free(set->pools);
	*set = (struct plugin_set){ 0 };
}

/* Puts a set in a place, and frees the one there. */
static void registry_put(struct plugin_registry *r, int place,
                         const struct plugin_set *set)
{
	struct plugin_set old;

	(void)pthread_mutex_lock(&r->lock);
	old = r->sets[place];
	r->sets[place] = *set;
	(void)pthread_mutex_unlock(&r->lock);
	registry_free_set(&old);
}

static bool registry_is_same(const struct plugin_pool *pool,
                             const struct plugin_conf *conf,
                             const struct plugin_image *image)
{
	const struct plugin_image *has = plugin_pool_image(pool);

	return text_equal(plugin_pool_name(pool), conf->name) &&
	       plugin_pool_workers(pool) == conf->workers &&
	       text_equal(has->hash, image->hash) &&
	       text_equal(has->data_hash, image->data_hash);
}

/* Returns a new reference to workers that run these bytes already, or NULL. */
static struct plugin_pool *registry_find_same(struct plugin_registry *r,
                                              const struct plugin_conf *conf,
                                              const struct plugin_image *image)
{
	struct plugin_pool *found = NULL;

	(void)pthread_mutex_lock(&r->lock);
	for (int s = 0; s < SET_COUNT; s++)
		for (size_t i = 0; !found && i < r->sets[s].count; i++)
			if (r->sets[s].pools[i] &&
			    registry_is_same(r->sets[s].pools[i], conf, image))
				found = plugin_pool_ref(r->sets[s].pools[i]);
	(void)pthread_mutex_unlock(&r->lock);
	return found;
}

/* ---- one plugin */

/* Takes over the image. */
static struct plugin_pool *registry_open_pool(struct plugin_registry *r,
                                              const struct plugin_conf *conf,
                                              struct plugin_image *image)
{
	const struct plugin_pool_options options = {
		.program = r->options.program,
		.argument = r->options.argument,
		.plugin_host = r->options.owner,
		.plugin = conf->name,
		.workers = conf->workers,
	};
	struct plugin_pool *same = registry_find_same(r, conf, image);

	if (!same)
		return plugin_pool_open(&options, image);
	plugin_image_close(image);
	return same;
}

static struct plugin_store registry_store(const struct plugin_registry *r,
                                          const char *plugin)
{
	return (struct plugin_store){ r->options.state, plugin };
}

static const char *registry_identity(struct arena *a,
                                     const struct plugin_conf *conf)
{
	return arena_printf(a, "%.16s %.16s", conf->hash, conf->data_hash);
}

/* An operator may have returned to the version before this one. */
static bool registry_open_image(struct plugin_registry *r,
                                const struct plugin_conf *conf,
                                struct plugin_image *ret, struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	const struct plugin_store store = registry_store(r, conf->name);

	if (r->options.state &&
	    plugin_store_is_refused(&store, registry_identity(a, conf)))
		return plugin_store_open_current(&store, ret, err);
	if (!plugin_image_open(ret, conf->library, conf->data, err))
		return false;
	if (text_equal(ret->hash, conf->hash) &&
	    text_equal(ret->data_hash, conf->data_hash))
		return true;
	plugin_image_close(ret);
	return error_set(err, ERROR_REFUSED, "its files changed meanwhile");
}

/* Returns the plugin as it is configured, or NULL with faults. */
static struct plugin_pool *registry_open_checked(struct plugin_registry *r,
                                                 const struct config *cfg,
                                                 const struct plugin_conf *conf,
                                                 struct conf_errors *faults)
{
	/* The owner of the file was checked when the copy was made. */
	const bool check_owner = r->options.checks_copies ||
	                         text_equal(conf->library, conf->own_library);
	struct plugin_image image;
	struct error err = { 0 };

	if (check_owner && !plugin_check_library(conf->own_library, &err)) {
		plugin_fault_add(faults, conf, err.text);
		return NULL;
	}
	if (!registry_open_image(r, conf, &image, &err)) {
		plugin_fault_add(faults, conf, err.text);
		return NULL;
	}
	struct plugin_pool *pool = registry_open_pool(r, conf, &image);

	if (plugin_check_pool(pool, cfg, r->options.owner, conf, faults))
		return pool;
	plugin_pool_unref(pool);
	return NULL;
}

static void registry_log_fault(const struct plugin_registry *r,
                               const struct plugin_conf *conf,
                               const struct conf_errors *faults)
{
	/* portvaktctl check prints them. */
	if (!r->options.state)
		return;
	log_event(LOG_PLUGIN_CANDIDATE_REFUSED, "plugin_host", r->options.owner,
	          "plugin", conf->name, "error",
	          faults->count > 0
	              ? conf_error_format(faults->arena, &faults->at[0])
	              : "",
	          NULL);
}

/* The copy of the version that answered last, or NULL. */
static struct plugin_pool *registry_open_copy(struct plugin_registry *r,
                                              const struct config *cfg,
                                              const struct plugin_conf *conf,
                                              struct conf_errors *faults)
{
	const struct plugin_store store = registry_store(r, conf->name);
	struct plugin_image image;

	if (!r->options.state ||
	    !plugin_store_open_current(&store, &image, NULL))
		return NULL;
	struct plugin_pool *pool = registry_open_pool(r, conf, &image);

	if (plugin_check_pool(pool, cfg, r->options.owner, conf, faults))
		return pool;
	plugin_pool_unref(pool);
	return NULL;
}

static void registry_keep(struct plugin_registry *r, struct plugin_pool *pool)
{
	own(close_arena) struct arena *a = arena_open();
	const struct plugin_store store =
	    registry_store(r, plugin_pool_name(pool));
	struct error err = { 0 };

	if (r->options.state &&
	    !plugin_store_keep(&store, plugin_pool_image(pool), &err))
		log_event(LOG_PLUGIN_COPY_FAILED, "plugin_host",
		          r->options.owner, "plugin", store.plugin, "error",
		          err.text, NULL);
	log_event(LOG_PLUGIN_LOADED, "plugin_host", r->options.owner, "plugin",
	          plugin_pool_name(pool), "hash",
	          plugin_image_identity(a, plugin_pool_image(pool)), NULL);
}

/* ---- configurations */

void plugin_registry_start(struct plugin_registry *r, const struct config *cfg)
{
	own(close_arena) struct arena *a = arena_open();
	size_t count;
	const struct plugin_conf *confs =
	    plugin_registry_confs(cfg, r->options.owner, &count);
	struct plugin_set set = registry_new_set(cfg, count);

	for (size_t i = 0; i < count; i++) {
		struct conf_errors faults = { .arena = a };

		set.pools[i] =
		    registry_open_checked(r, cfg, &confs[i], &faults);
		if (!set.pools[i]) {
			registry_log_fault(r, &confs[i], &faults);
			set.pools[i] =
			    registry_open_copy(r, cfg, &confs[i], &faults);
		}
		if (set.pools[i])
			registry_keep(r, set.pools[i]);
	}
	registry_put(r, SET_ACTIVE, &set);
}

bool plugin_registry_prepare(struct plugin_registry *r,
                             const struct config *cfg,
                             struct conf_errors *faults)
{
	const size_t before = faults->count;
	size_t count;
	const struct plugin_conf *confs =
	    plugin_registry_confs(cfg, r->options.owner, &count);
	struct plugin_set set = registry_new_set(cfg, count);

	for (size_t i = 0; i < count; i++)
		set.pools[i] = registry_open_checked(r, cfg, &confs[i], faults);
	if (faults->count == before) {
		registry_put(r, SET_PREPARED, &set);
		return true;
	}
	for (size_t i = 0; i < count; i++)
		if (!set.pools[i])
			registry_log_fault(r, &confs[i], faults);
	registry_free_set(&set);
	return false;
}

void plugin_registry_activate(struct plugin_registry *r,
                              const struct config *cfg)
{
	own(close_arena) struct arena *a = arena_open();
	struct plugin_set old = { 0 };
	size_t count = 0;

	(void)pthread_mutex_lock(&r->lock);
	if (text_equal(r->sets[SET_PREPARED].hash, cfg->hash) &&
	    !text_equal(r->sets[SET_ACTIVE].hash, cfg->hash)) {
		old = r->sets[SET_PREVIOUS];
		r->sets[SET_PREVIOUS] = r->sets[SET_ACTIVE];
		r->sets[SET_ACTIVE] = r->sets[SET_PREPARED];
		r->sets[SET_PREPARED] = (struct plugin_set){ 0 };
	}
	(void)pthread_mutex_unlock(&r->lock);
	registry_free_set(&old);
	struct plugin_pool **active = plugin_registry_list(r, a, &count);

	for (size_t i = 0; i < count; i++) {
		if (active[i])
			registry_keep(r, active[i]);
		plugin_pool_unref(active[i]);
	}
}

/* Requires the lock.  The longest name wins: consent-x has its own plugin, or
 * is one of consent. */
static struct plugin_pool *registry_find(const struct plugin_set *set,
                                         const char *condition)
{
	struct plugin_pool *found = NULL;

	for (size_t i = 0; i < set->count; i++) {
		struct plugin_pool *p = set->pools[i];

		if (p &&
		    plugin_defines_condition(plugin_pool_name(p), condition) &&
		    (!found || strlen(plugin_pool_name(p)) >
		                   strlen(plugin_pool_name(found))))
			found = p;
	}
	return found;
}

struct plugin_pool *plugin_registry_pool(struct plugin_registry *r,
                                         const struct config *cfg,
                                         const char *condition)
{
	struct plugin_pool *found = NULL;

	(void)pthread_mutex_lock(&r->lock);
	for (int s = 0; s < SET_COUNT && !found; s++)
		if (text_equal(r->sets[s].hash, cfg->hash))
			found = registry_find(&r->sets[s], condition);
	if (found)
		(void)plugin_pool_ref(found);
	(void)pthread_mutex_unlock(&r->lock);
	return found;
}

struct plugin_pool **plugin_registry_list(struct plugin_registry *r,
                                          struct arena *a, size_t *ret_count)
{
	const struct plugin_set *set = &r->sets[SET_ACTIVE];

	(void)pthread_mutex_lock(&r->lock);
	struct plugin_pool **list =
	    arena_array(a, struct plugin_pool *, set->count + 1);

	*ret_count = set->count;
	for (size_t i = 0; i < set->count; i++)
		list[i] = set->pools[i] ? plugin_pool_ref(set->pools[i]) : NULL;
	(void)pthread_mutex_unlock(&r->lock);
	return list;
}

/* ---- rollback */

static bool registry_replace_active(struct plugin_registry *r,
                                    const struct config *cfg, size_t i,
                                    struct plugin_pool *pool)
{
	struct plugin_pool *old = pool;

	(void)pthread_mutex_lock(&r->lock);
	if (text_equal(r->sets[SET_ACTIVE].hash, cfg->hash) &&
	    i < r->sets[SET_ACTIVE].count) {
		old = r->sets[SET_ACTIVE].pools[i];
		r->sets[SET_ACTIVE].pools[i] = pool;
	}
	(void)pthread_mutex_unlock(&r->lock);
	plugin_pool_unref(old);
	return old != pool;
}

static bool registry_rollback_one(struct plugin_registry *r,
                                  const struct config *cfg, size_t i,
                                  const struct plugin_conf *conf,
                                  struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	const struct plugin_store store = registry_store(r, conf->name);
	struct conf_errors faults = { .arena = a };
	struct plugin_image image;

	if (!plugin_store_open_previous(&store, &image, NULL))
		return error_set(err, ERROR_REFUSED,
		                 "there is no previous version of %s",
		                 conf->name);
	const char *to = plugin_image_identity(a, &image);
	const char *configured = registry_identity(a, conf);
	struct plugin_pool *pool = registry_open_pool(r, conf, &image);

	if (!plugin_check_pool(pool, cfg, r->options.owner, conf, &faults)) {
		plugin_pool_unref(pool);
		return error_set(err, ERROR_REFUSED, "%s", faults.at[0].text);
	}
	if (!plugin_store_swap(
		&store, text_equal(to, configured) ? NULL : configured, err)) {
		plugin_pool_unref(pool);
		return false;
	}
	log_event(LOG_PLUGIN_ROLLED_BACK, "plugin_host", r->options.owner,
	          "plugin", conf->name, "hash", to, NULL);
	return registry_replace_active(r, cfg, i, pool) ||
	       error_set(err, ERROR_UNAVAILABLE,
	                 "the configuration changed meanwhile");
}

bool plugin_registry_rollback(struct plugin_registry *r,
                              const struct config *cfg, const char *plugin,
                              struct error *err)
{
	size_t count;
	const struct plugin_conf *confs =
	    plugin_registry_confs(cfg, r->options.owner, &count);

	for (size_t i = 0; i < count; i++)
		if (text_equal(confs[i].name, plugin))
			return registry_rollback_one(r, cfg, i, &confs[i], err);
	return error_set(err, ERROR_INVALID, "there is no plugin \"%s\"",
	                 plugin);
}

/* ---- lifetime */

struct plugin_registry *plugin_registry_open(
    const struct plugin_registry_options *options)
{
	struct arena *a = arena_open();
	struct plugin_registry *r = arena_new(a, struct plugin_registry);

	*r = (struct plugin_registry){
		.arena = a,
		.options = { .program = arena_strdup(a, options->program),
		             .argument = arena_strdup(a, options->argument),
		             .owner = arena_strdup(a, options->owner),
		             .state = arena_strdup(a, options->state),
		             .checks_copies = options->checks_copies },
	};
	(void)pthread_mutex_init(&r->lock, NULL);
	return r;
}

void plugin_registry_close(struct plugin_registry *r)
{
	if (!r)
		return;
	for (int s = 0; s < SET_COUNT; s++)
		registry_free_set(&r->sets[s]);
	(void)pthread_mutex_destroy(&r->lock);
	arena_close(r->arena);
}
