/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slo.h: single logout by Redirect (SAML Core 3.7, Profiles 4.4), initiated by
 * an SP or by this identity provider. */
#ifndef IDP_SAML_SLO_H
#define IDP_SAML_SLO_H

#include "idp/front.h"
#include "idp/saml/gate.h"
#include "idp/saml/partner.h"

/* For saml_protocol: returns in *ret_url a signed LogoutRequest to the
 * participant, for the browser to carry, and the logout status. */
enum told slo_tell(struct visit *v, const struct session *s,
                   const struct part *p, const char *leave,
                   const char **ret_address);

/* For saml_protocol: redirects with the LogoutResponse to the SP that requested
 * the logout; PartialLogout unless all_done.  INVALID if it is not
 * configured any more or takes no response, or the signer's errors. */
bool slo_left(struct visit *v, const json_t *request, bool all_told,
              struct fault *why) must_check;

/* Returns whether a LogoutRequest is for the NameID and SessionIndex of the
 * participant (Core 3.7.1). */
bool slo_is_about(struct arena *a, const struct message *m,
                  const struct part *p);

/* Returns the ID of the LogoutRequest to this service in this logout, owned by
 * a: derived, so that InResponseTo can be checked without stored state. */
char *slo_request_id(struct arena *a, const char *leave, const char *service);

#endif
