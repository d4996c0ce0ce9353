/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slapd_sock.h: simple binds of LDAP applications at a replica slapd, whose
 * sock overlay (slapd-sock(5)) sends them here; the password is verified in the
 * person's own directory. */
#ifndef IDP_SLAPD_SOCK_SLAPD_SOCK_H
#define IDP_SLAPD_SOCK_SLAPD_SOCK_H

#include "idp/slapd_sock/sock_protocol.h"
#include "region/catalogue/catalogue.h"
#include "region/ipc/ldap_auth_client.h"
#include "region/redis/session_store.h"

/* Concurrent binds; each holds one of slapd's 64 threads
 * (deploy/ldap/replica.conf).  A directory that hangs holds eight of them for
 * three seconds. */
enum { SLAPD_SOCK_SLOTS = 48 };

/* The processes and stores that a bind uses; opened at start. */
struct slapd_sock_backends {
	struct ipc_client *audit;
	struct store *store;
	struct catalogue *catalogue;
	struct ldap_auth_client *ldap_auth;
};

/* ---- dn_to_affiliation.c */

struct dn_owner {
	bool is_person_dn; /* the DN is a person's; otherwise slapd handles the
	                    * bind
	                    */
	const struct person *person; /* NULL: unknown, or not active now */
	const struct affiliation *affiliation;
};

/* Finds the person and affiliation of an affiliation's DN, or of a Feide entry
 * whose seeAlso is one.  Returns false only if the catalogue is unavailable. */
bool affiliation_by_dn(const struct slapd_sock_backends *backends,
                       const struct config *cfg, struct arena *a,
                       const char *dn, struct dn_owner *ret,
                       struct error *err) must_check;

/* ---- bind_auth.c */

/* Returns the result of one bind.  A success is in the audit log by then. */
enum sock_result bind_auth_verify(const struct slapd_sock_backends *backends,
                                  const struct config *cfg, struct arena *a,
                                  const struct sock_bind_request *request);

/* ---- serve.c */

/* Serves binds at this stream socket until slapd_sock_stop(), which completes
 * the binds in progress and leaves waiting connections to the next process. */
struct slapd_sock_server;
bool slapd_sock_serve(int listen_fd, const struct slapd_sock_backends *backends,
                      struct slapd_sock_server **ret,
                      struct error *err) must_check;
void slapd_sock_stop(struct slapd_sock_server *s);

#endif
