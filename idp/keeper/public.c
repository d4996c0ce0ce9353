/* SPDX-License-Identifier: AGPL-3.0-or-later
 * key_publish.c: returns public keys (JWK Set, RFC 7517 5; X.509), lists keys,
 * and rotates them. */
#include <string.h>

#include "idp/keeper/adopted.h"
#include "idp/keeper/keeper.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/asker.h"

enum { ROLL_AT_MOST_AHEAD = 366 * 24 * 3600, ROLL_SKEW = 60 };

bool issuer_of(const struct question *q, const struct issuer **ret_issuer,
               struct fault *why)
{
	const char *name = js_string(q->body, "issuer");
	const struct issuer *i = name ? region_issuer(q->region, name) : NULL;

	if (!i)
		return fault(why, FAULT_REFUSED, "no such issuer");
	if (!keys_ready(i->name, i->url, why))
		return false;
	*ret_issuer = i;
	return true;
}

bool issuers_ready(const struct region *r, struct fault *why)
{
	for (size_t i = 0; i < r->issuer_count; i++)
		if (!keys_ready(r->issuers[i].name, r->issuers[i].url, why))
			return false;
	return true;
}

/* The active certificate is first, for services that read only one. */
static void publish(struct arena *a, const struct key_row *row, json_t *jwks,
                    json_t *certificates)
{
	json_t *jwk;

	if (row->state == KEY_OLD)
		return;
	if (row->key->use == USE_OIDC) {
		if (js_read(a, row->key->jwk, strlen(row->key->jwk), &jwk,
		            NULL))
			(void)json_array_append(jwks, jwk);
		return;
	}
	(void)json_array_insert_new(
	    certificates,
	    row->state == KEY_SIGNS ? 0 : json_array_size(certificates),
	    json_string(row->key->certificate));
}

bool answer_public(const struct question *q, json_t **ret_answer,
                   struct fault *why)
{
	const struct issuer *i;
	struct key_row *rows;
	json_t *jwks, *certificates;

	if (!issuer_of(q, &i, why))
		return false;
	jwks = js_keep(q->arena, json_array());
	certificates = js_keep(q->arena, json_array());
	size_t count = keys_list(q->arena, i->name, clock_now(), &rows);

	for (size_t at = 0; at < count; at++)
		publish(q->arena, &rows[at], jwks, certificates);
	if (!adopted_list(q->arena, keys_folder(q->arena, i->name), jwks,
	                  certificates, why))
		return false;
	json_t *answer =
	    js_keep(q->arena, json_pack("{s:{s:O}, s:O}", "jwks", "keys", jwks,
	                                "certificates", certificates));
	const char *whole = js_write(q->arena, answer);

	js_put(answer, "hash", hash_hex(q->arena, whole, strlen(whole)));
	/* Verifies audit log heads; the same for all issuers. */
	js_put(answer, "record", key_public_pem(q->arena, keys_record()));
	js_put(answer, "record-kid", keys_record()->kid);
	/* Encrypts secrets to this installation. */
	js_put(answer, "transfer", keys_transfer()->jwk);
	*ret_answer = answer;
	return true;
}

static void add_rows(const struct question *q, const struct issuer *i,
                     json_t *list)
{
	static const char *const states[] = {
		[KEY_OLD] = "old",
		[KEY_LAST] = "last",
		[KEY_SIGNS] = "signs",
		[KEY_NEXT] = "next",
	};
	struct key_row *rows;
	size_t count = keys_list(q->arena, i->name, clock_now(), &rows);

	for (size_t at = 0; at < count; at++)
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "issuer",
		                    i->name, "use",
		                    key_use_name(rows[at].key->use), "alg",
		                    rows[at].key->alg, "kid", rows[at].key->kid,
		                    "from", (json_int_t)rows[at].key->from,
		                    "state", states[rows[at].state]));
}

static void add_row(json_t *list, const struct issuer *i, const char *use,
                    const char *alg, const char *kid)
{
	(void)json_array_append_new(
	    list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "issuer", i->name,
	                    "use", use, "alg", alg, "kid", kid, "from", 0,
	                    "state", "adopted"));
}

static bool add_adopted(const struct question *q, const struct issuer *i,
                        json_t *list, struct fault *why)
{
	struct arena *a = q->arena;
	json_t *jwks = js_keep(a, json_array());
	json_t *certificates = js_keep(a, json_array());
	size_t at;
	json_t *one;

	if (!adopted_list(a, keys_folder(a, i->name), jwks, certificates, why))
		return false;
	json_array_foreach(jwks, at, one)
	{
		add_row(list, i, "oidc", js_string(one, "alg"),
		        js_string(one, "kid"));
	}
	json_array_foreach(certificates, at, one)
	{
		add_row(list, i, "saml", "-",
		        hash_text(a, json_string_value(one)));
	}
	return true;
}

bool answer_keys(const struct question *q, json_t **ret_answer,
                 struct fault *why)
{
	const char *name = js_string(q->body, "issuer");
	json_t *list = js_keep(q->arena, json_array());

	if (name && !region_issuer(q->region, name))
		return fault(why, FAULT_REFUSED, "no such issuer");
	if (!issuers_ready(q->region, why))
		return false;
	for (size_t i = 0; i < q->region->issuer_count; i++)
		if (!name || text_equal(name, q->region->issuers[i].name))
			add_rows(q, &q->region->issuers[i], list);
	for (size_t i = 0; i < q->region->issuer_count; i++)
		if ((!name || text_equal(name, q->region->issuers[i].name)) &&
		    !add_adopted(q, &q->region->issuers[i], list, why))
			return false;
	*ret_answer = js_keep(q->arena, json_pack("{s:O}", "keys", list));
	return true;
}

bool answer_key_roll(const struct question *q, json_t **ret_answer,
                     struct fault *why)
{
	const enum key_use use = key_use_from(js_string(q->body, "use"));
	const int64_t now = clock_now();
	const long long from = js_number(q->body, "from", -1);
	json_t *kids = js_keep(q->arena, json_array());
	const struct issuer *i;
	struct key_row *rows;

	/* Where processes have separate users, web may not request it. */
	if (!asker_is_operator(q->asker))
		return fault(why, FAULT_REFUSED, "only operators roll keys");
	if (use == USE_NONE)
		return fault(why, FAULT_INVALID, "use is oidc or saml");
	if (from < now - ROLL_SKEW || from > now + ROLL_AT_MOST_AHEAD)
		return fault(why, FAULT_INVALID,
		             "from is not within a year from now");
	if (!issuer_of(q, &i, why) ||
	    !keys_roll(i->name, i->url, use, from, now, why))
		return false;
	size_t count = keys_list(q->arena, i->name, now, &rows);

	for (size_t at = 0; at < count; at++)
		if (rows[at].key->use == use && rows[at].key->from == from)
			(void)json_array_append_new(
			    kids, json_string(rows[at].key->kid));
	log_info("key rolled", "issuer", i->name, "use", key_use_name(use),
	         "from", clock_iso(q->arena, from), NULL);
	*ret_answer = js_keep(q->arena, json_pack("{s:O}", "kids", kids));
	return true;
}
