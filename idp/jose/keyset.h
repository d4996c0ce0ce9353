/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keyset.h: a set of public keys (JWKS), every one through the gate. */
#ifndef IDP_JOSE_KEYSET_H
#define IDP_JOSE_KEYSET_H

#include "lib/json.h"

/* Never changed after it was read: threads may share it. */
struct keyset;

/* A set, living in a.  One key that the gate refuses, a kid that occurs
 * twice, no key at all or over GATE_KEYS_MOST refuses the whole: INVALID. */
bool keyset_read(struct arena *a, const json_t *jwks,
                 const struct keyset **ret_set, struct fault *why) must_check;
bool keyset_read_text(struct arena *a, const char *bytes, size_t length,
                      const struct keyset **ret_set,
                      struct fault *why) must_check;
bool keyset_read_file(struct arena *a, const char *path,
                      const struct keyset **ret_set,
                      struct fault *why) must_check;

size_t keyset_count(const struct keyset *set);

/* The RFC 7638 thumbprint of key i, living in a. */
bool keyset_thumbprint(struct arena *a, const struct keyset *set, size_t i,
                       char **ret_thumbprint, struct fault *why) must_check;

#endif
