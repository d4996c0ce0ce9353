/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health_checks.c: one function for each part that a login needs. */
#include "idp/web/health_checks.h"

#include "lib/clock.h"
#include "lib/strbuf.h"

enum {
	OWN_PROCESS_MS = 1000,
	COUNTER_LIFETIME_S = 60,
};

void health_backends_open(struct health_backends *b, struct arena *a,
                          const char *run_dir)
{
	*b = (struct health_backends){
		.signer =
		    ipc_client_open(arena_printf(a, "%s/signer.sock", run_dir),
		                    1, OWN_PROCESS_MS),
		.audit =
		    ipc_client_open(arena_printf(a, "%s/audit.sock", run_dir),
		                    1, OWN_PROCESS_MS),
		.store = store_open(NULL),
		.catalogue = catalogue_open(1),
	};
}

void health_backends_close(struct health_backends *b)
{
	catalogue_close(b->catalogue);
	store_close(b->store);
	ipc_client_close(b->audit);
	ipc_client_close(b->signer);
}

static const char *health_of_signer(const struct health_backends *b,
                                    const struct config *cfg, struct arena *a)
{
	const struct public_keys_request request = { .issuer =
		                                         cfg->issuers[0].name };
	struct public_keys_reply reply;
	struct error ignored = { 0 };

	if (!public_keys_call(b->signer, a, cfg->hash, &request, &reply,
	                      &ignored))
		return "signer-unavailable";
	return json_array_size(js_array(reply.jwks, "keys")) > 0
	           ? NULL
	           : "keys-missing";
}

/* Writes: a Redis whose memory is full still answers what is read. */
static const char *health_of_store(const struct health_backends *b,
                                   const struct config *cfg, struct arena *a)
{
	struct error err = { 0 };
	long long count;

	(void)a;
	if (store_counter_incr(b->store, cfg, "health", cfg->node_id,
	                       COUNTER_LIFETIME_S, &count, &err))
		return NULL;
	return store_error_is_full(&err) ? "session-store-full"
	                                 : "session-store-unavailable";
}

static const char *health_of_audit(const struct health_backends *b,
                                   const struct config *cfg, struct arena *a)
{
	const struct status_request request = { 0 };
	struct status_reply reply;
	struct error ignored = { 0 };

	return status_call(b->audit, a, cfg->hash, &request, &reply, &ignored)
	           ? NULL
	           : "audit-unavailable";
}

static const char *health_of_catalogue(const struct health_backends *b,
                                       const struct config *cfg,
                                       struct arena *a)
{
	struct error ignored = { 0 };
	const char *value;
	int64_t seen;

	if (!catalogue_read_value(b->catalogue, cfg, a, cfg->catalogue.base,
	                          "objectClass", &value, &ignored))
		return "catalogue-unavailable";
	/* If Redis does not answer, that is the reason. */
	if (store_last_seen(b->store, cfg, "catalogue", &seen, &ignored) &&
	    seen > 0 && clock_now() - seen > cfg->catalogue.max_staleness)
		return "catalogue-stale";
	return NULL;
}

const struct health_check health_checks[HEALTH_CHECKS] = {
	{ "signer", health_of_signer, "signer-unavailable" },
	{ "session-store", health_of_store, "session-store-unavailable" },
	{ "audit", health_of_audit, "audit-unavailable" },
	{ "catalogue", health_of_catalogue, "catalogue-unavailable" },
};
