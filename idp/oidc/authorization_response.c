/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorization_response.c: authorization responses by redirect (RFC 6749
 * 4.1.2), always with iss against mix-up attacks (RFC 9207). */
#include "idp/oidc/authorization_response.h"

#include "idp/oauth/redirect_uri.h"

void authorization_response_code(struct request_context *ctx,
                                 const struct response_target *target,
                                 const char *code)
{
	const struct http_field params[] = {
		{ "code", code },
		{ "state", target->state },
		{ "iss", target->issuer->url },
	};

	response_redirect(ctx->response,
	                  url_with_params(ctx->arena, target->redirect_uri,
	                                  params, LENGTH(params)));
}

void authorization_response_error(struct request_context *ctx,
                                  const struct response_target *target,
                                  const char *error, const char *description)
{
	const struct http_field params[] = {
		{ "error", error },
		{ "error_description", description },
		{ "state", target->state },
		{ "iss", target->issuer->url },
	};

	response_redirect(ctx->response,
	                  url_with_params(ctx->arena, target->redirect_uri,
	                                  params, LENGTH(params)));
}
