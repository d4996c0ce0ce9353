/* SPDX-License-Identifier: AGPL-3.0-or-later
 * key_export.c: exports the salt of an issuer that moves to another
 * installation, or imports one. The salt is encrypted to the receiving signer;
 * private keys are never exported. Only operators may send these requests; all
 * but the import require an off-boarding date in the configuration. */
#include <stdlib.h>
#include <string.h>

#include "idp/signer/imported_keys.h"
#include "idp/signer/jwe.h"
#include "idp/signer/signer.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/jwk_thumbprint.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/audit/es256.h"
#include "region/ipc/ipc_acl.h"

enum { SHA256_HEX_LENGTH = 64 };

static bool key_export_require_operator(const struct ipc_request *req,
                                        struct error *err)
{
	return ipc_acl_is_operator(req->peer_uid) ||
	       error_set(err, ERROR_REFUSED, "request is for operators only");
}

/* Returns the issuer of a municipality with an off-boarding date. */
static bool key_export_issuer(const struct ipc_request *req, const char *name,
                              const struct issuer **ret_issuer,
                              struct error *err)
{
	if (!key_export_require_operator(req, err) ||
	    !request_issuer(req, name, ret_issuer, err))
		return false;
	if (!(*ret_issuer)->owner ||
	    (*ret_issuer)->owner->offboarding_date == 0)
		return error_set(
		    err, ERROR_REFUSED,
		    "%s has no offboarding-date in its configuration",
		    (*ret_issuer)->name);
	return true;
}

/* ---- export of the salt */

bool handle_export_salt(const struct ipc_request *req,
                        const struct export_salt_request *request,
                        struct export_salt_reply *reply, struct error *err)
{
	const json_t *recipient = request->to;
	const struct issuer *i;
	char *sealed;

	if (!key_export_issuer(req, request->issuer, &i, err))
		return false;
	const char *secret = js_dump(
	    req->arena,
	    js_own(req->arena,
	           json_pack("{s:i, s:s, s:s}", "v", 1, "issuer", i->url,
	                     "salt",
	                     base64url_encode(req->arena, keys_salt(i->name),
	                                      KEY_SECRET_BYTES))));

	if (!jwe_encrypt(req->arena, recipient, secret, &sealed, err) ||
	    !signing_log_append("salt", i->url,
	                        hash_sha256_base64url(
				    req->arena, js_dump(req->arena, recipient)),
	                        NULL, err))
		return false;
	log_event(LOG_SIGNER_SALT_EXPORTED, "issuer", i->name, NULL);
	reply->sealed = sealed;
	return true;
}

/* ---- import of a salt */

static bool salt_parse(const struct ipc_request *req, const struct issuer *i,
                       const char *secret, unsigned char ret[KEY_SECRET_BYTES],
                       struct error *err)
{
	unsigned char *bytes;
	size_t length;
	json_t *payload;

	if (!js_parse(req->arena, secret, strlen(secret), &payload, err))
		return false;
	const char *salt = js_string(payload, "salt");

	if (js_number(payload, "v", 0) != 1 || !salt ||
	    !base64url_decode(req->arena, salt, strlen(salt), &bytes,
	                      &length) ||
	    length != KEY_SECRET_BYTES)
		return error_set(err, ERROR_INVALID,
		                 "sealed does not contain a salt");
	if (!text_equal(js_string(payload, "issuer"), i->url))
		return error_set(err, ERROR_REFUSED,
		                 "salt belongs to issuer %s, expected %s",
		                 js_string(payload, "issuer") ?: "(none)",
		                 i->url);
	memcpy(ret, bytes, KEY_SECRET_BYTES);
	return true;
}

/* Another salt changes every subject identifier: on error ERROR_REFUSED if the
 * issuer has signed anything. */
static bool salt_require_unused(const struct issuer *i, struct error *err)
{
	bool used;

	if (!signing_log_has_issuer(i->url, &used, err))
		return false;
	return !used ||
	       error_set(err, ERROR_REFUSED,
	                 "issuer %s has already signed with another salt",
	                 i->url);
}

bool handle_import_salt(const struct ipc_request *req,
                        const struct import_salt_request *request,
                        struct import_salt_reply *reply, struct error *err)
{
	unsigned char salt[KEY_SECRET_BYTES];
	const struct issuer *i;
	char *secret;

	(void)reply;
	if (!key_export_require_operator(req, err) ||
	    !request_issuer(req, request->issuer, &i, err) ||
	    !keys_require_region(err) ||
	    !jwe_decrypt(req->arena, keys_transfer()->pkey, request->sealed,
	                 &secret, err) ||
	    !salt_parse(req, i, secret, salt, err))
		return false;
	if (hash_equal(salt, keys_salt(i->name), KEY_SECRET_BYTES))
		return true;
	if (!salt_require_unused(i, err) ||
	    !keys_import_salt(i->name, salt, err))
		return false;
	log_event(LOG_SIGNER_SALT_IMPORTED, "issuer", i->name, NULL);
	return true;
}

