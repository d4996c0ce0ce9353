/* SPDX-License-Identifier: AGPL-3.0-or-later
 * pkce.h: proof that whoever redeems a code is who asked for it (RFC 7636). */
#ifndef IDP_OIDC_PKCE_H
#define IDP_OIDC_PKCE_H

#include <stdbool.h>

#include "lib/arena.h"

/* Whether this is a challenge by S256.  "plain", and no method, which would
 * mean plain, are not. */
bool pkce_is_challenge(struct arena *a, const char *challenge,
                       const char *method);

/* Whether the verifier is the one the challenge was made of. */
bool pkce_proved(struct arena *a, const char *challenge, const char *verifier);

#endif
