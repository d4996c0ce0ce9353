/* SPDX-License-Identifier: AGPL-3.0-or-later
 * hint.h: an ID token of ours that comes back as a hint. */
#ifndef IDP_OIDC_HINT_H
#define IDP_OIDC_HINT_H

#include "idp/session/visit.h"

struct hint {
	const struct service *service; /* whom it was given to */
	const char *sub, *sid;
};

/* A token of this visit's issuer, signed by one of its published keys; it may
 * be too old.  INVALID for anything else. */
bool hint_read(struct visit *v, const char *token, struct hint *ret,
               struct fault *why) must_check;

#endif
