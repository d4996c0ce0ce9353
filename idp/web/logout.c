/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_endpoint.c: /logout on the login host.  A GET alone never ends a
 * session. */
#include "idp/web/logout.h"

#include "idp/http/guard.h"
#include "idp/page/page.h"
#include "idp/portal/portal.h"
#include "lib/text.h"

/* Loads a logout request of a service; the transaction of a login is
 * rejected. */
static bool find_wish(struct visit *v, struct ticket **ret_ticket,
                      struct fault *why)
{
	struct ticket *t;

	if (!ticket_find(v, &t, why))
		return false;
	if (!js_true(t->request, "leave"))
		return fault_for(why, FAULT_INVALID, "login-expired",
		                 "the ticket is no wish to log out");
	*ret_ticket = t;
	return true;
}

/* Loads the session and the logout request, each NULL where there is none.
 * Returns false with the response filled. */
static bool find_both(struct visit *v, const struct session **s,
                      struct ticket **t)
{
	const char *named = request_word(v->request, "t");
	struct fault why = { 0 };

	*t = NULL;
	if (session_find(v, s, &why) &&
	    (!named || !*named || find_wish(v, t, &why)))
		return true;
	page_fault(v, &why);
	return false;
}

void logout_ask(struct visit *v)
{
	const char *walk = request_query(v->request, "done");
	const struct session *s;
	struct ticket *t;

	if (walk) {
		leave_finish(v, walk);
		return;
	}
	if (!find_both(v, &s, &t))
		return;
	if (t && t->language)
		v->language = t->language;
	if (s || t)
		portal_confirm(v, s, t);
	else
		leave_begin(v, NULL, NULL, NULL, NULL);
}

static bool is_ours(struct visit *v, const struct session *s,
                    const struct ticket *t)
{
	struct fault why = { 0 };

	return guard_check(v->request, v->region->login_url,
	                   portal_logout_purpose(v->arena, s, t), &why);
}

/* Returns the initiating service, which needs no notification, or NULL where it
 * has a back channel and gets one too (OIDC Back-Channel Logout 1.0, 2.5). */
static const char *need_not_be_told(const struct ticket *t)
{
	if (!t->service || (t->service->oidc && t->service->oidc->back_channel))
		return NULL;
	return t->service->name;
}

static void leave_for(struct visit *v, const struct session *s,
                      const struct ticket *t)
{
	struct fault why = { 0 };

	if (!ticket_drop(v, t, &why))
		page_fault(v, &why);
	else
		leave_begin(v, s, t->front, t->request, need_not_be_told(t));
}

void logout_do(struct visit *v)
{
	const struct session *s;
	struct ticket *t;

	if (!find_both(v, &s, &t))
		return;
	if (!is_ours(v, s, t))
		portal_confirm(v, s, t);
	else if (t)
		leave_for(v, s, t);
	else
		leave_begin(v, s, NULL, NULL, NULL);
}
