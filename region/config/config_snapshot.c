/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_snapshot.c: the configurations of this process: the active one, the
 * previous one, and a prepared one that waits for activation. */
#include <pthread.h>
#include <string.h>

#include "lib/cleanup.h"
#include "region/config/config.h"

enum { SHORT_HASH = 16 };

static pthread_mutex_t config_lock = PTHREAD_MUTEX_INITIALIZER; /* protects the
                                                            pointers below */
static struct config *previous_config, *active_config, *prepared_config;

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

/* On error reports the first of the configuration's errors and their number;
 * `portvaktctl check` lists them all. */
static bool config_load_new(const char *file, struct config **ret_region,
                            struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	struct conf_errors errors;
	struct config *cfg = config_load(a, file, &errors);

	if (!cfg)
		return error_set(err, ERROR_INVALID, "%s (%zu in all)",
		                 conf_error_format(a, &errors.at[0]),
		                 errors.count);
	*ret_region = cfg;
	return true;
}

bool config_open(const char *file, struct error *err)
{
	struct config *cfg;

	if (!config_load_new(file, &cfg, err))
		return false;
	(void)pthread_mutex_lock(&config_lock);
	config_unref(previous_config);
	previous_config = active_config;
	active_config = cfg;
	(void)pthread_mutex_unlock(&config_lock);
	return true;
}

bool config_prepare(const char *file, struct error *err)
{
	struct config *cfg;

	if (!config_load_new(file, &cfg, err))
		return false;
	(void)pthread_mutex_lock(&config_lock);
	config_unref(prepared_config);
	prepared_config = cfg;
	(void)pthread_mutex_unlock(&config_lock);
	return true;
}

/* Requires the lock.  A repeated request succeeds: the supervisor may have died
 * before it received the first response. */
static bool config_activate_prepared(const char *hash)
{
	if (active_config && strcmp(active_config->hash, hash) == 0)
		return true;
	if (!prepared_config || strcmp(prepared_config->hash, hash) != 0)
		return false;
	config_unref(previous_config);
	previous_config = active_config;
	active_config = prepared_config;
	prepared_config = NULL;
	return true;
}

bool config_activate(const char *hash, struct error *err)
{
	(void)pthread_mutex_lock(&config_lock);
	bool done = config_activate_prepared(hash);
	(void)pthread_mutex_unlock(&config_lock);
	return done ||
	       error_set(err, ERROR_INVALID,
	                 "no configuration with hash %.16s was prepared", hash);
}

struct config *config_current(void)
{
	(void)pthread_mutex_lock(&config_lock);
	struct config *cfg = active_config;

	if (cfg)
		config_ref(cfg);
	(void)pthread_mutex_unlock(&config_lock);
	return cfg;
}

/* Requires the lock. */
static struct config *config_find_by_short_hash(const char *short_hash)
{
	struct config *const known[] = { active_config, previous_config,
		                         prepared_config };

	if (strnlen(short_hash, SHORT_HASH) != SHORT_HASH)
		return NULL;
	for (size_t i = 0; i < LENGTH(known); i++)
		if (known[i] &&
		    strncmp(known[i]->hash, short_hash, SHORT_HASH) == 0)
			return known[i];
	return NULL;
}

struct config *config_by_hash(const char *short_hash)
{
	(void)pthread_mutex_lock(&config_lock);
	struct config *cfg =
	    short_hash ? config_find_by_short_hash(short_hash) : NULL;

	if (cfg)
		config_ref(cfg);
	(void)pthread_mutex_unlock(&config_lock);
	return cfg;
}
