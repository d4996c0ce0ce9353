/* SPDX-License-Identifier: AGPL-3.0-or-later
 * nameid.h: name identifiers of persons (SAML Core 2.2.3 and 8.3). */
#ifndef IDP_SAML_NAMEID_H
#define IDP_SAML_NAMEID_H

#include "idp/protocol.h"

struct name_id {
	const char *format; /* URI */
	const char *value;
};

/* Returns the NameID of the person logging in, in this format, owned by
 * ctx->arena.  A transient one is constant for a session.  Its value is NULL if
 * the person has no e-mail address.  UNAVAILABLE without the signer. */
bool nameid_create(struct request_context *ctx,
                   const struct login_result *login, const char *entity_id,
                   const char *format, struct name_id *ret_name,
                   struct error *err) must_check;

/* Convert to the form stored with a session participant, "persistent VALUE",
 * and back; owned by a.  NULL or false for an unknown format. */
char *nameid_to_string(struct arena *a, const struct name_id *n);
bool nameid_from_string(struct arena *a, const char *text,
                        struct name_id *ret_name) must_check;

#endif
