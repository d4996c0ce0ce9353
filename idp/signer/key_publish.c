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
#include "lib/vector.h"
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

/* Returns the strings of a JSON array, living in a. */
static const char *const *key_publish_texts(struct arena *a,
                                            const json_t *array)
{
	const size_t count = json_array_size(array);
	const char **texts = arena_array(a, const char *, count + 1);

	for (size_t i = 0; i < count; i++)
		texts[i] = json_string_value(json_array_get(array, i));
	return texts;
}

bool handle_public_keys(const struct ipc_request *req,
                        const struct public_keys_request *request,
                        struct public_keys_reply *reply, struct error *err)
{
	struct arena *a = req->arena;
	const struct issuer *i;
	struct key_row *rows;
	json_t *jwks, *certificates;

	if (!request_issuer(req, request->issuer, &i, err) ||
	    !keys_require_region(err))
		return false;
	jwks = js_own(a, json_array());
	certificates = js_own(a, json_array());
	size_t count = keys_list(a, i->name, clock_now(), &rows);

	for (size_t at = 0; at < count; at++)
		key_publish_row(a, &rows[at], jwks, certificates);
	if (!imported_keys_list(a, keys_issuer_dir(a, i->name), jwks,
	                        certificates, err))
		return false;
	*reply = (struct public_keys_reply){
		.jwks = js_own(a, json_pack("{s:O}", "keys", jwks)),
		.certificates = key_publish_texts(a, certificates),
		.certificates_count = json_array_size(certificates),
		/* Verifies audit log heads; the same for all issuers. */
		.record = key_public_pem(a, keys_audit()),
		/* Encrypts secrets to this installation. */
		.transfer = keys_transfer()->jwk,
	};
	return true;
}

/* ---- list */

/* A list in progress. */
struct key_listing {
	struct arena *arena;
	VECTOR(struct key_list_row) rows;
	VECTOR(const char *) missing;
};

static void key_list_add_own(struct key_listing *list, const struct issuer *i)
{
	static const enum key_list_state states[] = {
		[KEY_RETIRED] = KEY_LIST_STATE_OLD,
		[KEY_PREVIOUS] = KEY_LIST_STATE_LAST,
		[KEY_ACTIVE] = KEY_LIST_STATE_SIGNS,
		[KEY_NEXT] = KEY_LIST_STATE_NEXT,
	};
	struct key_row *rows;
	size_t count = keys_list(list->arena, i->name, clock_now(), &rows);

	for (size_t at = 0; at < count; at++)
		*vector_append(list->arena, &list->rows) =
		    (struct key_list_row){
			    .issuer = i->name,
			    .use = key_purpose_from_name(
				key_use_name(rows[at].key->use)),
			    .alg = rows[at].key->alg,
			    .kid = rows[at].key->kid,
			    .from = rows[at].key->from,
			    .state = states[rows[at].state],
		    };
}

static void key_list_add_imported(struct key_listing *list,
                                  const struct issuer *i, enum key_purpose use,
                                  const char *alg, const char *kid)
{
	*vector_append(list->arena, &list->rows) = (struct key_list_row){
		.issuer = i->name,
		.use = use,
		.alg = alg,
		.kid = kid,
		.state = KEY_LIST_STATE_ADOPTED,
	};
}

static bool key_list_add_all_imported(struct key_listing *list,
                                      const struct issuer *i, struct error *err)
{
	struct arena *a = list->arena;
	json_t *jwks = js_own(a, json_array());
	json_t *certificates = js_own(a, json_array());
	size_t at;
	json_t *item;

	if (!imported_keys_list(a, keys_issuer_dir(a, i->name), jwks,
	                        certificates, err))
		return false;
	json_array_foreach(jwks, at, item)
	{
		key_list_add_imported(list, i, KEY_PURPOSE_OIDC,
		                      js_string(item, "alg"),
		                      js_string(item, "kid"));
	}
	json_array_foreach(certificates, at, item)
	{
		key_list_add_imported(
		    list, i, KEY_PURPOSE_SAML, "-",
		    hash_sha256_base64url(a, json_string_value(item)));
	}
	return true;
}

/* Adds the issuer's keys, or its name to those without. */
static bool key_list_add(struct key_listing *list, const struct issuer *i,
                         struct error *err)
{
	if (!keys_require(i->name, NULL)) {
		*vector_append(list->arena, &list->missing) = i->name;
		return true;
	}
	key_list_add_own(list, i);
	return key_list_add_all_imported(list, i, err);
}

bool handle_list_keys(const struct ipc_request *req,
                      const struct key_list_request *request,
                      struct key_list_reply *reply, struct error *err)
{
	const char *name = request->issuer;
	struct key_listing list = { .arena = req->arena };

	if (name && !config_issuer(req->cfg, name))
		return error_set(err, ERROR_REFUSED, "unknown issuer");
	for (size_t i = 0; i < req->cfg->issuer_count; i++)
		if ((!name || text_equal(name, req->cfg->issuers[i].name)) &&
		    !key_list_add(&list, &req->cfg->issuers[i], err))
			return false;
	reply->keys = list.rows.at;
	reply->keys_count = list.rows.count;
	reply->missing = list.missing.at;
	reply->missing_count = list.missing.count;
	return true;
}

/* ---- make and rotate */

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

bool handle_init_keys(const struct ipc_request *req,
                      const struct key_init_request *request,
                      struct key_init_reply *reply, struct error *err)
{
	const struct issuer *i = config_issuer(req->cfg, request->issuer);

	(void)reply;
	if (!ipc_acl_is_operator(req->peer_uid))
		return error_set(err, ERROR_REFUSED,
		                 "request is for operators only");
	if (!i)
		return error_set(err, ERROR_REFUSED, "unknown issuer");
	if ((!request->anew && !key_init_require_unused(i, err)) ||
	    !keys_init(i->name, i->url, err))
		return false;
	log_event(LOG_SIGNER_KEYS_CREATED, "issuer", i->name, "anew",
	          request->anew ? "1" : "0", NULL);
	return true;
}

bool handle_rotate_keys(const struct ipc_request *req,
                        const struct key_rotate_request *request,
                        struct key_rotate_reply *reply, struct error *err)
{
	const enum key_use use = key_use_parse(key_purpose_name(request->use));
	const int64_t now = clock_now();
	const long long from = request->from;
	VECTOR(const char *) kids = { 0 };
	const struct issuer *i;
	struct key_row *rows;

	/* Where processes have separate users, web may not request it. */
	if (!ipc_acl_is_operator(req->peer_uid))
		return error_set(err, ERROR_REFUSED,
		                 "request is for operators only");
	if (from < now - ROTATE_SKEW_S || from > now + ROTATE_MAX_AHEAD_S)
		return error_set(err, ERROR_INVALID,
		                 "from must be between now and one year ahead");
	if (!request_issuer(req, request->issuer, &i, err) ||
	    !keys_rotate(i->name, i->url, use, from, now, err))
		return false;
	size_t count = keys_list(req->arena, i->name, now, &rows);

	for (size_t at = 0; at < count; at++)
		if (rows[at].key->use == use && rows[at].key->from == from)
			*vector_append(req->arena, &kids) = rows[at].key->kid;
	log_event(LOG_SIGNER_KEY_ROTATED, "issuer", i->name, "use",
	          key_use_name(use), "from", clock_format_iso(req->arena, from),
	          NULL);
	reply->kids = kids.at;
	reply->kids_count = kids.count;
	return true;
}
