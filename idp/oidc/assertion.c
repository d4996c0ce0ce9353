/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_assertion.c: client authentication by private_key_jwt (RFC 7523 2.2
 * and 3, OpenID Connect Core 9). */
#include "idp/oidc/assertion.h"

#include "idp/jose/verify.h"
#include "lib/clock.h"

bool assertion_claimed_client(struct arena *a, const char *assertion,
                              const char **ret_client, struct fault *why)
{
	const char *client = jose_claimed_client(a, assertion);

	if (!client)
		return fault(why, FAULT_INVALID, "the assertion is nobody's");
	*ret_client = client;
	return true;
}

/* RFC 7523 3 (7): rejects a repeated jti.  A session store that is unavailable
 * is an error. */
static bool check_first_time(struct visit *v, const struct oidc_client *c,
                             const char *jti, int64_t left, struct fault *why)
{
	bool is_new;

	if (!store_once(v->staff->store, v->region, c->id, jti, left, &is_new,
	                why))
		return false;
	return is_new ||
	       fault(why, FAULT_INVALID, "the assertion has been used");
}

bool assertion_check(struct visit *v, const struct oidc_client *c,
                     const char *assertion, struct fault *why)
{
	/* Only the issuer: another issuer could publish the same token
	 * endpoint URL (RFC 7523bis). */
	const char *const audiences[] = { v->issuer->url, NULL };
	const struct keyset *keys;
	const int64_t now = clock_now();
	const char *jti;
	int64_t end;

	if (!keyset_read_file(v->arena, c->keys, &keys, why) ||
	    !jose_client_assertion(v->arena, assertion, keys, c->id, audiences,
	                           now, &jti, &end, why))
		return false;
	return check_first_time(v, c, jti, end - now + 1, why);
}
