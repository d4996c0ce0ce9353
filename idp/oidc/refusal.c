/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oauth_error.c: OAuth 2.0 error responses (RFC 6749 5.2, RFC 6750 3). */
#include "idp/oidc/refusal.h"

#include "lib/log.h"
#include "lib/text.h"

static const struct {
	const char *error;
	int status;
} statuses[] = {
	{ INVALID_CLIENT, 401 },
	{ INVALID_TOKEN, 401 },
	{ INSUFFICIENT_SCOPE, 403 },
	{ AWAY, 503 },
};

static int status_of(const char *error)
{
	for (size_t i = 0; i < LENGTH(statuses); i++)
		if (text_equal(statuses[i].error, error))
			return statuses[i].status;
	return 400;
}

bool oidc_refuse(struct visit *v, const char *error, const char *description)
{
	json_t *body = js_keep(v->arena, json_object());

	js_put(body, "error", error);
	js_put(body, "error_description", description);
	answer_json(v->answer, status_of(error), body);
	/* RFC 6749 5.2, RFC 9110 15.5.2: a 401 response has this header. */
	if (text_equal(error, INVALID_CLIENT))
		answer_header(v->answer, "WWW-Authenticate",
		              "Basic realm=\"portvakt\"");
	return false;
}

bool refuse_away(struct visit *v, const struct fault *why)
{
	log_warn("client must wait", "issuer", v->issuer ? v->issuer->name : "",
	         "reason", why->reason ? why->reason : "", "why", why->text,
	         NULL);
	(void)oidc_refuse(v, AWAY, "try again in a moment");
	answer_header(v->answer, "Retry-After", "2");
	return false;
}

bool refuse_bearer(struct visit *v, const char *error, const char *description)
{
	const char *header =
	    error ? arena_print(v->arena,
	                        "Bearer realm=\"portvakt\", error=\"%s\", "
	                        "error_description=\"%s\"",
	                        error, description)
		  : "Bearer realm=\"portvakt\"";

	/* RFC 6750 3.1: no error code if the request has no token. */
	(void)oidc_refuse(v, error ? error : INVALID_TOKEN, description);
	if (!error)
		answer_json(v->answer, 401, js_keep(v->arena, json_object()));
	answer_header(v->answer, "WWW-Authenticate", header);
	return false;
}

static const char *names_of(unsigned methods)
{
	if (!(methods & METHOD_GET))
		return "POST";
	return methods & METHOD_POST ? "GET, POST" : "GET";
}

bool refuse_other_methods(struct visit *v, unsigned methods)
{
	if (!v->issuer) {
		(void)oidc_refuse(v, INVALID_REQUEST,
		                  "no issuer has this host");
		v->answer->status = 404;
		return false;
	}
	if (v->request->method & methods)
		return true;
	(void)oidc_refuse(v, INVALID_REQUEST, "not by this method");
	v->answer->status = 405;
	answer_header(v->answer, "Allow", names_of(methods));
	return false;
}

/* RFC 6749 3.2: request parameters must not be repeated. */
static const char *const once[] = {
	"grant_type",       "code",  "redirect_uri",    "code_verifier",
	"refresh_token",    "scope", "client_id",       "client_secret",
	"client_assertion", "token", "token_type_hint", "client_assertion_type",
	"access_token",
};

bool refuse_other_forms(struct visit *v)
{
	const struct request *r = v->request;

	if (!refuse_other_methods(v, METHOD_POST))
		return false;
	for (size_t i = 0; i < LENGTH(once); i++)
		if (request_twice(r, once[i]))
			return oidc_refuse(v, INVALID_REQUEST,
			                   "something is said twice");
	return true;
}
