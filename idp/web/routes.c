/* SPDX-License-Identifier: AGPL-3.0-or-later
 * routes.c: maps a path to its handler, by exact match only. */
#include "idp/web/routes.h"

#include "idp/login/login.h"
#include "idp/oidc/oidc.h"
#include "idp/page/page.h"
#include "idp/portal/portal.h"
#include "idp/saml/saml.h"
#include "idp/web/logout.h"
#include "idp/web/visitor.h"
#include "lib/text.h"

enum where { ON_LOGIN = 1, ON_ISSUER = 2, ON_BOTH = 3 };

enum {
	GET = METHOD_GET | METHOD_HEAD,
	POST = METHOD_POST,
	ANY = METHOD_GET | METHOD_HEAD | METHOD_POST | METHOD_OPTIONS,
};

static void go_home(struct visit *v)
{
	answer_see_other(v->answer, arena_print(v->arena, "%s/portal",
	                                        v->region->login_url));
}

/* ANY: the handler checks the method itself. */
static const struct route {
	const char *path;
	enum where where;
	unsigned methods;
	void (*handle)(struct visit *v);
} routes[] = {
	{ "/", ON_BOTH, GET, go_home },
	{ "/login", ON_LOGIN, GET, login_page },
	{ "/login", ON_LOGIN, POST, login_prove },
	{ "/password", ON_LOGIN, GET, login_password },
	{ "/password", ON_LOGIN, POST, login_password_set },
	{ "/password/pupils", ON_LOGIN, GET, portal_pupils },
	{ "/password/pupils", ON_LOGIN, POST, portal_pupils_set },
	{ "/choose", ON_LOGIN, GET, login_choose },
	{ "/as", ON_LOGIN, GET, login_as },
	{ "/as", ON_LOGIN, POST, login_as_chosen },
	{ "/return", ON_ISSUER, GET, login_return },
	{ "/language", ON_LOGIN, GET, login_language },
	{ "/portal", ON_LOGIN, GET, portal_page },
	{ "/sessions", ON_LOGIN, GET, portal_sessions },
	{ "/sessions", ON_LOGIN, POST, portal_sessions_end },
	{ "/logout", ON_LOGIN, GET, logout_ask },
	{ "/logout", ON_LOGIN, POST, logout_do },
	{ "/.well-known/openid-configuration", ON_ISSUER, ANY, oidc_discovery },
	{ "/oidc/jwks", ON_ISSUER, ANY, oidc_jwks },
	{ "/oidc/authorize", ON_ISSUER, ANY, oidc_authorize },
	{ "/oidc/token", ON_ISSUER, ANY, oidc_token },
	{ "/oidc/userinfo", ON_ISSUER, ANY, oidc_userinfo },
	{ "/oidc/revoke", ON_ISSUER, ANY, oidc_revoke },
	{ "/oidc/introspect", ON_ISSUER, ANY, oidc_introspect },
	{ "/oidc/logout", ON_BOTH, ANY, oidc_logout },
	{ "/saml/metadata", ON_ISSUER, ANY, saml_metadata },
	{ "/saml/sso", ON_ISSUER, ANY, saml_sso },
	{ "/saml/slo", ON_BOTH, ANY, saml_slo },
};

static const struct front *const fronts[] = { &oidc_front, &saml_front,
	                                      &portal_front, NULL };

static const struct pages pages = { .left = portal_left, .fault = page_fault };

/* Set before threads start, then read-only. */
static const struct staff *everybody;

void routes_open(struct staff *staff)
{
	staff->fronts = fronts;
	staff->pages = &pages;
	everybody = staff;
}

static bool is_here(const struct visit *v, enum where where)
{
	return (v->on_login_host && (where & ON_LOGIN)) ||
	       (v->issuer && (where & ON_ISSUER));
}

/* Returns the route, or NULL; sets the methods allowed for this path. */
static const struct route *find_route(const struct visit *v, unsigned *known)
{
	const struct route *found = NULL;

	*known = 0;
	for (size_t i = 0; i < LENGTH(routes); i++) {
		if (!text_equal(routes[i].path, v->request->path) ||
		    !is_here(v, routes[i].where))
			continue;
		*known |= routes[i].methods;
		if (routes[i].methods & (unsigned)v->request->method)
			found = &routes[i];
	}
	return found;
}

static void refuse_method(struct visit *v, unsigned known)
{
	page_turned_away(v, 405, "wrong-method");
	answer_header(v->answer, "Allow",
	              known & METHOD_POST
	                  ? (known & METHOD_GET ? "GET, HEAD, POST" : "POST")
	                  : "GET, HEAD");
}

static bool is_reading(const struct visit *v)
{
	return v->request->method & (METHOD_GET | METHOD_HEAD);
}

static void handle(struct request *r, struct answer *a)
{
	struct visit *v = visitor_begin(r, a, everybody);
	unsigned known;

	/* RFC 9110 7.4: misdirected request. */
	if (!v->issuer && !v->on_login_host) {
		page_turned_away(v, 421, "bad-request");
		return;
	}
	if (text_starts(r->path, "/assets/") && is_reading(v)) {
		page_asset(v);
		return;
	}
	const struct route *route = find_route(v, &known);

	if (route)
		route->handle(v);
	else if (known)
		refuse_method(v, known);
	else
		page_turned_away(v, 404, "not-found");
}

static void refuse(struct request *r, struct answer *a, int status,
                   const char *reason)
{
	page_turned_away(visitor_begin(r, a, everybody), status, reason);
}

const struct server_calls routes_calls = { handle, refuse };
