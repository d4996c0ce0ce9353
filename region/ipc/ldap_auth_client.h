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

/* Returns the client of a directory's ldap-auth process, for
 * verify_password_call() and change_password_call(): at most 8 calls at once,
 * each at most 2.8 s; a short queue waits.  Lives as long as client. */
struct ipc_client *ldap_auth_client_of(struct ldap_auth_client *client,
                                       struct arena *a,
                                       const struct config *cfg,
                                       const char *directory);

#endif
