/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jose_fuzz.c: arbitrary bytes as a JWS, as its parts and as a JWK Set. A token
 * accepted by the precheck does not abort cjose (`a=aa..` does), has an allowed
 * alg, no crit, and one encoding only.
 *
 * with: idp/jose/jws_precheck.c idp/jose/jwks.c idp/jose/thumbprint.c
 */
#include "tests/fuzz/fuzz.h"

#include <cjose/cjose.h>

#include "idp/jose/jwks.h"
#include "idp/jose/jws_precheck.h"
#include "lib/base64.h"

static const char *const algs[] = { "RS256", "PS256", "ES256", "ES384", NULL };

static json_t *header_of(struct arena *a, const char *token)
{
	unsigned char *bytes;
	size_t length;

	assert(
	    base64url_decode(a, token, strcspn(token, "."), &bytes, &length));
	return js_own(a, json_loadb((char *)bytes, length, 0, NULL));
}

static void is_ours(struct arena *a, const char *token,
                    const struct jws_parsed *t)
{
	json_t *header = header_of(a, token);
	const char *alg = js_string(header, "alg");
	bool known = false;

	for (size_t i = 0; algs[i]; i++)
		known |= text_equal(algs[i], alg);
	assert(known && text_equal(t->alg->name, alg));
	assert(!json_object_get(header, "crit"));
	assert(!json_object_get(header, "jwk"));
	assert(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
	                     "xyz0123456789-_.") == strlen(token));
}

static void as_token(struct arena *a, const char *token)
{
	struct error err = { 0 };
	struct jws_parsed t;
	cjose_err error;

	if (!jws_parse_strict(a, token, algs, &t, &err)) {
		assert(err.kind == ERROR_INVALID);
		return;
	}
	is_ours(a, token, &t);
	cjose_jws_t *jws = cjose_jws_import(token, strlen(token), &error);

	if (jws)
		cjose_jws_release(jws);
}

/* Header, payload and signature are encoded here, so that base64url is no
 * obstacle for the fuzzer. */
static void as_parts(struct arena *a, const uint8_t *data, size_t size)
{
	struct strbuf t = strbuf_init(a);
	size_t length;
	char *part;

	part = fuzz_line(a, &data, &size, &length);
	strbuf_append(&t, base64url_encode(a, part, length));
	strbuf_append(&t, ".");
	part = fuzz_line(a, &data, &size, &length);
	strbuf_append(&t, base64url_encode(a, part, length));
	strbuf_append(&t, ".");
	unsigned char *signature = arena_alloc(a, 512);

	memcpy(signature, data, size < 512 ? size : 512);
	for (size_t n = 64; n <= 512; n += n == 64 ? 32 : n == 96 ? 160 : 256)
		as_token(a, arena_printf(a, "%s%s", t.data,
		                         base64url_encode(a, signature, n)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct error err = { 0 };
	const struct jwks *set;

	as_token(a, fuzz_string(a, data, size));
	as_parts(a, data, size);
	if (jwks_parse(a, fuzz_exact(a, data, size), size, &set, &err))
		assert(jwks_count(set) >= 1 &&
		       jwks_count(set) <= JWKS_MAX_KEYS);
	arena_close(a);
	return 0;
}
