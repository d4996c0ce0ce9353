/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_context.c: helpers of the request context. */
#include "idp/session/request_context.h"

bool context_ldap_auth_call(struct request_context *ctx,
                            const struct directory_conf *d,
                            enum ipc_message_type type, json_t *request,
                            json_t **ret_response, struct error *err)
{
	return ldap_auth_client_call(ctx->backends->ldap_auth, ctx->arena,
	                             ctx->cfg, d->name, type, request,
	                             ret_response, err);
}
