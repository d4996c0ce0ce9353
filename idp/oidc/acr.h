/* SPDX-License-Identifier: AGPL-3.0-or-later
 * acr.h: the acr_values and ui_locales parameters (OpenID Connect Core
 * 3.1.2.1): lists of which one supported value is selected. */
#ifndef IDP_OIDC_ACR_H
#define IDP_OIDC_ACR_H

#include "region/config/config.h"

/* Returns the first of ui_locales that is a configured language, or NULL. */
const char *ui_locales_select(struct arena *a, const struct config *cfg,
                              const char *locales);

/* Returns the weakest supported value of acr_values, as any of them satisfies
 * the request; NULL if none is supported, which is not an error: acr_values is
 * voluntary (Core 3.1.2.1). */
const char *acr_select(const char *values);

/* acr_values_supported (Discovery 3), weakest first; NULL-terminated. */
extern const char *const acr_values_supported[];

#endif
