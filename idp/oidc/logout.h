/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout.h: the two halves of a logout that the front offers. */
#ifndef IDP_OIDC_LOGOUT_H
#define IDP_OIDC_LOGOUT_H

#include "idp/front.h"

/* Tells the service by back-channel (OpenID Connect Back-Channel Logout),
 * once now; where it does not answer, again later (again.c). */
enum told logout_tell(struct visit *v, const struct session *s,
                      const struct part *p, const char *leave,
                      const char **ret_address);

/* The claims of a logout token; sid NULL leaves it out. */
json_t *logout_claims(struct arena *a, const struct service *s, const char *sub,
                      const char *sid, int64_t now);

/* Sends the browser where the client asked. */
bool logout_left(struct visit *v, const json_t *request, bool all_told,
                 struct fault *why);

#endif
