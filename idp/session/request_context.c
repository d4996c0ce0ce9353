/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_context.c: helpers of the request context. */
#include "idp/session/request_context.h"

#include "region/config/network.h"

struct ipc_client *context_ldap_auth(struct request_context *ctx,
                                     const struct directory_conf *d)
{
	return ldap_auth_client_of(ctx->backends->ldap_auth, ctx->arena,
	                           ctx->cfg, d->name);
}

bool context_is_shared(const struct request_context *ctx)
{
	return address_is_shared(ctx->arena, ctx->cfg, ctx->request->address,
	                         ctx->request->listener);
}
