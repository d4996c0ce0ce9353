/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_registry.h: which version of each plugin answers for which
 * configuration: the active one, the previous one, and a prepared one. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_REGISTRY_H
#define IDP_PLUGIN_HOST_PLUGIN_REGISTRY_H

#include "idp/plugin_host/plugin_faults.h"

struct plugin_registry_options {
	const char *program, *argument; /* of a worker */
	const char *owner;              /* a municipality, or "region" */
	const char *state;              /* a directory; NULL: nothing is kept */
	/* The owner of a plugin's file is checked also if a copy of it is
	 * loaded. */
	bool checks_copies;
};

struct plugin_registry;

struct plugin_registry *plugin_registry_open(
    const struct plugin_registry_options *options);
void plugin_registry_close(struct plugin_registry *r);

/* Returns owner's plugins in cfg. */
const struct plugin_conf *plugin_registry_confs(const struct config *cfg,
                                                const char *owner,
                                                size_t *ret_count);

/* At the start: a plugin that cannot be used is replaced by the copy of the
 * version that answered last, and logged. */
void plugin_registry_start(struct plugin_registry *r, const struct config *cfg);

/* Starts the plugins of cfg beside those that answer, and checks them.  False
 * with faults; then nothing is prepared. */
bool plugin_registry_prepare(struct plugin_registry *r,
                             const struct config *cfg,
                             struct conf_errors *faults) must_check;

/* Makes the prepared plugins of cfg the active ones, and keeps copies. */
void plugin_registry_activate(struct plugin_registry *r,
                              const struct config *cfg);

/* Returns a new reference to the plugin that evaluates a condition for cfg;
 * NULL: there is none. */
struct plugin_pool *plugin_registry_pool(struct plugin_registry *r,
                                         const struct config *cfg,
                                         const char *condition);

/* Returns new references to the active plugins, allocated in a, and their
 * number; a plugin that cannot be used is NULL. */
struct plugin_pool **plugin_registry_list(struct plugin_registry *r,
                                          struct arena *a, size_t *ret_count);

/* Returns to the previous version of an active plugin, until its files change;
 * or back again. */
bool plugin_registry_rollback(struct plugin_registry *r,
                              const struct config *cfg, const char *plugin,
                              struct error *err) must_check;

#endif
