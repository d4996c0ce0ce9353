/* SPDX-License-Identifier: AGPL-3.0-or-later
 * routes.c: maps a path to its handler, by exact match only. */
#include "idp/web/routes.h"

#include <assert.h>

#include "idp/login/login.h"
#include "idp/oauth/oauth.h"
#include "idp/oidc/oidc.h"
#include "idp/page/page.h"
#include "idp/portal/portal.h"
#include "idp/saml/saml.h"
#include "idp/session/login_metrics.h"
#include "idp/web/address_share.h"
#include "idp/web/context_init.h"
#include "idp/web/cookies_endpoint.h"
#include "idp/web/health.h"
#include "idp/web/logout_endpoint.h"
#include "idp/web/request_metrics.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

enum route_hosts {
	HOST_LOGIN = 1,
	HOST_ISSUER = 2,
	HOST_BOTH = HOST_LOGIN | HOST_ISSUER,
	/* For servers of services, whose one address is all their users'. */
	FOR_SERVICES = 4,
	HOST_SERVICES = HOST_ISSUER | FOR_SERVICES,
};

enum {
	GET = METHOD_GET | METHOD_HEAD,
	POST = METHOD_POST,
	ANY = METHOD_GET | METHOD_HEAD | METHOD_POST | METHOD_OPTIONS,
};

static void redirect_to_portal(struct request_context *ctx)
{
	response_redirect(ctx->response, arena_printf(ctx->arena, "%s/portal",
	                                              ctx->cfg->login_url));
}

/* ANY: the handler checks the method. */
static const struct route {
	const char *path;
	enum route_hosts hosts;
	unsigned methods;
	void (*handle)(struct request_context *ctx);
} routes[] = {
	{ "/", HOST_BOTH, GET, redirect_to_portal },
	{ "/login", HOST_LOGIN, GET, login_get },
	{ "/login", HOST_LOGIN, POST, password_login_post },
	{ "/password", HOST_LOGIN, GET, password_change_get },
	{ "/password", HOST_LOGIN, POST, password_change_post },
	{ "/password/pupils", HOST_LOGIN, GET, pupil_password_get },
	{ "/password/pupils", HOST_LOGIN, POST, pupil_password_post },
	{ "/choose", HOST_LOGIN, GET, organisation_select_get },
	{ "/as", HOST_LOGIN, GET, affiliation_select_get },
	{ "/as", HOST_LOGIN, POST, affiliation_select_post },
	{ "/return", HOST_ISSUER, GET, handoff_return },
	{ "/language", HOST_LOGIN, GET, preference_language_get },
	{ COOKIES_PATH, HOST_BOTH, POST, cookies_clear_post },
	{ "/portal", HOST_LOGIN, GET, portal_get },
	{ "/sessions", HOST_LOGIN, GET, sessions_get },
	{ "/sessions", HOST_LOGIN, POST, sessions_post },
	{ "/logout", HOST_LOGIN, GET, logout_get },
	{ "/logout", HOST_LOGIN, POST, logout_post },
	{ "/.well-known/openid-configuration", HOST_ISSUER, ANY,
	  oidc_discovery },
	{ "/oidc/jwks", HOST_ISSUER, ANY, oidc_jwks },
	{ "/oidc/authorize", HOST_ISSUER, ANY, oidc_authorize },
	{ "/oidc/token", HOST_SERVICES, ANY, oauth_token_endpoint },
	{ "/oidc/userinfo", HOST_SERVICES, ANY, oidc_userinfo },
	{ "/oidc/revoke", HOST_SERVICES, ANY, oauth_revocation_endpoint },
	{ "/oidc/introspect", HOST_SERVICES, ANY,
	  oauth_introspection_endpoint },
	{ "/oidc/logout", HOST_BOTH, ANY, oidc_logout },
	{ "/saml/metadata", HOST_ISSUER, ANY, saml_metadata },
	{ "/saml/sso", HOST_ISSUER, ANY, saml_sso },
	{ "/saml/slo", HOST_BOTH, ANY, saml_slo },
};

static const struct protocol *const protocols[] = { &oidc_protocol,
	                                            &saml_protocol,
	                                            &portal_protocol, NULL };

static const struct page_hooks page_hooks = { .logout_report =
	                                          logout_result_page,
	                                      .error = error_page_show };

static_assert(LENGTH(routes) < REQUEST_METRICS_ROUTES);

/* Set before threads start, then read-only. */
static const struct web_backends *backends;

void routes_init(struct web_backends *web_backends)
{
	web_backends->protocols = protocols;
	web_backends->page_hooks = &page_hooks;
	backends = web_backends;
}

