/* SPDX-License-Identifier: AGPL-3.0-or-later
 * bind.h: old LDAP applications bind at a replica slapd, whose socket overlay
 * asks here, and here the person's own directory is asked. */
#ifndef IDP_BIND_BIND_H
#define IDP_BIND_BIND_H

#include "idp/bind/speech.h"
#include "region/catalogue.h"
#include "region/doors.h"
#include "region/store.h"

/* Binds at once; each holds a thread of slapd's, which has 64
 * (deploy/ldap/replica.conf).  A directory that hangs takes eight of them, for
 * three seconds. */
enum { BIND_SLOTS = 48 };

/* Whom we ask; made once, at start. */
struct bind_staff {
	struct ask *scribe;
	struct store *store;
	struct catalogue *catalogue;
	struct doors *doors;
};

/* ---- whose.c: whom a DN names */

struct whose {
	bool is_ours; /* a person's: the catalogue's entries prove nothing */
	const struct person *person; /* NULL: nobody who may come now */
	const struct affiliation *affiliation;
};

/* An affiliation's DN, or that of a Feide entry whose seeAlso is one.  False
 * only when the catalogue could not be asked. */
bool whose_find(const struct bind_staff *s, const struct region *r,
                struct arena *a, const char *dn, struct whose *ret,
                struct fault *why) must_check;

/* ---- prove.c */

/* The answer to one bind, which has been written down before. */
enum reply bind_prove(const struct bind_staff *s, const struct region *r,
                      struct arena *a, const struct speech *said);

/* ---- serve.c */

/* Answers binds at this stream socket until bind_serve_end, which finishes
 * what is under way and leaves those who wait to whoever comes next. */
struct bind_server;
bool bind_serve(int listening, const struct bind_staff *staff,
                struct bind_server **ret, struct fault *why) must_check;
void bind_serve_end(struct bind_server *s);

#endif
