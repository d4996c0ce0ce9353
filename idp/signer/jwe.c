/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwe.c: JWE encryption and decryption with OpenSSL (RFC 7516; RFC 7518 4.6,
 * 5.3). Each message has a new ephemeral key, and so a new content key. */
#include "idp/signer/jwe.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/jwk_thumbprint.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "region/audit/es256.h"

#include <openssl/core_names.h>

enum {
	CEK_BYTES = 32,
	IV_BYTES = 12,
	TAG_BYTES = 16,
	COORDINATE_BYTES = 32,
	JWE_PARTS = 5
};

static const char enc[] = "A256GCM";

DEFINE_CLEANUP(release_pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(release_pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(release_cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)
DEFINE_CLEANUP(release_bn, BIGNUM *, BN_free)

/* ---- key agreement */

static void concat_kdf_add_uint32(struct strbuf *t, size_t number)
{
	const unsigned char bytes[4] = { (unsigned char)(number >> 24),
		                         (unsigned char)(number >> 16),
		                         (unsigned char)(number >> 8),
		                         (unsigned char)number };

	strbuf_append_bytes(t, bytes, sizeof(bytes));
}

static void concat_kdf_add_string(struct strbuf *t, const char *text)
{
	concat_kdf_add_uint32(t, strlen(text));
	strbuf_append(t, text);
}

void jwe_concat_kdf(struct arena *a, const void *z, size_t length,
                    const char *algorithm, const char *apu, const char *apv,
                    unsigned bits, unsigned char ret_key[32])
{
	struct strbuf t = strbuf_init(a);

	concat_kdf_add_uint32(&t, 1);
	strbuf_append_bytes(&t, z, length);
	concat_kdf_add_string(&t, algorithm);
	concat_kdf_add_string(&t, apu);
	concat_kdf_add_string(&t, apv);
	concat_kdf_add_uint32(&t, bits);
	hash_sha256(t.data, t.length, ret_key);
}

static bool jwe_agree_key(struct arena *a, EVP_PKEY *own_key, EVP_PKEY *other,
                          unsigned char ret_key[CEK_BYTES])
{
	own(release_pkey_ctx) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_pkey(NULL, own_key, NULL);
	unsigned char z[COORDINATE_BYTES];
	size_t length = sizeof(z);

	if (!ctx || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, other) != 1 ||
	    EVP_PKEY_derive(ctx, z, &length) != 1 || length != sizeof(z))
		return false;
	jwe_concat_kdf(a, z, length, enc, "", "", 8 * CEK_BYTES, ret_key);
	explicit_bzero(z, sizeof(z));
	return true;
}

/* ---- AES-256-GCM */

struct jwe_ciphertext {
	unsigned char iv[IV_BYTES], tag[TAG_BYTES];
	unsigned char *bytes;
	size_t length;
};

/* aad: the encoded protected header (RFC 7516 5.1, step 14). */
static bool jwe_gcm_encrypt(const unsigned char key[CEK_BYTES], const char *aad,
                            const char *secret, struct jwe_ciphertext *c)
{
	own(release_cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;

	return ctx &&
	       EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, c->iv) ==
	           1 &&
	       EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)aad,
	                         (int)strlen(aad)) == 1 &&
	       EVP_EncryptUpdate(ctx, c->bytes, &n,
	                         (const unsigned char *)secret,
	                         (int)c->length) == 1 &&
	       EVP_EncryptFinal_ex(ctx, c->bytes + n, &rest) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
	                           c->tag) == 1;
}

static bool jwe_gcm_decrypt(const unsigned char key[CEK_BYTES], const char *aad,
                            struct jwe_ciphertext *c, unsigned char *ret)
{
	own(release_cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;

	return ctx &&
	       EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, c->iv) ==
	           1 &&
	       EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)aad,
	                         (int)strlen(aad)) == 1 &&
	       EVP_DecryptUpdate(ctx, ret, &n, c->bytes, (int)c->length) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
	                           c->tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, ret + n, &rest) == 1;
}

/* ---- encryption */

static bool jwe_ec_coordinate(struct arena *a, const EVP_PKEY *pkey,
                              const char *name, const char **ret)
{
	own(release_bn) BIGNUM *number = NULL;
	unsigned char bytes[COORDINATE_BYTES];

	if (!EVP_PKEY_get_bn_param(pkey, name, &number) ||
	    BN_bn2binpad(number, bytes, COORDINATE_BYTES) != COORDINATE_BYTES)
		return false;
	*ret = base64url_encode(a, bytes, COORDINATE_BYTES);
	return true;
}

