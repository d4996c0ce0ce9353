/* SPDX-License-Identifier: AGPL-3.0-or-later
 * branding.h: the colour and logo of a municipality. */
#ifndef IDP_PAGE_LOOK_H
#define IDP_PAGE_LOOK_H

#include "idp/session/visit.h"

/* Returns m-NAME.css, or NULL where the municipality has no colour. */
const char *look_style_name(struct visit *v, const struct municipality *m);

/* Returns the content of that stylesheet, or NULL. */
char *look_style(struct arena *a, const struct municipality *m);

/* Returns the path of the logo, in the directory of the municipality's
 * configuration file.  The file may not exist.  NULL where none is
 * configured. */
char *look_mark_path(struct arena *a, const struct region *r,
                     const struct municipality *m);

#endif
