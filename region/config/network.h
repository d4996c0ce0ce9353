/* SPDX-License-Identifier: AGPL-3.0-or-later
 * network.h: networks of the configuration: address ranges and listeners of
 * the reverse proxy. */
#ifndef REGION_CONFIG_NETWORK_H
#define REGION_CONFIG_NETWORK_H

#include "region/config/config.h"

/* Returns the range as written: "10.40.0.0/16", "2001:db8::/32"; allocated in
 * a. */
char *network_range_text(struct arena *a, const struct net_range *range);

/* Returns what limits count as one: a network of the region, which has
 * many people, and then sets *ret_known; otherwise an IPv4 address or the /64
 * of an IPv6 address, which one subscriber has; "" without an address, as of
 * a request that was rejected before it was read.  Allocated in a. */
char *network_limit_subject(struct arena *a, const struct config *cfg,
                            const char *address, const char *listener,
                            bool *ret_known);

/* Returns the /48 of an IPv6 address that is in no network of the
 * configuration, which one site has; else NULL.  Allocated in a. */
char *network_limit_site(struct arena *a, const struct config *cfg,
                         const char *address, const char *listener);

/* Returns the names of the networks that contain the address or have this
 * listener: the region's, and those of the municipality m, which may be NULL;
 * NULL-terminated, allocated in a. */
const char **networks_containing(struct arena *a, const struct config *cfg,
                                 const struct municipality *m,
                                 const char *address, const char *listener);

/* Returns whether one of those networks has computers that several people
 * use. */
bool address_is_shared(struct arena *a, const struct config *cfg,
                       const char *address, const char *listener);

/* Returns the first address of the network as text; "" for a listener. */
const char *network_first_address(struct arena *a, const struct network *n);

#endif