static bool jwe_protected_header(struct arena *a, const EVP_PKEY *ephemeral,
                                 const char *kid, char **ret_header)
{
	const char *x, *y;

	if (!jwe_ec_coordinate(a, ephemeral, OSSL_PKEY_PARAM_EC_PUB_X, &x) ||
	    !jwe_ec_coordinate(a, ephemeral, OSSL_PKEY_PARAM_EC_PUB_Y, &y))
		return false;
	const char *text = js_dump(
	    a,
	    js_own(a, json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s}}",
	                        "alg", "ECDH-ES", "enc", enc, "kid", kid, "epk",
	                        "kty", "EC", "crv", "P-256", "x", x, "y", y)));

	*ret_header = base64url_encode(a, text, strlen(text));
	return true;
}

bool jwe_encrypt(struct arena *a, const json_t *recipient, const char *secret,
                 char **ret_jwe, struct error *err)
{
	own(release_pkey) EVP_PKEY *ephemeral =
	    EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct jwe_ciphertext c = { .length = strlen(secret) };
	unsigned char key[CEK_BYTES];
	EVP_PKEY *recipient_key;
	char *header;

	if (!jwk_parse_p256(a, recipient, &recipient_key, err))
		return false;
	c.bytes = arena_alloc(a, c.length + 1);
	random_bytes(c.iv, sizeof(c.iv));
	bool good = ephemeral &&
	            jwe_protected_header(
			a, ephemeral, jwk_thumbprint(a, recipient), &header) &&
	            jwe_agree_key(a, ephemeral, recipient_key, key) &&
	            jwe_gcm_encrypt(key, header, secret, &c);

	explicit_bzero(key, sizeof(key));
	if (!good)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "OpenSSL: JWE encryption failed");
	*ret_jwe = arena_printf(a, "%s..%s.%s.%s", header,
	                        base64url_encode(a, c.iv, sizeof(c.iv)),
	                        base64url_encode(a, c.bytes, c.length),
	                        base64url_encode(a, c.tag, sizeof(c.tag)));
	return true;
}

/* ---- decryption */

/* Splits the compact serialization (RFC 7516 7.1). The encrypted key is empty,
 * because ECDH-ES agrees on the content key (RFC 7518 4.6). */
static bool jwe_split(struct arena *a, const char *jwe,
                      char *ret_parts[JWE_PARTS])
{
	for (size_t i = 0; i < JWE_PARTS; i++) {
		const size_t length = strcspn(jwe, ".");

		ret_parts[i] = arena_memdup(a, jwe, length);
		jwe += length;
		if ((*jwe == '.') != (i + 1 < JWE_PARTS))
			return false;
		jwe += *jwe == '.';
	}
	return !*ret_parts[1];
}

static bool jwe_read_fixed(struct arena *a, const char *part, size_t length,
                           unsigned char *ret)
{
	unsigned char *bytes;
	size_t count;

	if (!base64url_decode(a, part, strlen(part), &bytes, &count) ||
	    count != length)
		return false;
	memcpy(ret, bytes, length);
	return true;
}

static bool jwe_read_epk(struct arena *a, const char *part, EVP_PKEY **ret_pkey)
{
	unsigned char *bytes;
	size_t length;
	json_t *header;
	struct error ignored = { 0 };

	return base64url_decode(a, part, strlen(part), &bytes, &length) &&
	       js_parse(a, (const char *)bytes, length, &header, &ignored) &&
	       text_equal(js_string(header, "alg"), "ECDH-ES") &&
	       text_equal(js_string(header, "enc"), enc) &&
	       !json_object_get(header, "crit") &&
	       jwk_parse_p256(a, js_object(header, "epk"), ret_pkey, &ignored);
}

static bool jwe_decrypt_parts(struct arena *a, EVP_PKEY *own_key,
                              char *const parts[JWE_PARTS], char **ret_secret)
{
	struct jwe_ciphertext c = { 0 };
	unsigned char key[CEK_BYTES];
	EVP_PKEY *ephemeral;

	if (!jwe_read_epk(a, parts[0], &ephemeral) ||
	    !jwe_read_fixed(a, parts[2], IV_BYTES, c.iv) ||
	    !base64url_decode(a, parts[3], strlen(parts[3]), &c.bytes,
	                      &c.length) ||
	    !jwe_read_fixed(a, parts[4], TAG_BYTES, c.tag) ||
	    !jwe_agree_key(a, own_key, ephemeral, key))
		return false;
	unsigned char *secret = arena_alloc(a, c.length + 1);
	bool good = jwe_gcm_decrypt(key, parts[0], &c, secret);

	explicit_bzero(key, sizeof(key));
	secret[c.length] = '\0';
	*ret_secret = (char *)secret;
	return good;
}

bool jwe_decrypt(struct arena *a, EVP_PKEY *own_key, const char *jwe,
                 char **ret_secret, struct error *err)
{
	char *parts[JWE_PARTS];

	return (jwe_split(a, jwe, parts) &&
	        jwe_decrypt_parts(a, own_key, parts, ret_secret)) ||
	       error_set(err, ERROR_INVALID,
	                 "JWE cannot be decrypted with our key");
}
