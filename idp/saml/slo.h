/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slo.h: single logout by Redirect (SAML Core 3.7, Profiles 4.4), initiated by
 * an SP or by this identity provider. */
#ifndef IDP_SAML_SLO_H
#define IDP_SAML_SLO_H

#include "idp/protocol.h"
#include "idp/saml/saml_message_check.h"
#include "idp/saml/sp_metadata.h"

/* For saml_protocol: returns in *ret_url a signed LogoutRequest to the
 * participant, for the browser to carry, and the logout status. */
enum logout_status slo_request_send(struct request_context *ctx,
                                    const struct logout_notice *notice,
                                    const char **ret_url);

/* For saml_protocol: redirects with the LogoutResponse to the SP that requested
 * the logout; PartialLogout unless all_done.  INVALID if it is not
 * configured any more or takes no response, or the signer's errors. */
bool slo_response_send(struct request_context *ctx, const json_t *request,
                       bool all_done, struct error *err) must_check;

/* Returns whether a LogoutRequest is for the NameID and SessionIndex of the
 * participant (Core 3.7.1). */
bool slo_matches_participant(struct arena *a, const struct saml_message *m,
                             const struct session_participant *participant);

/* Returns the ID of the LogoutRequest to this service in this logout, owned by
 * a: derived, so that InResponseTo can be checked without stored state. */
char *slo_request_id(struct arena *a, const char *relay_state,
                     const char *service);

#endif
