/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of jwk_thumbprint.c: the example of RFC 7638 3.1, and one EC key. */
#include "tests/unit/test.h"

#include <string.h>

#include "lib/compiler.h"
#include "lib/jwk_thumbprint.h"

#define RSA_N                                                                \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z"   \
	"wu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY" \
	"4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS" \
	"qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhA" \
	"I4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU" \
	"8awapJzKnqDKgw"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

static const struct {
	const char *jwk, *thumbprint;
} rows[] = {
	/* RFC 7638 3.1: alg and kid do not count. */
	{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\","
	  "\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}",
	  "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" },
	/* The key of RFC 7515 A.3. */
	{ "{\"y\":\"" EC_Y "\",\"x\":\"" EC_X "\",\"crv\":\"P-256\","
	  "\"kty\":\"EC\",\"use\":\"sig\"}",
	  "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"}", NULL },
	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", NULL },
	{ "{\"kty\":\"oct\",\"k\":\"AQAB\"}", NULL },
	{ "{}", NULL },
};

static void a_thumbprint_is_of_the_required_members(void **state)
{
	struct arena *a = arena_open();
	json_t *jwk;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_true(
		    js_parse(a, rows[i].jwk, strlen(rows[i].jwk), &jwk, NULL));
		const char *thumbprint = jwk_thumbprint(a, jwk);

		if (rows[i].thumbprint)
			assert_string_equal(thumbprint, rows[i].thumbprint);
		else
			assert_null(thumbprint);
	}
	arena_close(a);
}

TESTS(a_thumbprint_is_of_the_required_members)
