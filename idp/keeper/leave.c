/* SPDX-License-Identifier: AGPL-3.0-or-later
 * key_export.c: exports the salt of an issuer that moves to another
 * installation, or imports one. The salt is encrypted to the receiving signer;
 * private keys are never exported. Only operators may send these requests; all
 * but the import require an off-boarding date in the configuration. */
#include <stdlib.h>
#include <string.h>

#include "idp/keeper/adopted.h"
#include "idp/keeper/jwe.h"
#include "idp/keeper/keeper.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/asker.h"
#include "region/keys_es256.h"

enum { HEX = 64 };

static bool check_asker(const struct question *q, struct fault *why)
{
	return asker_is_operator(q->asker) ||
	       fault(why, FAULT_REFUSED, "only operators may ask for this");
}

/* Returns the issuer of a municipality with an off-boarding date. */
static bool leaving_issuer(const struct question *q,
                           const struct issuer **ret_issuer, struct fault *why)
{
	if (!check_asker(q, why) || !issuer_of(q, ret_issuer, why))
		return false;
	if (!(*ret_issuer)->owner || (*ret_issuer)->owner->leaves == 0)
		return fault(why, FAULT_REFUSED,
		             "%s does not leave: its configuration says no "
		             "date",
		             (*ret_issuer)->name);
	return true;
}

/* ---- export of the salt */

bool answer_export(const struct question *q, json_t **ret_answer,
                   struct fault *why)
{
	const json_t *to = js_object(q->body, "to");
	const struct issuer *i;
	char *sealed;

	if (!leaving_issuer(q, &i, why))
		return false;
	if (!to)
		return fault(why, FAULT_INVALID, "to is missing");
	const char *secret = js_write(
	    q->arena,
	    js_keep(q->arena,
	            json_pack("{s:i, s:s, s:s}", "v", 1, "issuer", i->url,
	                      "salt",
	                      base64url_write(q->arena, keys_salt(i->name),
	                                      KEY_SECRET))));

	if (!jwe_close(q->arena, to, secret, &sealed, why) ||
	    !issued_note("salt", i->url,
	                 hash_text(q->arena, js_write(q->arena, to)), NULL,
	                 why))
		return false;
	log_info("a salt was closed for another installation", "issuer",
	         i->name, NULL);
	*ret_answer = js_keep(q->arena, json_pack("{s:s}", "sealed", sealed));
	return true;
}

/* ---- import of a salt */

static bool read_salt(const struct question *q, const struct issuer *i,
                      const char *secret, unsigned char ret[KEY_SECRET],
                      struct fault *why)
{
	unsigned char *bytes;
	size_t length;
	json_t *said;

	if (!js_read(q->arena, secret, strlen(secret), &said, why))
		return false;
	const char *salt = js_string(said, "salt");

	if (js_number(said, "v", 0) != 1 || !salt ||
	    !base64url_read(q->arena, salt, strlen(salt), &bytes, &length) ||
	    length != KEY_SECRET)
		return fault(why, FAULT_INVALID, "it holds no salt");
	if (!text_equal(js_string(said, "issuer"), i->url))
		return fault(why, FAULT_REFUSED, "it is the salt of %s, not %s",
		             js_string(said, "issuer") ?: "nobody", i->url);
	memcpy(ret, bytes, KEY_SECRET);
	return true;
}

/* Another salt changes every subject identifier: on error ERROR_REFUSED if the
 * issuer has signed anything. */
static bool check_unused(const struct issuer *i, struct fault *why)
{
	bool used;

	if (!issued_by(i->url, &used, why))
		return false;
	return !used || fault(why, FAULT_REFUSED,
	                      "%s has signed for services with another salt "
	                      "already",
	                      i->url);
}

bool answer_take_in(const struct question *q, json_t **ret_answer,
                    struct fault *why)
{
	const char *sealed = js_string(q->body, "sealed");
	unsigned char salt[KEY_SECRET];
	const struct issuer *i;
	char *secret;

	if (!sealed)
		return fault(why, FAULT_INVALID, "sealed is missing");
	if (!check_asker(q, why) || !issuer_of(q, &i, why) ||
	    !jwe_open(q->arena, keys_transfer()->pkey, sealed, &secret, why) ||
	    !read_salt(q, i, secret, salt, why))
		return false;
	*ret_answer = js_keep(q->arena, json_object());
	if (hash_equal(salt, keys_salt(i->name), KEY_SECRET))
		return true;
	if (!check_unused(i, why) ||
	    !keys_take_salt(i->name, i->url, salt, why))
		return false;
	log_info("an issuer's salt was taken in", "issuer", i->name, NULL);
	return true;
}

