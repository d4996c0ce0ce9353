/* SPDX-License-Identifier: AGPL-3.0-or-later
 * address_share.h: how many requests of one address are served at once.  The
 * reverse proxy limits connections; this holds also where it does not, so that
 * one address cannot occupy all threads. */
#ifndef IDP_WEB_ADDRESS_SHARE_H
#define IDP_WEB_ADDRESS_SHARE_H

#include <stdbool.h>

enum { ADDRESS_SHARE_MAX = 64 };

/* Counts a request of this share (network_limit_subject()) until
 * address_share_leave(); returns false, without counting, if
 * ADDRESS_SHARE_MAX are served.  NULL, a network of the region, has no limit.
 */
bool address_share_enter(const char *share);
void address_share_leave(const char *share);

#endif
