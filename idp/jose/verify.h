/* SPDX-License-Identifier: AGPL-3.0-or-later
 * verify.h: the door to cjose: a token's signature, and what the tokens that
 * strangers may send us must say. */
#ifndef IDP_JOSE_VERIFY_H
#define IDP_JOSE_VERIFY_H

#include <stdint.h>

#include "idp/jose/keyset.h"

/* The claims of a token that a key of the set signed, living in a.  algs:
 * allowed ones, NULL-terminated.  types: allowed typ headers in lower case,
 * NULL-terminated; "" stands for a token that says none.  INVALID otherwise:
 * with several keys the token must name one by kid. */
bool jose_verify(struct arena *a, const char *token, const struct keyset *keys,
                 const char *const *algs, const char *const *types,
                 json_t **ret_claims, struct fault *why) must_check;

/* The same, for a payload that need not be JSON and of whatever type: ret_typ
 * is "" where none was said. */
bool jose_verify_bytes(struct arena *a, const char *token,
                       const struct keyset *keys, const char *const *algs,
                       const char **ret_typ, unsigned char **ret_payload,
                       size_t *ret_length, struct fault *why) must_check;

/* A client's private_key_jwt (RFC 7523): iss and sub are the client, aud is
 * (among) audiences (NULL-terminated), it ends within five minutes of iat and
 * has not ended.  The caller sees to it that jti is used once until exp. */
bool jose_client_assertion(struct arena *a, const char *token,
                           const struct keyset *keys, const char *client_id,
                           const char *const *audiences, int64_t now,
                           const char **ret_jti, int64_t *ret_exp,
                           struct fault *why) must_check;

/* Who a client assertion says it is from, before anything is proved: to find
 * the client whose keys shall prove it.  NULL where it is none. */
const char *jose_claimed_client(struct arena *a, const char *token);

/* An id_token_hint: an ID token that we ourselves gave, by our own public
 * keys; it may have ended.  iss is issuer; claims have sub and aud. */
bool jose_hint(struct arena *a, const char *token, const struct keyset *ours,
               const char *issuer, json_t **ret_claims,
               struct fault *why) must_check;

#endif
