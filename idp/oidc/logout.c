/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout.c: the end_session_endpoint (OpenID Connect RP-Initiated Logout).
 * Without an id_token_hint that names this session the person must confirm the
 * logout: an image on another site must not end a session (CSRF). */
#include "idp/oidc/oidc.h"

#include <string.h>

#include "idp/oidc/hint.h"
#include "idp/oidc/logout.h"
#include "idp/oidc/redirect.h"
#include "idp/oidc/reply.h"
#include "idp/page/page.h"
#include "idp/session/leave.h"
#include "lib/text.h"

static void refuse_by_page(struct visit *v, const char *reason)
{
	page_refused(v, reason, NULL, NULL);
}

/* ---- on the login host: the session ---- */

static bool names_this_session(const struct ticket *t, const struct session *s)
{
	const char *sid = js_string(t->request, "sid");

	return sid && text_equal(sid, s->sid);
}

/* Redirects to the confirmation page; with a post_logout_redirect_uri the auth
 * transaction is kept for after it. */
static void ask_person(struct visit *v, struct ticket *t)
{
	struct fault why = { 0 };

	if (!js_string(t->request, "redirect"))
		answer_see_other(v->answer, arena_print(v->arena, "%s/logout",
		                                        v->region->login_url));
	else if (!t->secret && !ticket_save(v, t, &why))
		page_fault(v, &why);
	else
		answer_see_other(v->answer, ticket_address(v, t, "/logout"));
}

/* Returns the service that needs no notification: the one that requested the
 * logout, unless it has a backchannel_logout_uri (Back-Channel Logout 2.5). */
static const char *who_need_not_be_told(const struct ticket *t)
{
	return t->service && !t->service->oidc->back_channel ? t->service->name
	                                                     : NULL;
}

/* Without a post_logout_redirect_uri the response is the result page. */
static void leave(struct visit *v, const struct ticket *t,
                  const struct session *s)
{
	const bool waits = js_string(t->request, "redirect");

	leave_begin(v, s, waits ? "oidc" : NULL, waits ? t->request : NULL,
	            who_need_not_be_told(t));
}

static void go_on(struct visit *v, struct ticket *t)
{
	const struct session *s;
	struct fault why = { 0 };

	if (!session_find(v, &s, &why)) {
		page_fault(v, &why);
		return;
	}
	if (s && !names_this_session(t, s)) {
		ask_person(v, t);
		return;
	}
	if (t->secret && !ticket_drop(v, t, &why)) {
		page_fault(v, &why);
		return;
	}
	leave(v, t, s);
}

static void go_on_by_ticket(struct visit *v)
{
	struct fault why = { 0 };
	struct ticket *t;

	if (!ticket_find(v, &t, &why))
		page_fault(v, &why);
	else if (!text_equal(t->front, "oidc") || !js_true(t->request, "leave"))
		refuse_by_page(v, "bad-request");
	else
		go_on(v, t);
}

/* ---- on the issuer's host: the request ---- */

static const char *const once[] = {
	"id_token_hint", "client_id",   "post_logout_redirect_uri",
	"state",         "logout_hint", "ui_locales",
};

static bool is_said_once(const struct request *r)
{
	for (size_t i = 0; i < LENGTH(once); i++)
		if (request_twice(r, once[i]))
			return false;
	return true;
}

/* An invalid hint is ignored.  Returns false if it could not be verified, or
 * if it contradicts the client_id parameter. */
static bool read_hint(struct visit *v, struct hint *ret, struct fault *why)
{
	const char *token = request_word(v->request, "id_token_hint");
	const char *client = request_word(v->request, "client_id");
	struct fault said = { 0 };

	if (!token)
		return true;
	if (!hint_read(v, token, ret, &said)) {
		if (said.kind == FAULT_INVALID)
			return true;
		*why = said;
		return false;
	}
	/* RP-Initiated Logout 2: "MUST verify that the Client Identifier
	 * matches the one used when issuing the ID Token". */
	if (client && !text_equal(client, ret->service->oidc->id))
		return fault_for(why, FAULT_INVALID, "bad-request",
		                 "client_id is not the hint's");
	return true;
}

static bool read_redirect(struct visit *v, const struct hint *h,
                          json_t *request, struct fault *why)
{
	const char *to = request_word(v->request, "post_logout_redirect_uri");
	const char *state = request_word(v->request, "state");

	if (state && strlen(state) > STATE_MOST)
		return fault_for(why, FAULT_INVALID, "bad-request",
		                 "state is too long");
	/* Without a hint there is no client to have registered it. */
	if (!to || !h->service)
		return true;
	if (!redirect_allowed_after_logout(h->service->oidc, to))
		return fault_for(why, FAULT_INVALID, "unknown-address",
		                 "post_logout_redirect_uri of %s",
		                 h->service->name);
	js_put(request, "redirect", to);
	js_put(request, "state", state);
	return true;
}

static bool read_request(struct visit *v, struct ticket *t, struct fault *why)
{
	struct hint hint = { 0 };

	t->request = js_keep(v->arena, json_pack("{s:b}", "leave", true));
	if (!read_hint(v, &hint, why) ||
	    !read_redirect(v, &hint, t->request, why))
		return false;
	t->service = hint.service;
	js_put(t->request, "sid", hint.sid);
	return true;
}

/* A form POSTed by another site carries no SameSite cookie; the request that
 * follows the 303 does. */
static void begin(struct visit *v)
{
	struct ticket *t = arena_new(v->arena, struct ticket);
	struct fault why = { 0 };

	t->front = "oidc";
	t->issuer = v->issuer;
	t->max_age = -1;
	if (!read_request(v, t, &why))
		page_fault(v, &why);
	else if (v->on_login_host && v->request->method != METHOD_POST)
		go_on(v, t);
	else if (!ticket_save(v, t, &why))
		page_fault(v, &why);
	else
		answer_see_other(v->answer,
		                 ticket_address(v, t, "/oidc/logout"));
}

void oidc_logout(struct visit *v)
{
	if (!(v->request->method & (METHOD_GET | METHOD_POST)))
		refuse_by_page(v, "wrong-method");
	else if (v->on_login_host && request_query(v->request, "t"))
		go_on_by_ticket(v);
	else if (!v->issuer)
		refuse_by_page(v, "not-found");
	else if (!is_said_once(v->request))
		refuse_by_page(v, "bad-request");
	else
		begin(v);
}

bool logout_left(struct visit *v, const json_t *request, bool all_told,
                 struct fault *why)
{
	const char *to = js_string(request, "redirect");
	const struct pair words[] = {
		{ "state", js_string(request, "state") },
	};

	/* The result page, shown before this, lists failed notifications. */
	(void)all_told;
	if (!to)
		return fault(why, FAULT_INVALID, "no address was asked for");
	answer_see_other(v->answer,
	                 redirect_with(v->arena, to, words, LENGTH(words)));
	return true;
}
