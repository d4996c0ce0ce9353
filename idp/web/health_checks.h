/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health_checks.h: what a login needs: signer, Redis, audit and catalogue, each
 * asked for something harmless. A directory is none of it: if it does not
 * respond, only its own municipality is concerned. */
#ifndef IDP_WEB_HEALTH_CHECKS_H
#define IDP_WEB_HEALTH_CHECKS_H

#include "region/catalogue/catalogue.h"
#include "region/ipc/ipc_client.h"
#include "region/redis/session_store.h"

/* Connections of the checks alone, so that they take no place of a login. */
struct health_backends {
	struct ipc_client *signer, *audit;
	struct store *store;
	struct catalogue *catalogue;
};

void health_backends_open(struct health_backends *b, struct arena *a,
                          const char *run_dir);
void health_backends_close(struct health_backends *b);

/* Returns NULL if the part responds, otherwise a constant: one of reasons.def,
 * "keys-missing" or "session-store-full". It takes two seconds at most. */
struct health_check {
	const char *name;
	const char *(*run)(const struct health_backends *b,
	                   const struct config *cfg, struct arena *a);
	const char *unavailable; /* the reason while there is no result */
};

enum { HEALTH_CHECKS = 4 };
extern const struct health_check health_checks[HEALTH_CHECKS];

#endif
