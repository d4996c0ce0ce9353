/* SPDX-License-Identifier: AGPL-3.0-or-later
 * nameid.h: name identifiers of persons (SAML Core 2.2.3 and 8.3). */
#ifndef IDP_SAML_NAMEID_H
#define IDP_SAML_NAMEID_H

#include "idp/front.h"

struct name_id {
	const char *format; /* URI */
	const char *value;
};

/* Returns the NameID of the person logging in, in this format, owned by
 * ctx->arena.  A transient one is constant for a session.  Its value is NULL if
 * the person has no e-mail address.  UNAVAILABLE without the signer. */
bool nameid_make(struct visit *v, const struct entry *e, const char *entity_id,
                 const char *format, struct name_id *ret_name,
                 struct fault *why) must_check;

/* Convert to the form stored with a session participant, "persistent VALUE",
 * and back; owned by a.  NULL or false for an unknown format. */
char *nameid_write(struct arena *a, const struct name_id *n);
bool nameid_read(struct arena *a, const char *noted,
                 struct name_id *ret_name) must_check;

#endif
