/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwe.c: JWE encryption and decryption with OpenSSL (RFC 7516; RFC 7518 4.6,
 * 5.3). Each message has a new ephemeral key, and so a new content key. */
#include "idp/keeper/jwe.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/text.h"
#include "region/keys_es256.h"

#include <openssl/core_names.h>

enum { KEY = 32, NONCE = 12, TAG = 16, HALF = 32, PARTS = 5 };

static const char enc[] = "A256GCM";

OWNER(release_pkey, EVP_PKEY *, EVP_PKEY_free)
OWNER(release_pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
OWNER(release_cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)
OWNER(release_bn, BIGNUM *, BN_free)

/* ---- key agreement */

static void add_number(struct text *t, size_t number)
{
	const unsigned char bytes[4] = { (unsigned char)(number >> 24),
		                         (unsigned char)(number >> 16),
		                         (unsigned char)(number >> 8),
		                         (unsigned char)number };

	text_add_bytes(t, bytes, sizeof(bytes));
}

static void add_counted(struct text *t, const char *text)
{
	add_number(t, strlen(text));
	text_add(t, text);
}

void jwe_derive(struct arena *a, const void *z, size_t length,
                const char *algorithm, const char *apu, const char *apv,
                unsigned bits, unsigned char ret_key[32])
{
	struct text t = text_in(a);

	add_number(&t, 1);
	text_add_bytes(&t, z, length);
	add_counted(&t, algorithm);
	add_counted(&t, apu);
	add_counted(&t, apv);
	add_number(&t, bits);
	hash_sha256(t.at, t.length, ret_key);
}

static bool agree(struct arena *a, EVP_PKEY *own_key, EVP_PKEY *other,
                  unsigned char ret_key[KEY])
{
	own(release_pkey_ctx) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_pkey(NULL, own_key, NULL);
	unsigned char z[HALF];
	size_t length = sizeof(z);

	if (!ctx || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, other) != 1 ||
	    EVP_PKEY_derive(ctx, z, &length) != 1 || length != sizeof(z))
		return false;
	jwe_derive(a, z, length, enc, "", "", 8 * KEY, ret_key);
	explicit_bzero(z, sizeof(z));
	return true;
}

/* ---- AES-256-GCM */

struct closed {
	unsigned char nonce[NONCE], tag[TAG];
	unsigned char *bytes;
	size_t length;
};

/* aad: the encoded protected header (RFC 7516 5.1, step 14). */
static bool encrypt(const unsigned char key[KEY], const char *aad,
                    const char *secret, struct closed *c)
{
	own(release_cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;

	return ctx &&
	       EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key,
	                          c->nonce) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)aad,
	                         (int)strlen(aad)) == 1 &&
	       EVP_EncryptUpdate(ctx, c->bytes, &n,
	                         (const unsigned char *)secret,
	                         (int)c->length) == 1 &&
	       EVP_EncryptFinal_ex(ctx, c->bytes + n, &rest) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, c->tag) == 1;
}

static bool decrypt(const unsigned char key[KEY], const char *aad,
                    struct closed *c, unsigned char *ret)
{
	own(release_cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;

	return ctx &&
	       EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key,
	                          c->nonce) == 1 &&
	       EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)aad,
	                         (int)strlen(aad)) == 1 &&
	       EVP_DecryptUpdate(ctx, ret, &n, c->bytes, (int)c->length) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, c->tag) ==
	           1 &&
	       EVP_DecryptFinal_ex(ctx, ret + n, &rest) == 1;
}

/* ---- encryption */

static bool coordinate(struct arena *a, const EVP_PKEY *pkey, const char *name,
                       const char **ret)
{
	own(release_bn) BIGNUM *number = NULL;
	unsigned char bytes[HALF];

	if (!EVP_PKEY_get_bn_param(pkey, name, &number) ||
	    BN_bn2binpad(number, bytes, HALF) != HALF)
		return false;
	*ret = base64url_write(a, bytes, HALF);
	return true;
}

static bool header_of(struct arena *a, const EVP_PKEY *ephemeral,
                      const char *kid, char **ret_header)
{
	const char *x, *y;

	if (!coordinate(a, ephemeral, OSSL_PKEY_PARAM_EC_PUB_X, &x) ||
	    !coordinate(a, ephemeral, OSSL_PKEY_PARAM_EC_PUB_Y, &y))
		return false;
	const char *text = js_write(
	    a, js_keep(a, json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s}}",
	                            "alg", "ECDH-ES", "enc", enc, "kid", kid,
	                            "epk", "kty", "EC", "crv", "P-256", "x", x,
	                            "y", y)));

	*ret_header = base64url_write(a, text, strlen(text));
	return true;
}

