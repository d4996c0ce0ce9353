/* SPDX-License-Identifier: AGPL-3.0-or-later
 * grant.h: what a person let a service know, once, as codes, access tokens
 * and refresh tokens carry it: whole, so that nobody need be asked again. */
#ifndef IDP_OIDC_GRANT_H
#define IDP_OIDC_GRANT_H

#include "idp/front.h"

struct grant {
	const char *issuer, *service; /* names in the configuration */
	const char *client;
	const char *sub;
	const char *scope;
	/* Of the login; NULL for a client's own (client_credentials). */
	const char *sid, *person, *affiliation, *municipality;
	const char *acr, *method;
	int64_t at;        /* when it was given */
	int64_t proved_at; /* when the person was proved */
	json_t *claims;    /* for userinfo; borrowed, NULL: none */
	json_t *in_token;  /* asked for in the ID token; NULL: none */
	bool lives; /* what it was given in still held when it was read */
};

/* A token that is made but not yet kept: nobody has heard of it. */
struct fresh {
	struct store_item item; /* as it will be in Redis */
	char *token;
	char *hash; /* its name there, which tells nobody the token */
};

/* Living in a.  grant_read gives NULL for what is not one. */
json_t *grant_write(struct arena *a, const struct grant *g);
struct grant *grant_read(struct arena *a, const json_t *value);

/* Whether it was given by this visit's issuer to that service. */
bool grant_is_for(const struct visit *v, const struct grant *g,
                  const struct service *s);

/* Reads the grant that is kept as kind and secret, and whether what it was
 * given in still holds: session, person, affiliation, municipality.  A
 * client's own grant always does.  ret_value is NULL where nothing is kept,
 * ret_grant where that is no grant. */
bool grant_find(struct visit *v, const char *kind, const char *secret,
                json_t **ret_value, const struct grant **ret_grant,
                struct fault *why) must_check;

/* What is kept for it is about to be asked for. */
void grant_expect(struct visit *v, const struct grant *g, const char *secret);

#endif
