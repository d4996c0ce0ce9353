/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_map.h: source attributes to our fields. */
#ifndef SYNC_CONNECTOR_ATTRIBUTE_MAP_H
#define SYNC_CONNECTOR_ATTRIBUTE_MAP_H

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "region/ldap/directory.h"

/* Returns the attributes to request, NULL-terminated, living in a. */
const char **attribute_map_names(struct arena *a,
                                 const struct directory_conf *d);
/* Returns {anchor, dn, class, attributes} without the national number, living
 * in a. */
json_t *attribute_map_entry(struct arena *a, const struct directory_conf *d,
                            const char *anchor,
                            const struct directory_entry *e);
/* Returns the value of the national number's attribute, or NULL. */
const char *attribute_map_national_id(const struct directory_conf *d,
                                      const struct directory_entry *e);
/* Returns a hash of all that the cookie depends on: server, base, account,
 * map. */
char *attribute_map_scope_hash(struct arena *a, const struct directory_conf *d);

#endif