bool jwe_close(struct arena *a, const json_t *to, const char *secret,
               char **ret_jwe, struct fault *why)
{
	own(release_pkey) EVP_PKEY *ephemeral =
	    EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct closed c = { .length = strlen(secret) };
	unsigned char key[KEY];
	EVP_PKEY *receiver;
	char *header;

	if (!jwk_read_p256(a, to, &receiver, why))
		return false;
	c.bytes = arena_alloc(a, c.length + 1);
	random_bytes(c.nonce, sizeof(c.nonce));
	bool good = ephemeral &&
	            header_of(a, ephemeral, jwk_thumbprint(a, to), &header) &&
	            agree(a, ephemeral, receiver, key) &&
	            encrypt(key, header, secret, &c);

	explicit_bzero(key, sizeof(key));
	if (!good)
		return fault(why, FAULT_UNAVAILABLE, "OpenSSL: closing failed");
	*ret_jwe = arena_print(a, "%s..%s.%s.%s", header,
	                       base64url_write(a, c.nonce, sizeof(c.nonce)),
	                       base64url_write(a, c.bytes, c.length),
	                       base64url_write(a, c.tag, sizeof(c.tag)));
	return true;
}

/* ---- decryption */

/* Splits the compact serialization (RFC 7516 7.1). The encrypted key is empty,
 * because ECDH-ES agrees on the content key (RFC 7518 4.6). */
static bool cut(struct arena *a, const char *jwe, char *ret_parts[PARTS])
{
	for (size_t i = 0; i < PARTS; i++) {
		const size_t length = strcspn(jwe, ".");

		ret_parts[i] = arena_bytes(a, jwe, length);
		jwe += length;
		if ((*jwe == '.') != (i + 1 < PARTS))
			return false;
		jwe += *jwe == '.';
	}
	return !*ret_parts[1];
}

static bool read_fixed(struct arena *a, const char *part, size_t length,
                       unsigned char *ret)
{
	unsigned char *bytes;
	size_t count;

	if (!base64url_read(a, part, strlen(part), &bytes, &count) ||
	    count != length)
		return false;
	memcpy(ret, bytes, length);
	return true;
}

static bool read_ephemeral(struct arena *a, const char *part,
                           EVP_PKEY **ret_pkey)
{
	unsigned char *bytes;
	size_t length;
	json_t *header;
	struct fault ignored = { 0 };

	return base64url_read(a, part, strlen(part), &bytes, &length) &&
	       js_read(a, (const char *)bytes, length, &header, &ignored) &&
	       text_equal(js_string(header, "alg"), "ECDH-ES") &&
	       text_equal(js_string(header, "enc"), enc) &&
	       !json_object_get(header, "crit") &&
	       jwk_read_p256(a, js_object(header, "epk"), ret_pkey, &ignored);
}

static bool open_parts(struct arena *a, EVP_PKEY *own_key,
                       char *const parts[PARTS], char **ret_secret)
{
	struct closed c = { 0 };
	unsigned char key[KEY];
	EVP_PKEY *ephemeral;

	if (!read_ephemeral(a, parts[0], &ephemeral) ||
	    !read_fixed(a, parts[2], NONCE, c.nonce) ||
	    !base64url_read(a, parts[3], strlen(parts[3]), &c.bytes,
	                    &c.length) ||
	    !read_fixed(a, parts[4], TAG, c.tag) ||
	    !agree(a, own_key, ephemeral, key))
		return false;
	unsigned char *secret = arena_alloc(a, c.length + 1);
	bool good = decrypt(key, parts[0], &c, secret);

	explicit_bzero(key, sizeof(key));
	secret[c.length] = '\0';
	*ret_secret = (char *)secret;
	return good;
}

bool jwe_open(struct arena *a, EVP_PKEY *own_key, const char *jwe,
              char **ret_secret, struct fault *why)
{
	char *parts[PARTS];

	return (cut(a, jwe, parts) &&
	        open_parts(a, own_key, parts, ret_secret)) ||
	       fault(why, FAULT_INVALID, "it was not closed for our key");
}
