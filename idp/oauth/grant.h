/* SPDX-License-Identifier: AGPL-3.0-or-later
 * grant.h: the grant (RFC 6749 1.3) behind a code, an access token or a refresh
 * token: stored complete with each, so that no other lookup is needed. */
#ifndef IDP_OAUTH_GRANT_H
#define IDP_OAUTH_GRANT_H

#include "idp/protocol.h"

struct grant {
	const char *issuer, *service; /* names in the configuration */
	const char *client;
	const char *sub;
	const char *scope;
	/* Of the login; NULL with client_credentials. */
	const char *sid, *person, *affiliation, *municipality;
	const char *acr, *method;
	int64_t issued_at;       /* seconds since the epoch */
	int64_t auth_time;       /* authentication of the person */
	json_t *userinfo_claims; /* for userinfo; borrowed, NULL: none */
	json_t *id_token_claims; /* requested in the ID token; NULL: none */
	bool session_valid; /* session, person etc. were valid when it was read
	                     */
};

/* A token that was created but is not stored yet. */
struct unsaved_token {
	struct store_item item; /* the value to store in Redis */
	char *token;
	char *hash; /* its key in Redis, which does not reveal the token */
};

/* Convert a grant to JSON and back, owned by a.  grant_from_json returns NULL
 * for a value that is not a complete grant. */
json_t *grant_to_json(struct arena *a, const struct grant *g);
struct grant *grant_from_json(struct arena *a, const json_t *value);

/* Returns whether ctx's issuer issued the grant to that service. */
bool grant_is_for(const struct request_context *ctx, const struct grant *g,
                  const struct service *s);

/* Reads the grant stored under kind and secret, and whether its session,
 * person, affiliation and municipality are still valid (session_valid; always
 * true with client_credentials).  *ret_value is NULL if nothing is stored,
 * *ret_grant if the value is not a grant.  Errors: those of the session
 * store. */
bool grant_lookup(struct request_context *ctx, const char *kind,
                  const char *secret, json_t **ret_value,
                  const struct grant **ret_grant, struct error *err) must_check;

/* Hint that the value stored under secret is read soon: saves a round trip. */
void grant_prefetch_hint(struct request_context *ctx, const struct grant *g,
                         const char *secret);

#endif
