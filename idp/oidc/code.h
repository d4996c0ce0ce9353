/* SPDX-License-Identifier: AGPL-3.0-or-later
 * code.h: the authorization code: 60 seconds, one use.  What it became is
 * remembered for a while, so that a second use takes that away too. */
#ifndef IDP_OIDC_CODE_H
#define IDP_OIDC_CODE_H

#include "idp/oidc/grant.h"

struct code {
	const struct grant *grant; /* NULL: it has been used */
	const char *redirect, *challenge, *nonce;
	const char *access, *family; /* hashes of what it became */
	const json_t *was;           /* the value as read */
};

/* A new code for the grant; nonce may be NULL. */
bool code_give(struct visit *v, const struct code *what, char **ret_code,
               struct fault *why) must_check;

/* NULL where there is none. */
bool code_find(struct visit *v, const char *code, struct code **ret_code,
               struct fault *why) must_check;

/* Uses it up and keeps the tokens it becomes, in one moment and for one
 * caller alone, however many ask at once; family may be NULL; along: the ID
 * token. */
bool code_use(struct visit *v, const char *code, const struct code *found,
              const struct fresh *access, const struct fresh *family,
              struct store_along *along, bool *ret_used,
              struct fault *why) must_check;

/* Nobody will use it any more. */
bool code_burn(struct visit *v, const char *code, struct fault *why) must_check;

#endif
