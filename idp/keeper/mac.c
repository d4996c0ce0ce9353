/* SPDX-License-Identifier: AGPL-3.0-or-later
 * mac.c: MACs of values in Redis, subject identifiers (OpenID Connect Core 8,
 * SAML Core 8.3), and signatures of audit log heads. */
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <string.h>

#include "idp/keeper/keeper.h"
#include "idp/keeper/make.h"
#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/text.h"

enum { HEX = 64, DIGEST = 43, MOST_ITEMS = 64 };

/* docs/decisions/0001: the kinds of values that carry a MAC. */
static bool is_kind(const char *kind)
{
	static const char *const kinds[] = { "session", "ticket", "code",
		                             "par",     "access", "refresh" };

	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i], kind))
			return true;
	return false;
}

static bool is_subject_kind(const char *kind)
{
	return text_equal(kind, "sub") || text_equal(kind, "nameid") ||
	       text_equal(kind, "pairwise");
}

/* Returns base64url(HMAC-SHA256(key, first NUL second NUL third)). */
static char *hmac_of_three(struct arena *a, const unsigned char *key,
                           const char *one, const char *other, const char *last)
{
	unsigned char mac[HASH_SHA256];
	struct text whole = text_in(a);

	text_add(&whole, one);
	text_add_bytes(&whole, "", 1);
	text_add(&whole, other);
	text_add_bytes(&whole, "", 1);
	text_add(&whole, last);
	hash_hmac(key, KEY_SECRET, whole.at, whole.length, mac);
	return base64url_write(a, mac, sizeof(mac));
}

static bool mac_of(struct arena *a, const json_t *item, char **ret_mac,
                   struct fault *why)
{
	const char *kind = js_string(item, "kind");
	const char *key = js_string(item, "key");
	const char *digest = js_string(item, "digest");

	if (!is_kind(kind))
		return fault(why, FAULT_INVALID, "no such kind");
	if (!key || strlen(key) != HEX ||
	    strspn(key, "0123456789abcdef") != HEX)
		return fault(why, FAULT_INVALID, "key is not 64 hex digits");
	if (!digest || strlen(digest) != DIGEST)
		return fault(why, FAULT_INVALID, "digest is not SHA-256");
	*ret_mac = hmac_of_three(a, keys_mac(), kind, key, digest);
	return true;
}

static bool items_of(const struct question *q, const json_t **ret_items,
                     struct fault *why)
{
	const json_t *items = js_array(q->body, "items");

	if (!items || json_array_size(items) == 0 ||
	    json_array_size(items) > MOST_ITEMS)
		return fault(why, FAULT_INVALID, "1 to %d items", MOST_ITEMS);
	*ret_items = items;
	return true;
}

/* Signs the token that belongs to the stored values, with the checks of its own
 * request; this saves a round trip. */
static bool add_token(const struct question *q, json_t *answer,
                      struct fault *why)
{
	struct question token = *q;
	json_t *said;

	token.body = js_object(q->body, "token");
	if (!token.body)
		return true;
	if (!answer_sign_token(&token, &said, why))
		return false;
	(void)json_object_update(answer, said);
	return true;
}

bool answer_mac(const struct question *q, json_t **ret_answer,
                struct fault *why)
{
	json_t *answer, *macs = js_keep(q->arena, json_array());
	const json_t *items;
	char *mac;

	if (!items_of(q, &items, why))
		return false;
	for (size_t i = 0; i < json_array_size(items); i++) {
		if (!mac_of(q->arena, json_array_get(items, i), &mac, why))
			return false;
		(void)json_array_append_new(macs, json_string(mac));
	}
	answer = js_keep(q->arena, json_pack("{s:O}", "macs", macs));
	if (!add_token(q, answer, why))
		return false;
	*ret_answer = answer;
	return true;
}

bool answer_check(const struct question *q, json_t **ret_answer,
                  struct fault *why)
{
	const json_t *items;
	char *mac;

	if (!items_of(q, &items, why))
		return false;
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		const char *said = js_string(item, "mac");

		if (!mac_of(q->arena, item, &mac, why))
			return false;
		if (!said || !hash_same_text(said, mac))
			return fault(why, FAULT_REFUSED, "not our MAC");
	}
	*ret_answer = js_keep(q->arena, json_object());
	return true;
}

bool answer_subject(const struct question *q, json_t **ret_answer,
                    struct fault *why)
{
	const char *kind = js_string(q->body, "kind");
	const char *sector = js_string(q->body, "sector");
	const char *id = js_string(q->body, "id");
	const struct issuer *i;

	if (!is_subject_kind(kind))
		return fault(why, FAULT_INVALID,
		             "kind is sub, nameid or pairwise");
	if (!sector || !*sector || !id || !*id)
		return fault(why, FAULT_INVALID, "sector or id is missing");
	if (!issuer_of(q, &i, why))
		return false;
	const char *value =
	    hmac_of_three(q->arena, keys_salt(i->name), kind, sector, id);

	*ret_answer = js_keep(q->arena, json_pack("{s:s}", "value", value));
	return true;
}

char *key_public_pem(struct arena *a, const struct key *k)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *bytes = NULL, *pem = NULL;

	if (out && PEM_write_bio_PUBKEY(out, k->pkey)) {
		long length = BIO_get_mem_data(out, &bytes);

		pem = arena_bytes(a, bytes, (size_t)length);
	}
	BIO_free(out);
	return pem;
}

/* The signed text names its purpose, so the signature is valid for a head
 * only. */
bool answer_sign_head(const struct question *q, json_t **ret_answer,
                      struct fault *why)
{
	const char *head = js_string(q->body, "head");
	const struct key *k = keys_record();
	unsigned char *signature;
	size_t length;

	if (!head || !*head)
		return fault(why, FAULT_INVALID, "head is missing");
	const char *text =
	    arena_print(q->arena, "portvakt record head 1\n%s", head);

	if (!sign_bytes(q->arena, k, text, strlen(text), &signature, &length,
	                why) ||
	    !issued_note("head", NULL, NULL, k->kid, why))
		return false;
	*ret_answer = js_keep(
	    q->arena, json_pack("{s:s, s:s, s:s}", "signature",
	                        base64url_write(q->arena, signature, length),
	                        "kid", k->kid, "jwk", k->jwk));
	js_put(*ret_answer, "public", key_public_pem(q->arena, k));
	return true;
}