static bool route_is_on_host(const struct request_context *ctx,
                             enum route_hosts hosts)
{
	return (ctx->on_login_host && (hosts & HOST_LOGIN)) ||
	       (ctx->issuer && (hosts & HOST_ISSUER));
}

/* Returns the route of path, host and method, or NULL.  Sets *allowed to the
 * methods of this path on this host; 0 if there are none: not found. */
static const struct route *route_find(const struct request_context *ctx,
                                      unsigned *allowed)
{
	const struct route *found = NULL;

	*allowed = 0;
	for (size_t i = 0; i < LENGTH(routes); i++) {
		if (!text_equal(routes[i].path, ctx->request->path) ||
		    !route_is_on_host(ctx, routes[i].hosts))
			continue;
		*allowed |= routes[i].methods;
		if (routes[i].methods & (unsigned)ctx->request->method)
			found = &routes[i];
	}
	return found;
}

static void route_reject_method(struct request_context *ctx, unsigned allowed)
{
	error_page_status(ctx, 405, "wrong-method");
	response_add_header(
	    ctx->response, "Allow",
	    allowed & METHOD_POST
		? (allowed & METHOD_GET ? "GET, HEAD, POST" : "POST")
		: "GET, HEAD");
}

static bool is_get_or_head(const struct request_context *ctx)
{
	return ctx->request->method & (METHOD_GET | METHOD_HEAD);
}

static void route_run(struct request_context *ctx, const struct route *route)
{
	const char *share = route->hosts & FOR_SERVICES ? NULL : ctx->share;

	if (!address_share_enter(share)) {
		error_page_status(ctx, 429, "overloaded");
		return;
	}
	route->handle(ctx);
	address_share_leave(share);
}

static void routes_respond(struct request *r, struct http_response *resp)
{
	struct request_context *ctx = request_context_init(r, resp, backends);
	unsigned allowed;

	/* RFC 9110 7.4: misdirected request. */
	if (!ctx->issuer && !ctx->on_login_host) {
		error_page_status(ctx, 421, "bad-request");
		return;
	}
	if (text_starts(r->path, "/assets/") && is_get_or_head(ctx)) {
		asset_serve(ctx);
		return;
	}
	const struct route *route = route_find(ctx, &allowed);

	if (r->cookies_rejected &&
	    (!route || route->handle != cookies_clear_post))
		cookies_reject(ctx);
	else if (route)
		route_run(ctx, route);
	else if (allowed)
		route_reject_method(ctx, allowed);
	else
		error_page_status(ctx, 404, "not-found");
}

/* ---- for this machine alone */

/* A path that several methods share counts as one, what is no route as the
 * last. */
static size_t route_metric(const struct request *r)
{
	for (size_t i = 0; i < LENGTH(routes); i++)
		if (text_equal(routes[i].path, r->path))
			return i;
	return REQUEST_METRICS_ROUTES - 1;
}

static const char *route_metric_name(size_t at)
{
	return at < LENGTH(routes) ? routes[at].path : "other";
}

static void metrics_respond(struct http_response *resp)
{
	struct strbuf out = strbuf_init(resp->arena);

	health_print_metrics(&out);
	login_metrics_print(&out);
	request_metrics_print(&out, route_metric_name);
	response_set_body(resp, 200, "text/plain; version=0.0.4", out.data,
	                  out.length);
}

static const struct {
	const char *path;
	void (*respond)(struct http_response *resp);
} inner_routes[] = {
	{ "/live", health_respond_live },
	{ "/ready", health_respond_ready },
	{ "/metrics", metrics_respond },
};

/* Responds to a request that did not come through the reverse proxy, which sets
 * X-Portvakt-Listener in all that it passes on. Returns false if it did, or
 * asks for something else. */
static bool routes_respond_inside(const struct request *r,
                                  struct http_response *resp)
{
	if (!(r->method & GET) || request_header(r, "x-portvakt-listener"))
		return false;
	for (size_t i = 0; i < LENGTH(inner_routes); i++)
		if (text_equal(inner_routes[i].path, r->path)) {
			inner_routes[i].respond(resp);
			return true;
		}
	return false;
}

static void routes_handle(struct request *r, struct http_response *resp)
{
	const int64_t began = clock_monotonic_ms();

	if (routes_respond_inside(r, resp))
		return;
	request_metrics_begin();
	routes_respond(r, resp);
	request_metrics_end(route_metric(r), resp->status,
	                    clock_monotonic_ms() - began);
}

static void routes_reject(struct request *r, struct http_response *resp,
                          int status, const char *reason)
{
	error_page_status(request_context_init(r, resp, backends), status,
	                  reason);
}

const struct http_server_callbacks routes_callbacks = { routes_handle,
	                                                routes_reject };
