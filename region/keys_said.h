/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys_said.h: what a region's keeper says of a leaving municipality: that a
 * bundle is whole, that its people were removed.  A JWS (RFC 7515) that
 * carries the key it was signed with; whether that is the region's, its
 * thumbprint tells, which is compared by people, over another line. */
#ifndef REGION_KEYS_SAID_H
#define REGION_KEYS_SAID_H

#include "lib/json.h"

/* The payload: {"v":1, "what": "bundle"|"removal", "municipality",
 * "region", "sha256": of the file it is about, "at"}. */
bool said_read(struct arena *a, const char *jws, const char *thumbprint,
               json_t **ret_payload, struct fault *why) must_check;

#endif
