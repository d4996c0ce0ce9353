/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signed_manifest.h: statements signed by a region's signer when a municipality
 * is offboarded: that an export bundle is complete, or that its people were
 * removed.  A JWS (RFC 7515) with the key in its "jwk" header parameter; the
 * key is trusted by its thumbprint, which people compare out of band. */
#ifndef REGION_AUDIT_SIGNED_MANIFEST_H
#define REGION_AUDIT_SIGNED_MANIFEST_H

#include "lib/json.h"

/* Verifies the JWS and parses its payload, allocated in a: {"v":1, "what":
 * "bundle"|"removal", "municipality", "region", "sha256": of the file, "at"}.
 * On error returns ERROR_REFUSED for another key or a wrong signature,
 * ERROR_INVALID for a malformed value. */
bool signed_manifest_verify(struct arena *a, const char *jws,
                            const char *thumbprint, json_t **ret_payload,
                            struct error *err) must_check;

#endif
