/* SPDX-License-Identifier: AGPL-3.0-or-later
 * key_publish.c: returns public keys (JWK Set, RFC 7517 5; X.509), lists keys,
 * and rotates them. */
#include <string.h>

#include "idp/signer/imported_keys.h"
#include "idp/signer/key_crypto.h"
#include "idp/signer/key_files.h"
#include "idp/signer/signer.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_acl.h"

enum { ROTATE_MAX_AHEAD_S = 366 * 24 * 3600, ROTATE_SKEW_S = 60 };

/* The active certificate is first, for services that read only one. */
static void key_publish_row(struct arena *a, const struct key_row *row,
                            json_t *jwks, json_t *certificates)
{
	json_t *jwk;

	if (row->state == KEY_RETIRED)
		return;
	if (row->key->use == USE_OIDC) {
		if (js_parse(a, row->key->jwk, strlen(row->key->jwk), &jwk,
		             NULL))
			(void)json_array_append(jwks, jwk);
		return;
	}
	(void)json_array_insert_new(
	    certificates,
	    row->state == KEY_ACTIVE ? 0 : json_array_size(certificates),
	    json_string(row->key->certificate));
}

bool handle_public_keys(const struct ipc_request *req, json_t **ret_reply,
                        struct error *err)
{
	const struct issuer *i;
	struct key_row *rows;
	json_t *jwks, *certificates;

	if (!request_issuer(req, &i, err) || !keys_require_region(err))
		return false;
	jwks = js_own(req->arena, json_array());
	certificates = js_own(req->arena, json_array());
	size_t count = keys_list(req->arena, i->name, clock_now(), &rows);

	for (size_t at = 0; at < count; at++)
		key_publish_row(req->arena, &rows[at], jwks, certificates);
	if (!imported_keys_list(req->arena,
	                        keys_issuer_dir(req->arena, i->name), jwks,
	                        certificates, err))
		return false;
	json_t *reply =
	    js_own(req->arena, json_pack("{s:{s:O}, s:O}", "jwks", "keys", jwks,
	                                 "certificates", certificates));
	const char *text = js_dump(req->arena, reply);

	js_set_string(reply, "hash",
	              hash_sha256_hex(req->arena, text, strlen(text)));
	/* Verifies audit log heads; the same for all issuers. */
	js_set_string(reply, "record",
	              key_public_pem(req->arena, keys_audit()));
	js_set_string(reply, "record-kid", keys_audit()->kid);
	/* Encrypts secrets to this installation. */
	js_set_string(reply, "transfer", keys_transfer()->jwk);
	*ret_reply = reply;
	return true;
}

static void key_list_add_issuer(const struct ipc_request *req,
                                const struct issuer *i, json_t *list)
{
	static const char *const states[] = {
		[KEY_RETIRED] = "old",
		[KEY_PREVIOUS] = "last",
		[KEY_ACTIVE] = "signs",
		[KEY_NEXT] = "next",
	};
	struct key_row *rows;
	size_t count = keys_list(req->arena, i->name, clock_now(), &rows);

	for (size_t at = 0; at < count; at++)
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "issuer",
		                    i->name, "use",
		                    key_use_name(rows[at].key->use), "alg",
		                    rows[at].key->alg, "kid", rows[at].key->kid,
		                    "from", (json_int_t)rows[at].key->from,
		                    "state", states[rows[at].state]));
}

static void key_list_add_imported(json_t *list, const struct issuer *i,
                                  const char *use, const char *alg,
                                  const char *kid)
{
	(void)json_array_append_new(
	    list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "issuer", i->name,
	                    "use", use, "alg", alg, "kid", kid, "from", 0,
	                    "state", "adopted"));
}

static bool key_list_add_issuer_imported(const struct ipc_request *req,
                                         const struct issuer *i, json_t *list,
                                         struct error *err)
{
	struct arena *a = req->arena;
	json_t *jwks = js_own(a, json_array());
	json_t *certificates = js_own(a, json_array());
	size_t at;
	json_t *item;

	if (!imported_keys_list(a, keys_issuer_dir(a, i->name), jwks,
	                        certificates, err))
		return false;
	json_array_foreach(jwks, at, item)
	{
		key_list_add_imported(list, i, "oidc", js_string(item, "alg"),
		                      js_string(item, "kid"));
	}
	json_array_foreach(certificates, at, item)
	{
		key_list_add_imported(
		    list, i, "saml", "-",
		    hash_sha256_base64url(a, json_string_value(item)));
	}
	return true;
}

