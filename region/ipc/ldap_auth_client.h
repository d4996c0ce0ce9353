/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_auth_client.h: calls the ldap-auth processes, one per directory, each
 * with slots of its own. */
#ifndef REGION_IPC_LDAP_AUTH_CLIENT_H
#define REGION_IPC_LDAP_AUTH_CLIENT_H

#include "region/config/config.h"
#include "region/ipc/ipc_client.h"

struct ldap_auth_client;

struct ldap_auth_client *ldap_auth_client_open(void);
void ldap_auth_client_close(struct ldap_auth_client *client);

/* Calls the ldap-auth process of a directory: at most 8 calls at once, each at
 * most 2.8 s.  Returns the reply, living in a.  On error: ERROR_UNAVAILABLE,
 * reason "overloaded", at once if no slot is free. */
bool ldap_auth_client_call(struct ldap_auth_client *client, struct arena *a,
                           const struct config *cfg, const char *directory,
                           enum ipc_message_type type, json_t *request,
                           json_t **ret_reply, struct error *err) must_check;

#endif
