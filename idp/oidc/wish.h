/* SPDX-License-Identifier: AGPL-3.0-or-later
 * wish.h: lists a client wishes from, of which we take what we know. */
#ifndef IDP_OIDC_WISH_H
#define IDP_OIDC_WISH_H

#include "region/region.h"

/* The first of ui_locales that the region speaks, or NULL. */
const char *wish_language(struct arena *a, const struct region *r,
                          const char *locales);

/* The weakest of acr_values that we know, for any of them will do; NULL where
 * none is known, which Core 3.1.2.1 lets pass. */
const char *wish_acr(const char *values);

/* Those we know, the weakest first; NULL-terminated. */
extern const char *const wish_acrs[];

#endif