/* Adds the issuer's keys, or its name to those without. */
static bool key_list_add(const struct ipc_request *req, const struct issuer *i,
                         json_t *list, json_t *missing, struct error *err)
{
	if (!keys_require(i->name, NULL)) {
		(void)json_array_append_new(missing, json_string(i->name));
		return true;
	}
	key_list_add_issuer(req, i, list);
	return key_list_add_issuer_imported(req, i, list, err);
}

bool handle_list_keys(const struct ipc_request *req, json_t **ret_reply,
                      struct error *err)
{
	const char *name = js_string(req->body, "issuer");
	json_t *list = js_own(req->arena, json_array());
	json_t *missing = js_own(req->arena, json_array());

	if (name && !config_issuer(req->cfg, name))
		return error_set(err, ERROR_REFUSED, "unknown issuer");
	for (size_t i = 0; i < req->cfg->issuer_count; i++)
		if ((!name || text_equal(name, req->cfg->issuers[i].name)) &&
		    !key_list_add(req, &req->cfg->issuers[i], list, missing,
		                  err))
			return false;
	*ret_reply = js_own(req->arena, json_pack("{s:O, s:O}", "keys", list,
	                                          "missing", missing));
	return true;
}

/* An issuer that has signed and has no keys has lost them. */
static bool key_init_require_unused(const struct issuer *i, struct error *err)
{
	const bool region = text_equal(i->name, KEYS_REGION);
	bool used;

	if (!signing_log_has_issuer(region ? NULL : i->url, &used, err))
		return false;
	return !used ||
	       error_set(err, ERROR_REFUSED,
	                 "%s has signed before, so its keys are lost: restore "
	                 "them from a backup",
	                 i->name);
}

bool handle_init_keys(const struct ipc_request *req, json_t **ret_reply,
                      struct error *err)
{
	const char *name = js_string(req->body, "issuer");
	const struct issuer *i = name ? config_issuer(req->cfg, name) : NULL;
	const bool anew = js_true(req->body, "anew");

	if (!ipc_acl_is_operator(req->peer_uid))
		return error_set(err, ERROR_REFUSED,
		                 "request is for operators only");
	if (!i)
		return error_set(err, ERROR_REFUSED, "unknown issuer");
	if ((!anew && !key_init_require_unused(i, err)) ||
	    !keys_init(i->name, i->url, err))
		return false;
	log_event(LOG_SIGNER_KEYS_CREATED, "issuer", i->name, "anew",
	          anew ? "1" : "0", NULL);
	*ret_reply = js_own(req->arena, json_object());
	return true;
}

bool handle_rotate_keys(const struct ipc_request *req, json_t **ret_reply,
                        struct error *err)
{
	const enum key_use use = key_use_parse(js_string(req->body, "use"));
	const int64_t now = clock_now();
	const long long from = js_number(req->body, "from", -1);
	json_t *kids = js_own(req->arena, json_array());
	const struct issuer *i;
	struct key_row *rows;

	/* Where processes have separate users, web may not request it. */
	if (!ipc_acl_is_operator(req->peer_uid))
		return error_set(err, ERROR_REFUSED,
		                 "request is for operators only");
	if (use == USE_NONE)
		return error_set(err, ERROR_INVALID,
		                 "use must be oidc or saml");
	if (from < now - ROTATE_SKEW_S || from > now + ROTATE_MAX_AHEAD_S)
		return error_set(err, ERROR_INVALID,
		                 "from must be between now and one year ahead");
	if (!request_issuer(req, &i, err) ||
	    !keys_rotate(i->name, i->url, use, from, now, err))
		return false;
	size_t count = keys_list(req->arena, i->name, now, &rows);

	for (size_t at = 0; at < count; at++)
		if (rows[at].key->use == use && rows[at].key->from == from)
			(void)json_array_append_new(
			    kids, json_string(rows[at].key->kid));
	log_event(LOG_SIGNER_KEY_ROTATED, "issuer", i->name, "use",
	          key_use_name(use), "from", clock_format_iso(req->arena, from),
	          NULL);
	*ret_reply = js_own(req->arena, json_pack("{s:O}", "kids", kids));
	return true;
}
