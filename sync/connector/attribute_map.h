/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_map.h: maps the attributes of a source entry to Portvakt's fields.
 */
#ifndef SYNC_CONNECTOR_ATTRIBUTE_MAP_H
#define SYNC_CONNECTOR_ATTRIBUTE_MAP_H

#include "ipc_messages.h"
#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "region/ldap/directory.h"

/* Returns the names of the attributes to request, NULL-terminated, living in
 * a. */
const char **attribute_map_names(struct arena *a,
                                 const struct directory_conf *d);
/* Returns the entry as the provisioner receives it, without the national
 * identity number, living in a and e. */
struct sync_entry *attribute_map_entry(struct arena *a,
                                       const struct directory_conf *d,
                                       const char *anchor,
                                       const struct directory_entry *e);
/* Returns the national identity number of the entry as the source has it,
 * borrowed from e, or NULL. */
const char *attribute_map_national_id(const struct directory_conf *d,
                                      const struct directory_entry *e);
/* Returns a hash of what a sync cookie depends on: type, addresses, base, bind
 * DN and attribute map with its conversions; living in a.  With another hash
 * the provisioner returns no cookie. */
char *attribute_map_scope_hash(struct arena *a, const struct directory_conf *d);

#endif
