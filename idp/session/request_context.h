/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_context.h: the context of a request: the request and its response,
 * the configuration it is handled with, and the back ends. */
#ifndef IDP_SESSION_REQUEST_CONTEXT_H
#define IDP_SESSION_REQUEST_CONTEXT_H

#include "idp/http/request.h"
#include "idp/http/response.h"
#include "region/audit/audit_event.h"
#include "region/catalogue/catalogue.h"
#include "region/ipc/ldap_auth_client.h"
#include "region/policy/policy_evaluate.h"
#include "region/redis/session_store.h"

struct thread_pool; /* lib/thread/thread_pool.h */
struct protocol;    /* idp/protocol.h */
struct key_cache;
struct request_context;
struct logout_report; /* idp/logout/single_logout.h */
struct gone_sessions;
struct session; /* idp/session/session.h */

/* Pages shown by this directory but implemented in a higher layer. */
struct page_hooks {
	void (*logout_report)(struct request_context *ctx,
	                      const struct logout_report *report);
	void (*error)(struct request_context *ctx, const struct error *err);
};

/* Back ends of the web process; created once, at startup. */
struct web_backends {
	struct ipc_client *signer, *audit, *admin;
	struct store *store;
	struct catalogue *catalogue;
	struct plugin_host_client *plugin_hosts;
	struct thread_pool *logout_pool; /* back-channel logout */
	const struct protocol *const
	    *protocols; /* table of routes.c; NULL-terminated */
	struct ldap_auth_client *ldap_auth;
	struct key_cache *key_cache;
	struct transaction_keys *transaction_keys;
	struct ipc_client *revocation;
	struct gone_sessions *gone; /* idp/session/gone_sessions.h */
	const struct page_hooks *page_hooks;
};

struct request_context {
	struct arena *arena;
	const struct config *cfg;
	const struct web_backends *backends;
	const struct request *request;
	struct http_response *response;
	const struct issuer *issuer; /* by Host; NULL on the login host alone */
	bool on_login_host;
	const char *language; /* nb, nn or en: parameter > cookie >
	                         Accept-Language > region */
	int64_t started_ms;
	/* What limits count the address as; NULL: a network of the region. */
	const char *share;
	/* What this request has changed: the value of PREVIOUS_COOKIE; NULL: as
	 * in the request. */
	const char *previous_sessions;
	/* The session that session_find() or session_create() returned last. */
	const struct session *session;
};

/* Cache of issuer_public_keys; idp/session/issuer_key_cache.c. */
struct key_cache *key_cache_open(void);
void key_cache_close(struct key_cache *k);

/* Returns the client of a directory's ldap-auth process, with its time limit
 * and slots. */
struct ipc_client *context_ldap_auth(struct request_context *ctx,
                                     const struct directory_conf *d);

/* Returns whether the client's computer is one that several people use. */
bool context_is_shared(const struct request_context *ctx);

/* The public keys of an issuer, as the signer publishes them. */
struct public_keys {
	const char *jwks;                /* JWK Set (RFC 7517), as text */
	const char *const *certificates; /* base64 DER, the signing one first */
	size_t certificate_count;
};
/* Returns them, allocated in ctx->arena.  Error: UNAVAILABLE, where neither the
 * signer nor the cache has them. */
bool issuer_public_keys(struct request_context *ctx, const struct issuer *i,
                        const struct public_keys **ret_keys,
                        struct error *err) must_check;

#endif
