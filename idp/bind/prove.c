/* SPDX-License-Identifier: AGPL-3.0-or-later
 * bind_auth.c: verifies one bind (RFC 4511 4.2): rate limit, password, audit
 * log. The application gets no reason; the audit log does. */
#include "idp/bind/bind.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/receipt.h"

enum { GUESSES_MOST = 10, GUESSES_WINDOW = 10 * 60 };

/* A bind in progress. */
struct attempt {
	const struct bind_staff *staff;
	const struct region *region;
	struct arena *arena;
	const struct speech *said;
	struct whose whose;
	int64_t began_ms;
};

static enum reply reply_to(const struct fault *why)
{
	return text_equal(why->reason, "busy") ? REPLY_BUSY : REPLY_AWAY;
}

/* ---- rate limit, as on the login page (NIST 800-63B 5.2.2), with a counter of
 * its own, so that a program with an old password does not lock the page */

static bool count_guess(const struct attempt *t, bool *ret_full,
                        struct fault *why)
{
	long long count = 0;

	if (!store_count(t->staff->store, t->region, "bind",
	                 t->whose.affiliation->id, GUESSES_WINDOW, &count, why))
		return false;
	*ret_full = count > GUESSES_MOST;
	return true;
}

static void forgive(const struct attempt *t)
{
	struct fault why = { 0 };

	/* On error the counter expires by itself. */
	(void)!store_uncount(t->staff->store, t->region, "bind",
	                     t->whose.affiliation->id, &why);
}

/* ---- password */

static bool is_proved(const json_t *answer, const struct affiliation *f)
{
	return text_equal(js_string(answer, "result"), "proved") &&
	       text_equal(js_string(answer, "anchor"), f->anchor);
}

static bool ask_door(const struct attempt *t, bool *ret_proved,
                     struct fault *why)
{
	const struct affiliation *f = t->whose.affiliation;
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer;

	js_put(question, "login", f->login);
	js_put(question, "anchor", f->anchor);
	js_put(question, "password", t->said->password);
	bool good = doors_ask(t->staff->doors, t->arena, t->region,
	                      f->directory, ASK_PROVE, question, &answer, why);

	json_object_del(question, "password");
	if (good)
		*ret_proved = is_proved(answer, f);
	return good;
}

/* ---- audit log */

static struct event event_of(const struct attempt *t, const char *reason)
{
	const struct affiliation *f = t->whose.affiliation;

	return (struct event){
		.region = t->region,
		.municipality = f ? f->municipality : NULL,
		.person = t->whose.person ? t->whose.person->id : NULL,
		.affiliation = f ? f->id : NULL,
		.service = "ldap",
		.address = t->said->address,
		.reason = reason,
		.took_ms = (int)(clock_monotonic_ms() - t->began_ms),
	};
}

static enum reply refuse(const struct attempt *t, const char *reason,
                         enum reply r)
{
	const struct event e = event_of(t, reason);
	struct fault why = { 0 };

	/* A denial is returned even if it cannot be logged. */
	if (!receipt_refused(t->staff->scribe, t->arena, &e, NULL, NULL, &why))
		log_warn("a refusal is not in the record", "why", why.text,
		         NULL);
	return r;
}

static enum reply let_in(const struct attempt *t)
{
	const struct event e = event_of(t, NULL);
	struct fault why = { 0 };

	/* A bind that cannot be logged is not granted. */
	if (!receipt_login(t->staff->scribe, t->arena, &e, NULL, &why))
		return reply_to(&why);
	return REPLY_PROVED;
}

/* ---- the whole bind */

static enum reply prove(const struct attempt *t)
{
	struct fault why = { 0 };
	bool full = false, proved = false;

	if (!count_guess(t, &full, &why))
		return reply_to(&why);
	if (full) {
		/* It was not tried, so it is not an attempt. */
		forgive(t);
		return refuse(t, "too-many-tries", REPLY_WRONG);
	}
	if (!ask_door(t, &proved, &why)) {
		forgive(t);
		return refuse(t, why.reason, reply_to(&why));
	}
	if (!proved)
		return refuse(t, "wrong-password", REPLY_WRONG);
	forgive(t);
	return let_in(t);
}

enum reply bind_prove(const struct bind_staff *s, const struct region *r,
                      struct arena *a, const struct speech *said)
{
	struct attempt t = { .staff = s,
		             .region = r,
		             .arena = a,
		             .said = said,
		             .began_ms = clock_monotonic_ms() };
	struct fault why = { 0 };

	if (!whose_find(s, r, a, said->dn, &t.whose, &why))
		return reply_to(&why);
	if (!t.whose.is_ours)
		return REPLY_ASK_THE_ENTRY;
	if (!t.whose.affiliation)
		return REPLY_WRONG;
	if (!t.whose.person || !t.whose.affiliation->login ||
	    !t.whose.affiliation->anchor)
		return refuse(&t, "ended", REPLY_WRONG);
	return prove(&t);
}
