/* SPDX-License-Identifier: AGPL-3.0-or-later
 * auth_transaction.c: a login in progress, in Redis under the secret of the
 * parameter t; valid only in the browser that first displayed it. */
#include "idp/session/ticket.h"

#include "idp/http/guard.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/text.h"

enum { VERSION = 1 };

static json_t *to_json(struct arena *a, const struct ticket *t)
{
	json_t *value = js_keep(a, json_object());

	json_object_set_new(value, "v", json_integer(VERSION));
	js_put(value, "front", t->front);
	js_put(value, "issuer", t->issuer ? t->issuer->name : NULL);
	js_put(value, "service", t->service ? t->service->name : NULL);
	js_put(value, "acr", t->acr);
	js_put(value, "hint", t->hint);
	js_put(value, "language", t->language);
	js_put(value, "hand", t->hand);
	js_put(value, "browser", t->browser);
	json_object_set_new(value, "again", json_boolean(t->ask_again));
	json_object_set_new(value, "silent", json_boolean(t->no_pages));
	json_object_set_new(value, "max", json_integer(t->max_age));
	json_object_set_new(value, "made", json_integer(t->made));
	if (t->request)
		json_object_set(value, "request", t->request);
	if (t->outcome)
		json_object_set(value, "outcome", t->outcome);
	return value;
}

static struct ticket *from_json(struct visit *v, const json_t *value)
{
	struct ticket *t = arena_new(v->arena, struct ticket);
	const char *issuer = js_string(value, "issuer");
	const char *service = js_string(value, "service");

	if (!value || js_number(value, "v", 0) != VERSION)
		return NULL;
	*t = (struct ticket){
		.front = js_string(value, "front"),
		.issuer = issuer ? region_issuer(v->region, issuer) : NULL,
		.service = service ? region_service(v->region, service) : NULL,
		.acr = js_string(value, "acr"),
		.hint = js_string(value, "hint"),
		.language = js_string(value, "language"),
		.hand = js_string(value, "hand"),
		.browser = js_string(value, "browser"),
		.ask_again = js_true(value, "again"),
		.no_pages = js_true(value, "silent"),
		.max_age = js_number(value, "max", -1),
		.made = js_number(value, "made", 0),
		.request = js_object(value, "request"),
		.outcome = js_object(value, "outcome"),
	};
	/* A configuration reload may have removed the issuer or service. */
	if (!t->front || (issuer && !t->issuer) || (service && !t->service) ||
	    t->made + TICKET_LIFE <= clock_now())
		return NULL;
	return t;
}

/* A cross-site POST carries none of our cookies (SameSite=Lax), so the binding
 * is made after the 303 that follows. */
static void bind_browser(struct visit *v, struct ticket *t)
{
	const char **place = v->on_login_host ? &t->browser : &t->hand;
	const char *cookie = v->on_login_host ? GUARD_BROWSER : GUARD_HAND;

	if (*place || v->request->method == METHOD_POST)
		return;
	*place =
	    hash_text(v->arena, guard_secret(v->request, v->answer, cookie));
}

bool ticket_save(struct visit *v, struct ticket *t, struct fault *why)
{
	bool done;

	if (!t->made)
		t->made = clock_now();
	if (!t->secret)
		t->secret = random_secret(v->arena);
	bind_browser(v, t);
	return store_put(v->staff->store, v->region, "ticket", t->secret,
	                 to_json(v->arena, t), TICKET_LIFE, false, &done, why);
}

static bool is_bound_to(const char *bound, const struct request *r,
                        const char *cookie)
{
	const char *secret = guard_known(r, cookie);

	return secret && hash_same_text(bound, hash_text(r->arena, secret));
}

static bool check_browser(struct visit *v, const struct ticket *t,
                          struct fault *why)
{
	const char *bound = v->on_login_host ? t->browser : t->hand;
	const char *cookie = v->on_login_host ? GUARD_BROWSER : GUARD_HAND;

	if (!bound || is_bound_to(bound, v->request, cookie))
		return true;
	return fault_for(why, FAULT_INVALID, "other-browser",
	                 "the ticket was shown to another browser");
}

bool ticket_find(struct visit *v, struct ticket **ret_ticket, struct fault *why)
{
	const char *secret = request_word(v->request, "t");
	json_t *value = NULL;

	if (!secret || !*secret || request_twice(v->request, "t"))
		return fault_for(why, FAULT_INVALID, "login-expired",
		                 "there is no ticket in the address");
	if (!store_get(v->staff->store, v->region, v->arena, "ticket", secret,
	               &value, why))
		return false;
	struct ticket *t = from_json(v, value);

	if (!t)
		return fault_for(why, FAULT_INVALID, "login-expired",
		                 "the ticket is too old or unknown");
	if (!check_browser(v, t, why))
		return false;
	t->secret = arena_copy(v->arena, secret);
	*ret_ticket = t;
	return true;
}

bool ticket_drop(struct visit *v, const struct ticket *t, struct fault *why)
{
	return !t->secret ||
	       store_drop(v->staff->store, v->region, "ticket", t->secret, why);
}

bool ticket_take(struct visit *v, const struct ticket *t, bool *ret_first,
                 struct fault *why)
{
	json_t *value;

	if (!store_take(v->staff->store, v->region, v->arena, "ticket",
	                t->secret, &value, why))
		return false;
	*ret_first = value != NULL;
	return true;
}

char *ticket_address(struct visit *v, const struct ticket *t, const char *path)
{
	return arena_print(v->arena, "%s%s?t=%s", v->region->login_url, path,
	                   t->secret);
}
