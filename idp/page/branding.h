/* SPDX-License-Identifier: AGPL-3.0-or-later
 * branding.h: the colour and logo of a municipality. */
#ifndef IDP_PAGE_BRANDING_H
#define IDP_PAGE_BRANDING_H

#include "idp/session/request_context.h"

/* Returns m-NAME.css, or NULL where the municipality has no colour. */
const char *branding_css_name(struct request_context *ctx,
                              const struct municipality *m);

/* Returns the content of that stylesheet, or NULL. */
char *branding_css(struct arena *a, const struct municipality *m);

/* Returns the path of the logo, in the directory of the municipality's
 * configuration file.  The file may not exist.  NULL where none is
 * configured. */
char *branding_logo_path(struct arena *a, const struct config *cfg,
                         const struct municipality *m);

#endif
