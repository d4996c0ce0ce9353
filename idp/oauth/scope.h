/* SPDX-License-Identifier: AGPL-3.0-or-later
 * scope.h: the scope parameter (RFC 6749 3.3): space-separated tokens. */
#ifndef IDP_OAUTH_SCOPE_H
#define IDP_OAUTH_SCOPE_H

#include <stdbool.h>

#include "lib/arena.h"

/* Returns whether scope has only characters that RFC 6749 3.3 allows; false
 * for NULL. */
bool scope_is_valid(const char *scope);

/* Returns whether scope contains the token; scope may be NULL. */
bool scope_has(const char *scope, const char *token);

/* Returns the supported tokens of scope, each once, owned by a. */
char *scope_filter_supported(struct arena *a, const char *scope);

/* Returns whether every token of scope is in wider. */
bool scope_is_subset(struct arena *a, const char *scope, const char *wider);

/* Returns all supported tokens; NULL-terminated, owned by a. */
const char **scopes_supported(struct arena *a);

#endif
