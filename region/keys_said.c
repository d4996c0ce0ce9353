/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signed_manifest.c: verifies signed statements: one algorithm, one type, and a
 * key whose thumbprint is checked before the signature. */
#include "region/keys_said.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/text.h"
#include "region/keys_es256.h"

static bool read_part(struct arena *a, const char *part, json_t **ret,
                      struct fault *why)
{
	unsigned char *bytes;
	size_t length;

	if (!base64url_read(a, part, strlen(part), &bytes, &length))
		return fault(why, FAULT_INVALID, "not a signed statement");
	return js_read(a, (const char *)bytes, length, ret, why);
}

static bool check_key(struct arena *a, const json_t *header,
                      const char *thumbprint, EVP_PKEY **ret_pkey,
                      struct fault *why)
{
	const json_t *jwk = js_object(header, "jwk");
	const char *is = jwk ? jwk_thumbprint(a, jwk) : NULL;

	if (!text_equal(js_string(header, "alg"), "ES256") ||
	    !text_equal(js_string(header, "typ"), "portvakt-said") || !is)
		return fault(why, FAULT_INVALID, "not a signed statement");
	if (!hash_same_text(is, thumbprint))
		return fault(why, FAULT_REFUSED,
		             "it is signed with the key %s, not with %s", is,
		             thumbprint);
	return jwk_read_p256(a, jwk, ret_pkey, why);
}

bool said_read(struct arena *a, const char *jws, const char *thumbprint,
               json_t **ret_payload, struct fault *why)
{
	size_t count;
	char **parts = text_split(a, jws, ". \n", &count);
	json_t *header, *payload;
	EVP_PKEY *pkey;

	if (count != 3 || !read_part(a, parts[0], &header, why))
		return fault(why, FAULT_INVALID, "not a signed statement");
	if (!check_key(a, header, thumbprint, &pkey, why))
		return false;
	if (!es256_is_signed(pkey, arena_print(a, "%s.%s", parts[0], parts[1]),
	                     parts[2]))
		return fault(why, FAULT_REFUSED, "the signature is wrong");
	if (!read_part(a, parts[1], &payload, why))
		return false;
	if (js_number(payload, "v", 0) != 1)
		return fault(why, FAULT_INVALID,
		             "the statement is of a version I cannot read");
	*ret_payload = payload;
	return true;
}
