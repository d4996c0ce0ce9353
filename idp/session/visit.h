/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_context.h: the context of a request: the request and its response,
 * the configuration it is handled with, and the back ends. */
#ifndef IDP_SESSION_VISIT_H
#define IDP_SESSION_VISIT_H

#include "idp/http/answer.h"
#include "idp/http/request.h"
#include "region/catalogue.h"
#include "region/decide.h"
#include "region/doors.h"
#include "region/receipt.h"
#include "region/store.h"

struct work;  /* lib/work.h */
struct front; /* idp/front.h */
struct key_shelf;
struct visit;
struct leave_report; /* idp/session/leave.h */

/* Pages shown by this directory but implemented in a higher layer. */
struct pages {
	void (*left)(struct visit *v, const struct leave_report *report);
	void (*fault)(struct visit *v, const struct fault *why);
};

/* Back ends of the web process; created once, at startup. */
struct staff {
	struct ask *keeper, *scribe;
	struct store *store;
	struct catalogue *catalogue;
	struct judge_sockets *judges;
	struct work *errands; /* back-channel logout */
	const struct front *const
	    *fronts; /* table of routes.c; NULL-terminated */
	struct doors *doors;
	struct key_shelf *keys;
	const struct pages *pages;
};

struct visit {
	struct arena *arena;
	const struct region *region;
	const struct staff *staff;
	const struct request *request;
	struct answer *answer;
	const struct issuer *issuer; /* by Host; NULL on the login host alone */
	bool on_login_host;
	const char *language; /* nb, nn or en: parameter > cookie >
	                         Accept-Language > region */
	int64_t began_ms;
};

/* Cache of issuer_public_keys; idp/session/issuer_key_cache.c. */
struct key_shelf *key_shelf_open(void);
void key_shelf_close(struct key_shelf *k);

/* Returns https://host[:port] of the host of this request, as configured. */
const char *visit_origin(const struct visit *v);

/* Sends a request to the ldap-auth process of a directory, within its time
 * limit and slots.  The response is allocated in ctx->arena.  Error:
 * UNAVAILABLE. */
bool visit_ask_door(struct visit *v, const struct directory_conf *d,
                    enum kind_of_question kind, json_t *question,
                    json_t **ret_answer, struct fault *why) must_check;

/* The public keys of an issuer, as the signer publishes them. */
struct public_keys {
	const char *jwks;    /* JWK Set (RFC 7517), as text */
	char **certificates; /* base64 DER, the signing one first */
	size_t certificate_count;
};
/* Returns them, allocated in ctx->arena.  Error: UNAVAILABLE, where neither the
 * signer nor the cache has them. */
bool visit_public_keys(struct visit *v, const struct issuer *i,
                       const struct public_keys **ret_keys,
                       struct fault *why) must_check;

#endif
