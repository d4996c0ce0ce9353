/* SPDX-License-Identifier: AGPL-3.0-or-later
 * issuer_keys.c: the issuer that a request names, and the keys of all issuers
 * of the configuration. */
#include "idp/signer/signer.h"

bool request_issuer(const struct ipc_request *req,
                    const struct issuer **ret_issuer, struct error *err)
{
	const char *name = js_string(req->body, "issuer");
	const struct issuer *i = name ? config_issuer(req->cfg, name) : NULL;

	if (!i)
		return error_set(err, ERROR_REFUSED, "unknown issuer");
	if (!keys_ensure(i->name, i->url, err))
		return false;
	*ret_issuer = i;
	return true;
}

bool keys_ensure_all(const struct config *cfg, struct error *err)
{
	for (size_t i = 0; i < cfg->issuer_count; i++)
		if (!keys_ensure(cfg->issuers[i].name, cfg->issuers[i].url,
		                 err))
			return false;
	return true;
}
