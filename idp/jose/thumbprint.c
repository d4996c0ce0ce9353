/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thumbprint.c: the RFC 7638 thumbprint of a key, used as its kid if the JWK
 * has none.  The only file that calls liboauth2; the reason is in
 * docs/decisions/0002-liboauth2.md. */
#include <oauth2/jose.h>
#include <oauth2/mem.h>

#include "idp/jose/jwks_private.h"
#include "lib/base64.h"
#include "lib/hash.h"

bool jwks_key_thumbprint(struct arena *a, const cjose_jwk_t *key,
                         char **ret_thumbprint, struct error *err)
{
	unsigned char *hash = NULL;
	unsigned int length = 0;

	/* NULL: no log, which could disclose key material. */
	if (!oauth2_jose_jwk_thumbprint(NULL, key, &hash, &length) ||
	    length != HASH_SHA256_SIZE) {
		oauth2_mem_free(hash);
		return error_set(
		    err, ERROR_INVALID,
		    "JOSE: cannot compute the thumbprint of the key");
	}
	*ret_thumbprint = base64url_encode(a, hash, length);
	oauth2_mem_free(hash);
	return true;
}
