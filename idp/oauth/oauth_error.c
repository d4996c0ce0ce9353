/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oauth_error.c: OAuth 2.0 error responses (RFC 6749 5.2, RFC 6750 3). */
#include "idp/oauth/oauth_error.h"

#include "lib/log.h"
#include "lib/strbuf.h"

static const struct {
	const char *error;
	int status;
} oauth_error_statuses[] = {
	{ OAUTH_INVALID_CLIENT, 401 },
	{ OAUTH_INVALID_TOKEN, 401 },
	{ OAUTH_INSUFFICIENT_SCOPE, 403 },
	{ OAUTH_TEMPORARILY_UNAVAILABLE, 503 },
};

static int oauth_error_status(const char *error)
{
	for (size_t i = 0; i < LENGTH(oauth_error_statuses); i++)
		if (text_equal(oauth_error_statuses[i].error, error))
			return oauth_error_statuses[i].status;
	return 400;
}

bool oauth_error_reply(struct request_context *ctx, const char *error,
                       const char *description)
{
	json_t *body = js_own(ctx->arena, json_object());

	js_set_string(body, "error", error);
	js_set_string(body, "error_description", description);
	response_json(ctx->response, oauth_error_status(error), body);
	/* RFC 6749 5.2, RFC 9110 15.5.2: a 401 response has this header. */
	if (text_equal(error, OAUTH_INVALID_CLIENT))
		response_add_header(ctx->response, "WWW-Authenticate",
		                    "Basic realm=\"portvakt\"");
	return false;
}

bool oauth_error_unavailable(struct request_context *ctx,
                             const struct error *err)
{
	log_event(LOG_OAUTH_UNAVAILABLE, "issuer",
	          ctx->issuer ? ctx->issuer->name : "", "reason",
	          err->reason ? err->reason : "", "error", err->text, NULL);
	(void)oauth_error_reply(ctx, OAUTH_TEMPORARILY_UNAVAILABLE,
	                        "temporarily unavailable, retry later");
	response_add_header(ctx->response, "Retry-After", "2");
	return false;
}

bool bearer_error_reply(struct request_context *ctx, const char *error,
                        const char *description)
{
	const char *header =
	    error ? arena_printf(ctx->arena,
	                         "Bearer realm=\"portvakt\", error=\"%s\", "
	                         "error_description=\"%s\"",
	                         error, description)
		  : "Bearer realm=\"portvakt\"";

	/* RFC 6750 3.1: no error code if the request has no token. */
	(void)oauth_error_reply(ctx, error ? error : OAUTH_INVALID_TOKEN,
	                        description);
	if (!error)
		response_json(ctx->response, 401,
		              js_own(ctx->arena, json_object()));
	response_add_header(ctx->response, "WWW-Authenticate", header);
	return false;
}

static const char *oauth_allowed_methods(unsigned methods)
{
	if (!(methods & METHOD_GET))
		return "POST";
	return methods & METHOD_POST ? "GET, POST" : "GET";
}

bool oauth_require_method(struct request_context *ctx, unsigned methods)
{
	if (!ctx->issuer) {
		(void)oauth_error_reply(ctx, OAUTH_INVALID_REQUEST,
		                        "host is not an issuer");
		ctx->response->status = 404;
		return false;
	}
	if (ctx->request->method & methods)
		return true;
	(void)oauth_error_reply(ctx, OAUTH_INVALID_REQUEST,
	                        "method not allowed");
	ctx->response->status = 405;
	response_add_header(ctx->response, "Allow",
	                    oauth_allowed_methods(methods));
	return false;
}

/* RFC 6749 3.2: request parameters must not be repeated. */
static const char *const oauth_single_params[] = {
	"grant_type",       "code",  "redirect_uri",    "code_verifier",
	"refresh_token",    "scope", "client_id",       "client_secret",
	"client_assertion", "token", "token_type_hint", "client_assertion_type",
	"access_token",
};

bool oauth_require_single_params(struct request_context *ctx)
{
	const struct request *r = ctx->request;

	if (!oauth_require_method(ctx, METHOD_POST))
		return false;
	for (size_t i = 0; i < LENGTH(oauth_single_params); i++)
		if (request_param_repeated(r, oauth_single_params[i]))
			return oauth_error_reply(
			    ctx, OAUTH_INVALID_REQUEST,
			    arena_printf(ctx->arena, "parameter repeated: %s",
			                 oauth_single_params[i]));
	return true;
}
