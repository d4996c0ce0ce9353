/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signed_manifest.c: verifies signed statements: one algorithm, one type, and a
 * key whose thumbprint is checked before the signature. */
#include "region/audit/signed_manifest.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/jwk_thumbprint.h"
#include "lib/strbuf.h"
#include "region/audit/es256.h"

static bool jws_part_to_json(struct arena *a, const char *part, json_t **ret,
                             struct error *err)
{
	unsigned char *bytes;
	size_t length;

	if (!base64url_decode(a, part, strlen(part), &bytes, &length))
		return error_set(err, ERROR_INVALID,
		                 "not a signed statement of Portvakt");
	return js_parse(a, (const char *)bytes, length, ret, err);
}

static bool signed_manifest_check_key(struct arena *a, const json_t *header,
                                      const char *thumbprint,
                                      EVP_PKEY **ret_pkey, struct error *err)
{
	const json_t *jwk = js_object(header, "jwk");
	const char *actual = jwk ? jwk_thumbprint(a, jwk) : NULL;

	if (!text_equal(js_string(header, "alg"), "ES256") ||
	    !text_equal(js_string(header, "typ"), "portvakt-manifest") ||
	    !actual)
		return error_set(err, ERROR_INVALID,
		                 "not a signed statement of Portvakt");
	if (!hash_equal_strings(actual, thumbprint))
		return error_set(
		    err, ERROR_REFUSED,
		    "statement is signed with key %s, expected key %s", actual,
		    thumbprint);
	return jwk_parse_p256(a, jwk, ret_pkey, err);
}

bool signed_manifest_verify(struct arena *a, const char *jws,
                            const char *thumbprint, json_t **ret_payload,
                            struct error *err)
{
	size_t count;
	char **parts = text_split(a, jws, ". \n", &count);
	json_t *header, *payload;
	EVP_PKEY *pkey;

	if (count != 3 || !jws_part_to_json(a, parts[0], &header, err))
		return error_set(err, ERROR_INVALID,
		                 "not a signed statement of Portvakt");
	if (!signed_manifest_check_key(a, header, thumbprint, &pkey, err))
		return false;
	if (!es256_verify(pkey, arena_printf(a, "%s.%s", parts[0], parts[1]),
	                  parts[2]))
		return error_set(err, ERROR_REFUSED,
		                 "signature of the statement is invalid");
	if (!jws_part_to_json(a, parts[1], &payload, err))
		return false;
	if (js_number(payload, "v", 0) != 1)
		return error_set(err, ERROR_INVALID,
		                 "unsupported version of the signed statement");
	*ret_payload = payload;
	return true;
}
