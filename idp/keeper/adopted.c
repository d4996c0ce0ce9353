/* SPDX-License-Identifier: AGPL-3.0-or-later
 * imported_keys.c: stores another installation's public keys (JWK, RFC 7517;
 * X.509) in files named by a hash of their id, so a repeated import replaces
 * the file. */
#include "idp/keeper/adopted.h"

#include <openssl/x509.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/text.h"
#include "region/keys_es256.h"

enum {
	RSA_LEAST = 256,
	RSA_MOST = 1024,
	KID_MOST = 128,
	FILE_MOST = 16 * 1024,
	FILE_MODE = 0600
};

OWNER(release_x509, X509 *, X509_free)

static const char *path_of(struct arena *a, const char *folder, const char *id,
                           const char *ending)
{
	return arena_print(a, "%s/adopted-%s.%s", folder,
	                   hash_hex(a, id, strlen(id)), ending);
}

/* ---- keys */

static bool rsa_is_good(struct arena *a, const json_t *jwk, struct fault *why)
{
	const char *n = js_string(jwk, "n"), *e = js_string(jwk, "e");
	unsigned char *bytes;
	size_t length;

	if (!n || !e || !base64url_read(a, n, strlen(n), &bytes, &length) ||
	    length < RSA_LEAST || length > RSA_MOST || !(bytes[0] & 0x80) ||
	    !base64url_read(a, e, strlen(e), &bytes, &length))
		return fault(why, FAULT_INVALID,
		             "not a JWK of an RSA key of 2,048 bits or more");
	return true;
}

static bool key_is_good(struct arena *a, const json_t *jwk, struct fault *why)
{
	EVP_PKEY *ignored;

	if (jwk_is_private(jwk))
		return fault(why, FAULT_INVALID,
		             "this holds a private key, which must never leave "
		             "its owner");
	if (text_equal(js_string(jwk, "kty"), "RSA"))
		return rsa_is_good(a, jwk, why);
	return jwk_read_p256(a, jwk, &ignored, why);
}

static bool kid_is_good(const char *kid)
{
	const size_t length = strlen(kid);

	for (size_t i = 0; i < length; i++)
		if (kid[i] <= ' ' || kid[i] >= 0x7f)
			return false;
	return length > 0 && length <= KID_MOST;
}

/* Returns the public members (RFC 7518 6.2.1, 6.3.1) with kid, use and alg. kid
 * is the value in its owner's tokens. */
static json_t *published(struct arena *a, const json_t *jwk, const char *kid)
{
	static const char *const members[] = {
		"kty", "crv", "x", "y", "n", "e"
	};
	json_t *out = js_keep(a, json_object());

	for (size_t i = 0; i < LENGTH(members); i++)
		js_put(out, members[i], js_string(jwk, members[i]));
	js_put(out, "kid", kid);
	js_put(out, "use", "sig");
	js_put(out, "alg",
	       text_equal(js_string(jwk, "kty"), "RSA") ? "RS256" : "ES256");
	return out;
}

bool adopted_add_key(struct arena *a, const char *folder, const json_t *jwk,
                     const char **ret_id, struct fault *why)
{
	const char *kid = js_string(jwk, "kid");

	if (!key_is_good(a, jwk, why))
		return false;
	if (!kid)
		kid = jwk_thumbprint(a, jwk);
	if (!kid || !kid_is_good(kid))
		return fault(why, FAULT_INVALID, "not a kid");
	const char *text = js_write(a, published(a, jwk, kid));

	*ret_id = kid;
	return file_write(path_of(a, folder, kid, "jwk"), text, strlen(text),
	                  FILE_MODE, why);
}

/* ---- certificates */

bool adopted_add_certificate(struct arena *a, const char *folder,
                             const char *certificate, const char **ret_id,
                             struct fault *why)
{
	unsigned char *der;
	size_t length;

	if (!base64_read(a, certificate, strlen(certificate), &der, &length))
		return fault(why, FAULT_INVALID, "not base64 of a certificate");
	const unsigned char *at = der;
	own(release_x509) X509 *c = d2i_X509(NULL, &at, (long)length);

	if (!c || at != der + length || !X509_get0_pubkey(c))
		return fault(why, FAULT_INVALID, "not a certificate");
	const char *text = base64_write(a, der, length);

	*ret_id = hash_hex(a, der, length);
	return file_write(path_of(a, folder, *ret_id, "cer"), text,
	                  strlen(text), FILE_MODE, why);
}

/* ---- list */

/* Appends the text of one file to its list. */
typedef bool add_to(struct arena *a, const char *text, json_t *list,
                    struct fault *why);

static bool add_key(struct arena *a, const char *text, json_t *list,
                    struct fault *why)
{
	json_t *jwk;

	if (!js_read(a, text, strlen(text), &jwk, why))
		return false;
	(void)json_array_append(list, jwk);
	return true;
}

static bool add_certificate(struct arena *a, const char *text, json_t *list,
                            struct fault *why)
{
	(void)a, (void)why;
	(void)json_array_append_new(list, json_string(text));
	return true;
}

static bool add_all(struct arena *a, const char *folder, const char *ending,
                    add_to *add, json_t *list, struct fault *why)
{
	size_t count, length;
	char **names, *text;

	if (!file_list(a, folder, ending, &names, &count, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!file_read(a, arena_print(a, "%s/%s", folder, names[i]),
		               FILE_MOST, &text, &length, why) ||
		    !add(a, text, list, why))
			return false;
	return true;
}

bool adopted_list(struct arena *a, const char *folder, json_t *jwks,
                  json_t *certificates, struct fault *why)
{
	return add_all(a, folder, ".jwk", add_key, jwks, why) &&
	       add_all(a, folder, ".cer", add_certificate, certificates, why);
}
