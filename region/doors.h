/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_auth_client.h: calls the ldap-auth processes, one per directory, each
 * with slots of its own. */
#ifndef REGION_DOORS_H
#define REGION_DOORS_H

#include "region/ask.h"
#include "region/region.h"

struct doors;

struct doors *doors_open(void);
void doors_close(struct doors *d);

/* Calls the ldap-auth process of a directory: at most 8 calls at once, each at
 * most 2.8 s.  Returns the reply, living in a.  On error: ERROR_UNAVAILABLE,
 * reason "busy", at once if no slot is free. */
bool doors_ask(struct doors *d, struct arena *a, const struct region *r,
               const char *directory, enum kind_of_question kind,
               json_t *question, json_t **ret_answer,
               struct fault *why) must_check;

#endif
