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

enum { SHA256_HEX_LENGTH = 64, DIGEST_LENGTH = 43, DAY_S = 24 * 60 * 60 };

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

static bool mac_compute(struct arena *a, enum mac_kind kind, const char *key,
                        const char *digest, char **ret_mac, struct error *err)
{
	if (strlen(key) != SHA256_HEX_LENGTH ||
	    strspn(key, "0123456789abcdef") != SHA256_HEX_LENGTH)
		return error_set(err, ERROR_INVALID,
		                 "key is not 64 hex digits");
	if (strlen(digest) != DIGEST_LENGTH)
		return error_set(err, ERROR_INVALID,
		                 "digest is not a SHA-256 digest");
	*ret_mac =
	    hmac_of_strings(a, keys_mac(), mac_kind_name(kind), key, digest);
	return true;
}

static bool mac_require_items(size_t count, struct error *err)
{
	if (!keys_require_region(err))
		return false;
	return count > 0 || error_set(err, ERROR_INVALID, "there are no items");
}

/* Signs the token that belongs to the stored values, with the checks of its own
 * request; this saves a round trip. */
static bool mac_reply_add_token(const struct ipc_request *req,
                                const struct sign_token_request *request,
                                struct mac_create_reply *reply,
                                struct error *err)
{
	struct sign_token_reply signed_token;

	if (!request)
		return true;
	if (!handle_sign_token(req, request, &signed_token, err))
		return false;
	reply->token = signed_token.token;
	return true;
}

bool handle_mac(const struct ipc_request *req,
                const struct mac_create_request *request,
                struct mac_create_reply *reply, struct error *err)
{
	char **macs = arena_array(req->arena, char *, request->items_count);

	if (!mac_require_items(request->items_count, err))
		return false;
	for (size_t i = 0; i < request->items_count; i++) {
		const struct mac_item *item = &request->items[i];

		if (!mac_compute(req->arena, item->kind, item->key,
		                 item->digest, &macs[i], err))
			return false;
	}
	reply->macs = (const char *const *)macs;
	reply->macs_count = request->items_count;
	return mac_reply_add_token(req, request->token, reply, err);
}

bool handle_verify_mac(const struct ipc_request *req,
                       const struct mac_verify_request *request,
                       struct mac_verify_reply *reply, struct error *err)
{
	char *mac;

	(void)reply;
	if (!mac_require_items(request->items_count, err))
		return false;
	for (size_t i = 0; i < request->items_count; i++) {
		const struct mac_check *item = &request->items[i];

		if (!mac_compute(req->arena, item->kind, item->key,
		                 item->digest, &mac, err))
			return false;
		if (!hash_equal_strings(item->mac, mac))
			return error_set(err, ERROR_REFUSED, "MAC is invalid");
	}
	return true;
}

/* No kind of value has this name, so no MAC is such a key. */
static char *transaction_key(struct arena *a, int64_t day)
{
	return hmac_of_strings(a, keys_mac(), "auth_txn key", "1",
	                       arena_printf(a, "%lld", (long long)day));
}

bool handle_transaction_keys(const struct ipc_request *req,
                             const struct transaction_keys_request *request,
                             struct transaction_keys_reply *reply,
                             struct error *err)
{
	const int64_t day = clock_now() / DAY_S;
	const char **keys = arena_array(req->arena, const char *, 2);

	(void)request;
	if (!keys_require_region(err))
		return false;
	keys[0] = transaction_key(req->arena, day);
	keys[1] = transaction_key(req->arena, day - 1);
	reply->keys = keys;
	reply->keys_count = 2;
	reply->until = (day + 1) * DAY_S;
	return true;
}

bool handle_subject_identifier(const struct ipc_request *req,
                               const struct subject_identifier_request *request,
                               struct subject_identifier_reply *reply,
                               struct error *err)
{
	const struct issuer *i;

	if (!*request->sector || !*request->id)
		return error_set(err, ERROR_INVALID, "sector or id is empty");
	if (!request_issuer(req, request->issuer, &i, err))
		return false;
	reply->value = hmac_of_strings(req->arena, keys_salt(i->name),
	                               subject_kind_name(request->kind),
	                               request->sector, request->id);
	return true;
}

/* The signed text names its purpose, so the signature is valid for a head
 * only. */
bool handle_sign_audit_head(const struct ipc_request *req,
                            const struct sign_audit_head_request *request,
                            struct sign_audit_head_reply *reply,
                            struct error *err)
{
	unsigned char *signature;
	size_t length;

	if (!*request->head)
		return error_set(err, ERROR_INVALID, "head is empty");
	if (!keys_require_region(err))
		return false;
	const struct key *k = keys_audit();
	const char *text = arena_printf(
	    req->arena, "portvakt record head 1\n%s", request->head);

	if (!key_sign(req->arena, k, text, strlen(text), &signature, &length,
	              err) ||
	    !signing_log_append("head", NULL, NULL, k->kid, err))
		return false;
	*reply = (struct sign_audit_head_reply){
		.signature = base64url_encode(req->arena, signature, length),
		.kid = k->kid,
		.jwk = k->jwk,
		.public = key_public_pem(req->arena, k),
	};
	return true;
}
