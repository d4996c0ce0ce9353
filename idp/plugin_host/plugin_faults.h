/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_faults.h: errors of plugins, each at the line of the configuration
 * that lists the plugin or uses its condition. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_FAULTS_H
#define IDP_PLUGIN_HOST_PLUGIN_FAULTS_H

#include "idp/plugin_host/plugin_pool.h"
#include "lib/conf/conf_syntax.h"
#include "region/config/config.h"

/* Adds an error at the line that lists the plugin. */
void plugin_fault_add(struct conf_errors *faults,
                      const struct plugin_conf *plugin, const char *sentence);

/* Waits until the pool is ready, then asks the plugin's validate() about each
 * condition of cfg that owner's plugin evaluates.  False with faults added. */
bool plugin_check_pool(struct plugin_pool *pool, const struct config *cfg,
                       const char *owner, const struct plugin_conf *plugin,
                       struct conf_errors *faults) must_check;

#endif
