/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_head_signature.c: verifies ES256 signatures (RFC 7518 3.4) of audit log
 * heads. */
#include "region/audit/audit_head_signature.h"

#include <openssl/pem.h>

#include "region/audit/es256.h"

DEFINE_CLEANUP(release_bio, BIO *, BIO_free)
DEFINE_CLEANUP(release_pkey, EVP_PKEY *, EVP_PKEY_free)

bool audit_head_verify(const char *public_key, const char *head,
                       const char *signature)
{
	own(release_bio) BIO *in = BIO_new_mem_buf(public_key, -1);
	own(release_pkey) EVP_PKEY *pkey =
	    in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;
	struct arena *a = arena_open();
	bool good = es256_verify(
	    pkey, arena_printf(a, "portvakt record head 1\n%s", head),
	    signature);

	arena_close(a);
	return good;
}
