/* SPDX-License-Identifier: AGPL-3.0-or-later
 * mac.c: MACs of values in Redis, keys of authentication transactions, subject
 * identifiers (OpenID Connect Core 8, SAML Core 8.3), and signatures of audit
 * log heads. */
#include <string.h>

#include "idp/signer/key_crypto.h"
#include "idp/signer/signer.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/strbuf.h"

enum {
	SHA256_HEX_LENGTH = 64,
	DIGEST_LENGTH = 43,
	MAX_ITEMS = 64,
	DAY_S = 24 * 60 * 60
};

/* docs/decisions/0001: the kinds of values that carry a MAC. */
static bool mac_kind_is_valid(const char *kind)
{
	static const char *const kinds[] = { "session", "ticket", "code",
		                             "par",     "access", "refresh" };

	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i], kind))
			return true;
	return false;
}

static bool subject_kind_is_valid(const char *kind)
{
	return text_equal(kind, "sub") || text_equal(kind, "nameid") ||
	       text_equal(kind, "pairwise");
}

/* Returns base64url(HMAC-SHA256(key, first NUL second NUL third)). */
static char *hmac_of_strings(struct arena *a, const unsigned char *key,
                             const char *first, const char *second,
                             const char *third)
{
	unsigned char mac[HASH_SHA256_SIZE];
	struct strbuf whole = strbuf_init(a);

	strbuf_append(&whole, first);
	strbuf_append_bytes(&whole, "", 1);
	strbuf_append(&whole, second);
	strbuf_append_bytes(&whole, "", 1);
	strbuf_append(&whole, third);
	hash_hmac_sha256(key, KEY_SECRET_BYTES, whole.data, whole.length, mac);
	return base64url_encode(a, mac, sizeof(mac));
}

static bool mac_compute(struct arena *a, const json_t *item, char **ret_mac,
                        struct error *err)
{
	const char *kind = js_string(item, "kind");
	const char *key = js_string(item, "key");
	const char *digest = js_string(item, "digest");

	if (!mac_kind_is_valid(kind))
		return error_set(err, ERROR_INVALID, "unknown kind");
	if (!key || strlen(key) != SHA256_HEX_LENGTH ||
	    strspn(key, "0123456789abcdef") != SHA256_HEX_LENGTH)
		return error_set(err, ERROR_INVALID,
		                 "key is not 64 hex digits");
	if (!digest || strlen(digest) != DIGEST_LENGTH)
		return error_set(err, ERROR_INVALID,
		                 "digest is not a SHA-256 digest");
	*ret_mac = hmac_of_strings(a, keys_mac(), kind, key, digest);
	return true;
}

static bool mac_request_items(const struct ipc_request *req,
                              const json_t **ret_items, struct error *err)
{
	const json_t *items = js_array(req->body, "items");

	if (!keys_require_region(err))
		return false;
	if (!items || json_array_size(items) == 0 ||
	    json_array_size(items) > MAX_ITEMS)
		return error_set(err, ERROR_INVALID,
		                 "items must have 1 to %d elements", MAX_ITEMS);
	*ret_items = items;
	return true;
}

/* Signs the token that belongs to the stored values, with the checks of its own
 * request; this saves a round trip. */
static bool mac_reply_add_token(const struct ipc_request *req, json_t *reply,
                                struct error *err)
{
	struct ipc_request token_request = *req;
	json_t *token_reply;

	token_request.body = js_object(req->body, "token");
	if (!token_request.body)
		return true;
	if (!handle_sign_token(&token_request, &token_reply, err))
		return false;
	(void)json_object_update(reply, token_reply);
	return true;
}

bool handle_mac(const struct ipc_request *req, json_t **ret_reply,
                struct error *err)
{
	json_t *reply, *macs = js_own(req->arena, json_array());
	const json_t *items;
	char *mac;

	if (!mac_request_items(req, &items, err))
		return false;
	for (size_t i = 0; i < json_array_size(items); i++) {
		if (!mac_compute(req->arena, json_array_get(items, i), &mac,
		                 err))
			return false;
		(void)json_array_append_new(macs, json_string(mac));
	}
	reply = js_own(req->arena, json_pack("{s:O}", "macs", macs));
	if (!mac_reply_add_token(req, reply, err))
		return false;
	*ret_reply = reply;
	return true;
}

bool handle_verify_mac(const struct ipc_request *req, json_t **ret_reply,
                       struct error *err)
{
	const json_t *items;
	char *mac;

	if (!mac_request_items(req, &items, err))
		return false;
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		const char *given_mac = js_string(item, "mac");

		if (!mac_compute(req->arena, item, &mac, err))
			return false;
		if (!given_mac || !hash_equal_strings(given_mac, mac))
			return error_set(err, ERROR_REFUSED, "MAC is invalid");
	}
	*ret_reply = js_own(req->arena, json_object());
	return true;
}

/* No kind of value has this name, so no MAC is such a key. */
static char *transaction_key(struct arena *a, int64_t day)
{
	return hmac_of_strings(a, keys_mac(), "auth_txn key", "1",
	                       arena_printf(a, "%lld", (long long)day));
}

bool handle_transaction_keys(const struct ipc_request *req, json_t **ret_reply,
                             struct error *err)
{
	int64_t day = clock_now() / DAY_S;

	if (!keys_require_region(err))
		return false;
	*ret_reply = js_own(
	    req->arena, json_pack("{s:[s, s], s:I}", "keys",
	                          transaction_key(req->arena, day),
	                          transaction_key(req->arena, day - 1), "until",
	                          (json_int_t)((day + 1) * DAY_S)));
	return true;
}

bool handle_subject_identifier(const struct ipc_request *req,
                               json_t **ret_reply, struct error *err)
{
	const char *kind = js_string(req->body, "kind");
	const char *sector = js_string(req->body, "sector");
	const char *id = js_string(req->body, "id");
	const struct issuer *i;

	if (!subject_kind_is_valid(kind))
		return error_set(err, ERROR_INVALID,
		                 "kind must be sub, nameid or pairwise");
	if (!sector || !*sector || !id || !*id)
		return error_set(err, ERROR_INVALID, "sector or id is missing");
	if (!request_issuer(req, &i, err))
		return false;
	const char *value =
	    hmac_of_strings(req->arena, keys_salt(i->name), kind, sector, id);

	*ret_reply = js_own(req->arena, json_pack("{s:s}", "value", value));
	return true;
}

/* The signed text names its purpose, so the signature is valid for a head
 * only. */
bool handle_sign_audit_head(const struct ipc_request *req, json_t **ret_reply,
                            struct error *err)
{
	const char *head = js_string(req->body, "head");
	unsigned char *signature;
	size_t length;

	if (!head || !*head)
		return error_set(err, ERROR_INVALID, "head is missing");
	if (!keys_require_region(err))
		return false;
	const struct key *k = keys_audit();
	const char *text =
	    arena_printf(req->arena, "portvakt record head 1\n%s", head);

	if (!key_sign(req->arena, k, text, strlen(text), &signature, &length,
	              err) ||
	    !signing_log_append("head", NULL, NULL, k->kid, err))
		return false;
	*ret_reply =
	    js_own(req->arena,
	           json_pack("{s:s, s:s, s:s}", "signature",
	                     base64url_encode(req->arena, signature, length),
	                     "kid", k->kid, "jwk", k->jwk));
	js_set_string(*ret_reply, "public", key_public_pem(req->arena, k));
	return true;
}
