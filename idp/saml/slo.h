/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slo.h: single logout by Redirect (core 3.7), both directions. */
#ifndef IDP_SAML_SLO_H
#define IDP_SAML_SLO_H

#include "idp/front.h"
#include "idp/saml/gate.h"
#include "idp/saml/partner.h"

/* saml_front's: a LogoutRequest for the browser to carry to p's service. */
enum told slo_tell(struct visit *v, const struct session *s,
                   const struct part *p, const char *leave,
                   const char **ret_address);

/* saml_front's: the LogoutResponse to the service that asked for it all. */
bool slo_left(struct visit *v, const json_t *request, bool all_told,
              struct fault *why) must_check;

/* Whether a LogoutRequest is about the person and session that p notes. */
bool slo_is_about(struct arena *a, const struct message *m,
                  const struct part *p);

/* The ID of our LogoutRequest in this walk to this service: so that its answer
 * can be known again without keeping anything. */
char *slo_request_id(struct arena *a, const char *leave, const char *service);

#endif
