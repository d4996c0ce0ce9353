/* SPDX-License-Identifier: AGPL-3.0-or-later
 * look.h: a municipality's colour and mark. */
#ifndef IDP_PAGE_LOOK_H
#define IDP_PAGE_LOOK_H

#include "idp/session/visit.h"

/* m-NAME.css, or NULL where it has no colour of its own. */
const char *look_style_name(struct visit *v, const struct municipality *m);

/* What that file says, or NULL. */
char *look_style(struct arena *a, const struct municipality *m);

/* The mark's file beside the municipality's, whether or not it is there. */
char *look_mark_path(struct arena *a, const struct region *r,
                     const struct municipality *m);

#endif
