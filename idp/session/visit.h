/* SPDX-License-Identifier: AGPL-3.0-or-later
 * visit.h: one request under way in the product: what came, what goes, the
 * rules it is judged by, and whom it may ask. */
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

/* Pages that this room must show but that lie a floor above it. */
struct pages {
	void (*left)(struct visit *v, const struct leave_report *report);
	void (*fault)(struct visit *v, const struct fault *why);
};

/* Whom a web process asks; made once, at start. */
struct staff {
	struct ask *keeper, *scribe;
	struct store *store;
	struct catalogue *catalogue;
	struct judge_sockets *judges;
	struct work *errands; /* back-channel logout */
	const struct front *const
	    *fronts; /* routes.c's table; NULL-terminated */
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
	const char *language; /* nb, nn or en: address > cookie > browser >
	                         municipality */
	int64_t began_ms;
};

/* What staff holds of this room; idp/session/keys.c. */
struct key_shelf *key_shelf_open(void);
void key_shelf_close(struct key_shelf *k);

/* https://host[:port] of the host this visit came to, as configured. */
const char *visit_origin(const struct visit *v);

/* Asks the door of a directory (region/doors.h). */
bool visit_ask_door(struct visit *v, const struct directory_conf *d,
                    enum kind_of_question kind, json_t *question,
                    json_t **ret_answer, struct fault *why) must_check;

/* What the keeper publishes of an issuer, kept and renewed by
 * idp/session/keys.c: JWKS text and certificates, prebuilt. */
struct public_keys {
	const char *jwks;    /* text, ready to send */
	char **certificates; /* base64 DER, the signing one first */
	size_t certificate_count;
};
bool visit_public_keys(struct visit *v, const struct issuer *i,
                       const struct public_keys **ret_keys,
                       struct fault *why) must_check;

#endif
