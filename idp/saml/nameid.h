/* SPDX-License-Identifier: AGPL-3.0-or-later
 * nameid.h: what a service calls a person. */
#ifndef IDP_SAML_NAMEID_H
#define IDP_SAML_NAMEID_H

#include "idp/front.h"

struct name_id {
	const char *format; /* URI */
	const char *value;
};

/* The name in this format of whoever enters, living in v->arena.  A transient
 * one stays the same for a session.  *ret_name.value is NULL where there is
 * none: no mail address. */
bool nameid_make(struct visit *v, const struct entry *e, const char *entity_id,
                 const char *format, struct name_id *ret_name,
                 struct fault *why) must_check;

/* As it is noted in a session's part: "persistent VALUE"; and back, in a. */
char *nameid_write(struct arena *a, const struct name_id *n);
bool nameid_read(struct arena *a, const char *noted,
                 struct name_id *ret_name) must_check;

#endif
