/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slapd_sock.h: simple binds of LDAP applications at a replica slapd, whose
 * sock overlay (slapd-sock(5)) sends them here; the password is verified in the
 * person's own directory. */
#ifndef IDP_BIND_BIND_H
#define IDP_BIND_BIND_H

#include "idp/bind/speech.h"
#include "region/catalogue.h"
#include "region/doors.h"
#include "region/store.h"

/* Concurrent binds; each holds one of slapd's 64 threads
 * (deploy/ldap/replica.conf).  A directory that hangs holds eight of them for
 * three seconds. */
enum { BIND_SLOTS = 48 };

/* The processes and stores that a bind uses; opened at start. */
struct bind_staff {
	struct ask *scribe;
	struct store *store;
	struct catalogue *catalogue;
	struct doors *doors;
};

/* ---- dn_to_affiliation.c */

struct whose {
	bool is_ours; /* the DN is a person's; otherwise slapd handles the bind
	               */
	const struct person *person; /* NULL: unknown, or not active now */
	const struct affiliation *affiliation;
};

/* Finds the person and affiliation of an affiliation's DN, or of a Feide entry
 * whose seeAlso is one.  Returns false only if the catalogue is unavailable. */
bool whose_find(const struct bind_staff *s, const struct region *r,
                struct arena *a, const char *dn, struct whose *ret,
                struct fault *why) must_check;

/* ---- bind_auth.c */

/* Returns the result of one bind.  A success is in the audit log by then. */
enum reply bind_prove(const struct bind_staff *s, const struct region *r,
                      struct arena *a, const struct speech *said);

/* ---- serve.c */

/* Serves binds at this stream socket until slapd_sock_stop(), which completes
 * the binds in progress and leaves waiting connections to the next process. */
struct bind_server;
bool bind_serve(int listening, const struct bind_staff *staff,
                struct bind_server **ret, struct fault *why) must_check;
void bind_serve_end(struct bind_server *s);

#endif
