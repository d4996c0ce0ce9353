/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_auth.c: client authentication (RFC 6749 2.3, OpenID Connect Core 9),
 * only by a method that the client is registered for: a client with a key must
 * not be able to authenticate by a secret. */
#include "idp/oidc/client.h"

#include <string.h>

#include "idp/oidc/assertion.h"
#include "idp/oidc/credentials.h"
#include "idp/oidc/refusal.h"
#include "lib/hash.h"
#include "lib/log.h"

static bool is_registered_for(const struct oidc_client *c, enum proof proof)
{
	switch (proof) {
	case PROOF_BASIC:
		return c->secret && c->basic_allowed && !c->key_only;
	case PROOF_POST:
		return c->secret && c->post_allowed && !c->key_only;
	case PROOF_KEY:
		return c->keys;
	case PROOF_NONE:
		return c->public_client;
	}
	return false;
}

/* Compares hashes: the time depends neither on the secret nor its length. */
static bool is_same_secret(const char *x, const char *y)
{
	unsigned char hash_x[HASH_SHA256], hash_y[HASH_SHA256];

	hash_sha256(x, strlen(x), hash_x);
	hash_sha256(y, strlen(y), hash_y);
	return hash_equal(hash_x, hash_y, HASH_SHA256);
}

static bool check_secret(struct visit *v, const struct oidc_client *c,
                         const struct credentials *said, struct fault *why)
{
	char *secret = NULL;

	if (!region_secret(v->region, v->arena, c->secret, &secret, why))
		return false;
	if (!*secret || !is_same_secret(secret, said->secret))
		return fault(why, FAULT_INVALID, "the secret is another");
	return true;
}

static bool check_proof(struct visit *v, const struct oidc_client *c,
                        const struct credentials *said, struct fault *why)
{
	if (!is_registered_for(c, said->proof))
		return fault(why, FAULT_INVALID,
		             "not the way it is registered for");
	switch (said->proof) {
	case PROOF_BASIC:
	case PROOF_POST:
		return check_secret(v, c, said, why);
	case PROOF_KEY:
		return assertion_check(v, c, said->assertion, why);
	case PROOF_NONE:
		return true;
	}
	return false;
}

/* Takes as long as for a known client, except for reading its secret; client
 * ids are public. */
static void do_the_same_work(const struct credentials *said)
{
	(void)is_same_secret(said->secret ? said->secret : "", "nobody");
}

static bool find(struct visit *v, const struct service **ret_service,
                 struct fault *why)
{
	struct credentials said;

	if (!credentials_read(v->arena, v->request, &said, why))
		return false;
	if (!said.id &&
	    !assertion_claimed_client(v->arena, said.assertion, &said.id, why))
		return false;
	const struct service *s = region_client(v->region, v->issuer, said.id);

	if (!s || !s->oidc) {
		do_the_same_work(&said);
		return fault(why, FAULT_INVALID, "no such client");
	}
	if (!check_proof(v, s->oidc, &said, why)) {
		log_info("client not proved", "service", s->name, "why",
		         why->text, NULL);
		return false;
	}
	*ret_service = s;
	return true;
}

bool client_find_proved(struct visit *v, const struct service **ret_service)
{
	struct fault why = { 0 };

	if (find(v, ret_service, &why))
		return true;
	if (why.kind == FAULT_UNAVAILABLE)
		return refuse_away(v, &why);
	return oidc_refuse(v, INVALID_CLIENT,
	                   "the client has not proved itself");
}

bool client_find_confidential(struct visit *v,
                              const struct service **ret_service)
{
	const struct service *s;

	if (!client_find_proved(v, &s))
		return false;
	if (s->oidc->public_client)
		return oidc_refuse(v, INVALID_CLIENT,
		                   "the client has not proved itself");
	*ret_service = s;
	return true;
}
