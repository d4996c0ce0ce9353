/* SPDX-License-Identifier: AGPL-3.0-or-later
 * issuer_keys.c: the issuer that a request names, and the keys of all issuers
 * of the configuration. */
#include "idp/signer/signer.h"

#include "lib/log.h"

bool request_issuer(const struct ipc_request *req, const char *name,
                    const struct issuer **ret_issuer, struct error *err)
{
	const struct issuer *i = config_issuer(req->cfg, name);

	if (!i)
		return error_set(err, ERROR_REFUSED, "unknown issuer");
	if (!keys_require(i->name, err))
		return false;
	*ret_issuer = i;
	return true;
}

/* What is missing is logged: the signer stays, to be asked for `keys init`. */
static bool issuer_keys_note(const char *issuer, bool loaded, struct error *err)
{
	if (loaded)
		return true;
	if (err->kind != ERROR_UNAVAILABLE)
		return false;
	log_event(LOG_SIGNER_KEYS_MISSING, "issuer", issuer, "error", err->text,
	          NULL);
	return true;
}

bool keys_load_all(const struct config *cfg, struct error *err)
{
	if (!issuer_keys_note(KEYS_REGION, keys_require_region(err), err))
		return false;
	for (size_t i = 0; i < cfg->issuer_count; i++) {
		const char *name = cfg->issuers[i].name;

		if (!issuer_keys_note(name, keys_require(name, err), err))
			return false;
	}
	return true;
}
