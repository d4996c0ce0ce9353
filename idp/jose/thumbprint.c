/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thumbprint.c: the RFC 7638 thumbprint of a key, used as its kid if the JWK
 * has none.  The only file that calls liboauth2; the reason is in
 * docs/decisions/0002-liboauth2.md. */
#include <oauth2/jose.h>
#include <oauth2/mem.h>

#include "idp/jose/keyset_inner.h"
#include "lib/base64.h"
#include "lib/hash.h"

bool thumbprint_of(struct arena *a, const cjose_jwk_t *key,
                   char **ret_thumbprint, struct fault *why)
{
	unsigned char *hash = NULL;
	unsigned int length = 0;

	/* NULL: no log, which could disclose key material. */
	if (!oauth2_jose_jwk_thumbprint(NULL, key, &hash, &length) ||
	    length != HASH_SHA256) {
		oauth2_mem_free(hash);
		return fault(why, FAULT_INVALID,
		             "JOSE: a key without a thumbprint");
	}
	*ret_thumbprint = base64url_write(a, hash, length);
	oauth2_mem_free(hash);
	return true;
}
