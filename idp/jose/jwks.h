/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwks.h: a JWK Set (RFC 7517 5) of public keys, each checked by jwk_check. */
#ifndef IDP_JOSE_JWKS_H
#define IDP_JOSE_JWKS_H

#include "lib/json.h"

/* Immutable after it was read: threads may share it. */
struct jwks;

/* Return a set owned by a, from JSON, from text of at most 64 KiB, or from a
 * file.  Errors: INVALID for a key that jwk_check rejects, a repeated kid, no
 * key, or more than JWKS_MAX_KEYS; those of reading for a file. */
bool jwks_from_json(struct arena *a, const json_t *jwks,
                    const struct jwks **ret_set, struct error *err) must_check;
bool jwks_parse(struct arena *a, const char *bytes, size_t length,
                const struct jwks **ret_set, struct error *err) must_check;
bool jwks_load_file(struct arena *a, const char *path,
                    const struct jwks **ret_set, struct error *err) must_check;

size_t jwks_count(const struct jwks *set);

/* Returns the RFC 7638 SHA-256 thumbprint of key i in base64url, owned by a;
 * INVALID if there is no key i. */
bool jwks_thumbprint(struct arena *a, const struct jwks *set, size_t i,
                     char **ret_thumbprint, struct error *err) must_check;

#endif
