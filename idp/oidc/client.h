/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client.h: which client asks, proved in the way it is registered for. */
#ifndef IDP_OIDC_CLIENT_H
#define IDP_OIDC_CLIENT_H

#include "idp/session/visit.h"

/* The client this visit's form comes from, at this visit's issuer.  False:
 * the answer says invalid_client, and not why. */
bool client_find_proved(struct visit *v, const struct service **ret_service);

/* The same, but a public client, which proves nothing, is turned away. */
bool client_find_confidential(struct visit *v,
                              const struct service **ret_service);

#endif
