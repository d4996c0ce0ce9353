/* SPDX-License-Identifier: AGPL-3.0-or-later
 * imported_keys.c: stores another installation's public keys (JWK, RFC 7517;
 * X.509) in files named by a hash of their id, so a repeated import replaces
 * the file. */
#include "idp/signer/imported_keys.h"

#include <openssl/x509.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/jwk_thumbprint.h"
#include "lib/strbuf.h"
#include "region/audit/es256.h"

enum {
	RSA_MIN_BYTES = 256,
	RSA_MAX_BYTES = 1024,
	KID_MAX_LENGTH = 128,
	FILE_MAX_BYTES = 16 * 1024,
	FILE_MODE = 0600
};

DEFINE_CLEANUP(release_x509, X509 *, X509_free)

static const char *imported_key_path(struct arena *a, const char *folder,
                                     const char *id, const char *suffix)
{
	return arena_printf(a, "%s/adopted-%s.%s", folder,
	                    hash_sha256_hex(a, id, strlen(id)), suffix);
}

/* ---- keys */

static bool imported_rsa_check(struct arena *a, const json_t *jwk,
                               struct error *err)
{
	const char *n = js_string(jwk, "n"), *e = js_string(jwk, "e");
	unsigned char *bytes;
	size_t length;

	if (!n || !e || !base64url_decode(a, n, strlen(n), &bytes, &length) ||
	    length < RSA_MIN_BYTES || length > RSA_MAX_BYTES ||
	    !(bytes[0] & 0x80) ||
	    !base64url_decode(a, e, strlen(e), &bytes, &length))
		return error_set(err, ERROR_INVALID,
		                 "JWK is not an RSA key of at least 2048 bits");
	return true;
}

static bool imported_jwk_check(struct arena *a, const json_t *jwk,
                               struct error *err)
{
	EVP_PKEY *ignored;

	if (jwk_is_private(jwk))
		return error_set(err, ERROR_INVALID,
		                 "JWK contains a private key; only public keys "
		                 "are accepted");
	if (text_equal(js_string(jwk, "kty"), "RSA"))
		return imported_rsa_check(a, jwk, err);
	return jwk_parse_p256(a, jwk, &ignored, err);
}

static bool imported_kid_is_valid(const char *kid)
{
	const size_t length = strlen(kid);

	for (size_t i = 0; i < length; i++)
		if (kid[i] <= ' ' || kid[i] >= 0x7f)
			return false;
	return length > 0 && length <= KID_MAX_LENGTH;
}

/* Returns the public members (RFC 7518 6.2.1, 6.3.1) with kid, use and alg. kid
 * is the value in its owner's tokens. */
static json_t *imported_jwk_public(struct arena *a, const json_t *jwk,
                                   const char *kid)
{
	static const char *const members[] = {
		"kty", "crv", "x", "y", "n", "e"
	};
	json_t *out = js_own(a, json_object());

	for (size_t i = 0; i < LENGTH(members); i++)
		js_set_string(out, members[i], js_string(jwk, members[i]));
	js_set_string(out, "kid", kid);
	js_set_string(out, "use", "sig");
	js_set_string(out, "alg",
	              text_equal(js_string(jwk, "kty"), "RSA") ? "RS256"
	                                                       : "ES256");
	return out;
}

bool imported_keys_add_jwk(struct arena *a, const char *folder,
                           const json_t *jwk, const char **ret_id,
                           struct error *err)
{
	const char *kid = js_string(jwk, "kid");

	if (!imported_jwk_check(a, jwk, err))
		return false;
	if (!kid)
		kid = jwk_thumbprint(a, jwk);
	if (!kid || !imported_kid_is_valid(kid))
		return error_set(err, ERROR_INVALID, "kid is invalid");
	const char *text = js_dump(a, imported_jwk_public(a, jwk, kid));

	*ret_id = kid;
	return file_write(imported_key_path(a, folder, kid, "jwk"), text,
	                  strlen(text), FILE_MODE, err);
}

/* ---- certificates */

bool imported_keys_add_certificate(struct arena *a, const char *folder,
                                   const char *certificate, const char **ret_id,
                                   struct error *err)
{
	unsigned char *der;
	size_t length;

	if (!base64_decode(a, certificate, strlen(certificate), &der, &length))
		return error_set(err, ERROR_INVALID,
		                 "certificate is not base64");
	const unsigned char *at = der;
	own(release_x509) X509 *c = d2i_X509(NULL, &at, (long)length);

	if (!c || at != der + length || !X509_get0_pubkey(c))
		return error_set(err, ERROR_INVALID,
		                 "certificate is not valid X.509 DER");
	const char *text = base64_encode(a, der, length);

	*ret_id = hash_sha256_hex(a, der, length);
	return file_write(imported_key_path(a, folder, *ret_id, "cer"), text,
	                  strlen(text), FILE_MODE, err);
}

/* ---- list */

/* Appends the text of one file to its list. */
typedef bool imported_keys_append(struct arena *a, const char *text,
                                  json_t *list, struct error *err);

static bool imported_keys_append_jwk(struct arena *a, const char *text,
                                     json_t *list, struct error *err)
{
	json_t *jwk;

	if (!js_parse(a, text, strlen(text), &jwk, err))
		return false;
	(void)json_array_append(list, jwk);
	return true;
}

static bool imported_keys_append_certificate(struct arena *a, const char *text,
                                             json_t *list, struct error *err)
{
	(void)a, (void)err;
	(void)json_array_append_new(list, json_string(text));
	return true;
}

static bool imported_keys_append_files(struct arena *a, const char *folder,
                                       const char *suffix,
                                       imported_keys_append *add, json_t *list,
                                       struct error *err)
{
	size_t count, length;
	char **names, *text;

	if (!file_list(a, folder, suffix, &names, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!file_read(a, arena_printf(a, "%s/%s", folder, names[i]),
		               FILE_MAX_BYTES, &text, &length, err) ||
		    !add(a, text, list, err))
			return false;
	return true;
}

bool imported_keys_list(struct arena *a, const char *folder, json_t *jwks,
                        json_t *certificates, struct error *err)
{
	return imported_keys_append_files(
		   a, folder, ".jwk", imported_keys_append_jwk, jwks, err) &&
	       imported_keys_append_files(a, folder, ".cer",
	                                  imported_keys_append_certificate,
	                                  certificates, err);
}