/* ---- the receiver's keys */

static bool is_ours(const struct question *q, const struct issuer *i,
                    const char *kid)
{
	struct key_row *rows;
	size_t count = keys_list(q->arena, i->name, clock_now(), &rows);

	for (size_t at = 0; at < count; at++)
		if (text_equal(rows[at].key->kid, kid))
			return true;
	return false;
}

bool answer_adopt(const struct question *q, json_t **ret_answer,
                  struct fault *why)
{
	const json_t *jwk = js_object(q->body, "jwk");
	const char *certificate = js_string(q->body, "certificate");
	const struct issuer *i;
	const char *id;

	if (!leaving_issuer(q, &i, why))
		return false;
	if (!jwk == !certificate)
		return fault(why, FAULT_INVALID, "one jwk, or one certificate");
	/* Without a kid it is published by its thumbprint, like our own
	 * keys. */
	if (jwk &&
	    is_ours(q, i,
	            js_string(jwk, "kid") ?: jwk_thumbprint(q->arena, jwk)))
		return fault(why, FAULT_INVALID, "that key is our own");
	const char *folder = keys_folder(q->arena, i->name);

	if (!(jwk ? adopted_add_key(q->arena, folder, jwk, &id, why)
	          : adopted_add_certificate(q->arena, folder, certificate, &id,
	                                    why)))
		return false;
	log_info("a key is published that is not ours", "issuer", i->name,
	         "kid", id, NULL);
	*ret_answer = js_keep(q->arena, json_pack("{s:s}", "kid", id));
	return true;
}

/* ---- manifests */

static bool leaving_municipality(const struct question *q,
                                 const struct municipality **ret,
                                 struct fault *why)
{
	const char *name = js_string(q->body, "municipality");
	const struct municipality *m =
	    name ? region_municipality(q->region, name) : NULL;

	if (!check_asker(q, why))
		return false;
	if (!m || m->leaves == 0)
		return fault(why, FAULT_REFUSED,
		             "no municipality of that name leaves");
	*ret = m;
	return true;
}

bool answer_say(const struct question *q, json_t **ret_answer,
                struct fault *why)
{
	const char *what = js_string(q->body, "what");
	const char *sha256 = js_string(q->body, "sha256");
	const struct key *k = keys_record();
	const struct municipality *m;
	char *jws;

	if (!leaving_municipality(q, &m, why))
		return false;
	if (!text_equal(what, "bundle") && !text_equal(what, "removal"))
		return fault(why, FAULT_INVALID, "what is bundle or removal");
	if (!sha256 || strlen(sha256) != HEX ||
	    strspn(sha256, "0123456789abcdef") != HEX)
		return fault(why, FAULT_INVALID, "sha256 is not 64 hex digits");
	const json_t *claims = js_keep(
	    q->arena, json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "v", 1,
	                        "what", what, "municipality", m->name, "region",
	                        q->region->name, "sha256", sha256, "at",
	                        clock_iso(q->arena, clock_now())));

	if (!sign_compact(q->arena, k, "portvakt-said", true, claims, &jws,
	                  why) ||
	    !issued_note(arena_print(q->arena, "said:%s", what), NULL, m->name,
	                 k->kid, why))
		return false;
	*ret_answer = js_keep(q->arena, json_pack("{s:s, s:s}", "jws", jws,
	                                          "thumbprint", k->kid));
	return true;
}

/* ---- deletion */

/* A request for an issuer that is still configured would create new keys. */
bool answer_forget(const struct question *q, json_t **ret_answer,
                   struct fault *why)
{
	const struct municipality *m;
	size_t files;

	if (!leaving_municipality(q, &m, why))
		return false;
	if (!municipality_has_left(m, clock_now()))
		return fault(why, FAULT_REFUSED, "%s has not left yet",
		             m->name);
	if (region_issuer(q->region, m->name))
		return fault(why, FAULT_REFUSED,
		             "the issuer of %s is still in the configuration",
		             m->name);
	if (!keys_forget(m->name, &files, why))
		return false;
	log_info("the keys of one that left are removed", "issuer", m->name,
	         NULL);
	*ret_answer =
	    js_keep(q->arena, json_pack("{s:I}", "files", (json_int_t)files));
	return true;
}
