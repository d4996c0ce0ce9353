/* SPDX-License-Identifier: AGPL-3.0-or-later
 * scope.h: what kinds of things a client asks for, as words in a row. */
#ifndef IDP_OIDC_SCOPE_H
#define IDP_OIDC_SCOPE_H

#include <stdbool.h>

#include "lib/arena.h"

/* Only letters that RFC 6749 3.3 allows.  NULL is not. */
bool scope_is_clean(const char *scope);

bool scope_has(const char *scope, const char *word);

/* Those of the words that we know, each once, in our order. */
char *scope_known(struct arena *a, const char *scope);

/* Whether every word of scope is in wider too. */
bool scope_within(struct arena *a, const char *scope, const char *wider);

/* All we know; NULL-terminated. */
const char **scope_all(struct arena *a);

#endif