/* ---- the receiver's keys */

static bool key_is_own(const struct ipc_request *req, const struct issuer *i,
                       const char *kid)
{
	struct key_row *rows;
	size_t count = keys_list(req->arena, i->name, clock_now(), &rows);

	for (size_t at = 0; at < count; at++)
		if (text_equal(rows[at].key->kid, kid))
			return true;
	return false;
}

bool handle_import_key(const struct ipc_request *req,
                       const struct import_public_key_request *request,
                       struct import_public_key_reply *reply, struct error *err)
{
	const json_t *jwk = request->jwk;
	const char *certificate = request->certificate;
	const struct issuer *i;
	const char *id;

	if (!key_export_issuer(req, request->issuer, &i, err))
		return false;
	if (!jwk == !certificate)
		return error_set(
		    err, ERROR_INVALID,
		    "exactly one of jwk and certificate is required");
	/* Without a kid it is published by its thumbprint, like our own
	 * keys. */
	if (jwk && key_is_own(req, i,
	                      js_string(jwk, "kid")
	                          ?: jwk_thumbprint(req->arena, jwk)))
		return error_set(err, ERROR_INVALID,
		                 "key is already a key of this issuer");
	const char *folder = keys_issuer_dir(req->arena, i->name);

	if (!(jwk ? imported_keys_add_jwk(req->arena, folder, jwk, &id, err)
	          : imported_keys_add_certificate(req->arena, folder,
	                                          certificate, &id, err)))
		return false;
	log_event(LOG_SIGNER_KEY_IMPORTED, "issuer", i->name, "kid", id, NULL);
	reply->kid = id;
	return true;
}

/* ---- manifests */

static bool key_export_municipality(const struct ipc_request *req,
                                    const char *name,
                                    const struct municipality **ret,
                                    struct error *err)
{
	const struct municipality *m = config_municipality(req->cfg, name);

	if (!key_export_require_operator(req, err))
		return false;
	if (!m || m->offboarding_date == 0)
		return error_set(
		    err, ERROR_REFUSED,
		    "municipality is unknown or has no offboarding-date");
	*ret = m;
	return true;
}

bool handle_sign_manifest(const struct ipc_request *req,
                          const struct sign_manifest_request *request,
                          struct sign_manifest_reply *reply, struct error *err)
{
	const char *what = manifest_kind_name(request->what);
	const char *sha256 = request->sha256;
	const struct municipality *m;
	char *jws;

	if (!key_export_municipality(req, request->municipality, &m, err) ||
	    !keys_require_region(err))
		return false;
	if (strlen(sha256) != SHA256_HEX_LENGTH ||
	    strspn(sha256, "0123456789abcdef") != SHA256_HEX_LENGTH)
		return error_set(err, ERROR_INVALID,
		                 "sha256 is not 64 hex digits");
	const struct key *k = keys_audit();
	const json_t *claims =
	    js_own(req->arena,
	           json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "v", 1, "what",
	                     what, "municipality", m->name, "region",
	                     req->cfg->name, "sha256", sha256, "at",
	                     clock_format_iso(req->arena, clock_now())));

	if (!jws_sign_compact(req->arena, k, "portvakt-manifest", true, claims,
	                      &jws, err) ||
	    !signing_log_append(arena_printf(req->arena, "manifest:%s", what),
	                        NULL, m->name, k->kid, err))
		return false;
	reply->jws = jws;
	reply->thumbprint = k->kid;
	return true;
}

/* ---- deletion */

/* A request for an issuer that is still configured would create new keys. */
bool handle_delete_keys(const struct ipc_request *req,
                        const struct purge_municipality_request *request,
                        struct purge_municipality_reply *reply,
                        struct error *err)
{
	const struct municipality *m;
	size_t files;

	if (!key_export_municipality(req, request->municipality, &m, err))
		return false;
	if (!municipality_is_offboarded(m, clock_now()))
		return error_set(err, ERROR_REFUSED,
		                 "offboarding-date of %s has not passed",
		                 m->name);
	if (config_issuer(req->cfg, m->name))
		return error_set(err, ERROR_REFUSED,
		                 "issuer of %s is still configured", m->name);
	if (!keys_delete(m->name, &files, err))
		return false;
	log_event(LOG_SIGNER_KEYS_PURGED, "municipality", m->name, NULL);
	reply->files = (long long)files;
	return true;
}
