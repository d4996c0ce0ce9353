/* SPDX-License-Identifier: AGPL-3.0-or-later
 * pkce.h: Proof Key for Code Exchange (RFC 7636), S256 only. */
#ifndef IDP_OAUTH_PKCE_H
#define IDP_OAUTH_PKCE_H

#include <stdbool.h>

#include "lib/arena.h"

/* Returns whether challenge is valid for the method S256 (RFC 7636 4.2).
 * "plain", and no method, which means plain (4.3), are rejected. */
bool pkce_challenge_is_valid(struct arena *a, const char *challenge,
                             const char *method);

/* Returns whether the challenge was derived from verifier (RFC 7636 4.6). */
bool pkce_verify(struct arena *a, const char *challenge, const char *verifier);

#endif
