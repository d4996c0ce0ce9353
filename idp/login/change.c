/* SPDX-License-Identifier: AGPL-3.0-or-later
 * password_change.c: changes a person's own password, in their directory.  With
 * a session, the password that it was created with; with an auth transaction,
 * after a login denied because the password must be changed, the form has a
 * login name too. */
#include <string.h>

#include "idp/http/guard.h"
#include "idp/login/step.h"
#include "idp/session/own.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "pages.h"
#include "region/receipt.h"

enum { FRESH_MOST = 256, OLD_MOST = 4096 };

/* A password change: its input and its result. */
struct wish {
	struct ticket *ticket;         /* NULL: from the portal */
	const struct session *session; /* or NULL */
	const struct affiliation *own; /* authenticated, of the session */
	const struct municipality *m;
	char *login;
	const char *old, *fresh;
	const struct directory_conf *directory; /* that changed it */
	const char *anchor;
	const char *policy, *said; /* why it was rejected */
	bool done;
};

bool password_is_ours(const struct municipality *m)
{
	for (size_t i = 0; m && i < m->people_count; i++)
		if (m->people[i].directory->own_passwords)
			return true;
	return false;
}

static bool is_possible(struct visit *v, const struct wish *w)
{
	const struct directory_conf *d =
	    w->own ? region_directory(v->region, w->own->directory) : NULL;

	if (w->session)
		return d && d->own_passwords && w->own->login && w->own->anchor;
	return !w->m || password_is_ours(w->m);
}

/* ---- page --------------------------------------------------------------- */

static char *purpose_of(struct arena *a, const struct wish *w)
{
	return arena_print(a, "password %s",
	                   w->session ? w->session->sid : w->ticket->secret);
}

static void say_error(struct visit *v, const struct wish *w, const char *reason,
                      struct password_page *page)
{
	bool differ = text_equal(reason, "differ");
	enum word policy =
	    w->policy ? page_word("policy", w->policy) : WORD_COUNT;

	page->error = page_text(v, differ ? WORD_password_differ
	                                  : page_word("reason", reason));
	page->todo = page_text(v, differ ? WORD_password_differ_todo
	                                 : page_word("todo", reason));
	page->policy = policy == WORD_COUNT ? NULL : page_text(v, policy);
	page->said = w->said;
}

static void show(struct visit *v, const struct wish *w, const char *reason,
                 const char *code)
{
	const char *browser =
	    guard_secret(v->request, v->answer, GUARD_BROWSER);
	const char *t = w->ticket ? w->ticket->secret : NULL;
	struct text body = text_in(v->arena);
	struct password_page page = {
		.ticket = t,
		.word = guard_word(v->arena, browser, purpose_of(v->arena, w)),
		.municipality = w->m ? w->m->name : "",
		.where = w->m ? w->m->display : NULL,
		.login = w->login,
		.code = code,
		.back = t ? arena_print(v->arena, "/login?t=%s", t) : "/portal",
		.typed = !w->session,
		.possible = !w->done && is_possible(v, w),
		.done = w->done,
	};

	if (reason)
		say_error(v, w, reason, &page);
	fill_password(&body, page_language(v), &page);
	page_put(v,
	         &(struct sheet){ .status = reason ? login_status(reason) : 200,
	                          .title = page_text(v, WORD_password_title),
	                          .body = body.at,
	                          .m = w->m,
	                          .back = "password",
	                          .ticket = w->ticket });
}

/* Loads the session or auth transaction.  Returns false with the response
 * filled. */
static bool begin(struct visit *v, struct wish *w)
{
	struct fault why = { 0 };
	const char *m = request_word(v->request, "m");
	const char *t = request_word(v->request, "t");

	if (t && *t ? !ticket_find(v, &w->ticket, &why)
	            : !session_find(v, &w->session, &why)) {
		page_fault(v, &why);
		return false;
	}
	if (!w->ticket && !w->session) {
		login_enter(
		    v, &(struct ticket){ .front = "portal", .max_age = -1 });
		return false;
	}
	if (w->session)
		w->own = person_affiliation(w->session->person,
		                            w->session->proved_by);
	if (w->own)
		m = w->own->municipality;
	w->m = m && *m ? region_municipality(v->region, m)
	               : choice_municipality(v);
	if (w->ticket && w->ticket->language)
		v->language = w->ticket->language;
	return true;
}

void login_password(struct visit *v)
{
	struct wish w = { 0 };

	if (begin(v, &w))
		show(v, &w, NULL, NULL);
}

/* ---- validation --------------------------------------------------------- */

static bool read_form(struct visit *v, struct wish *w, struct fault *why)
{
	const char *login = request_form(v->request, "login");
	const char *old = request_form(v->request, "old");
	const char *fresh = request_form(v->request, "new");

	w->login = w->own ? arena_copy(v->arena, w->own->login)
	                  : login_trimmed(v->arena, login ? login : "");
	w->old = old ? old : "";
	w->fresh = fresh ? fresh : "";
	return guard_check(v->request, v->region->login_url,
	                   purpose_of(v->arena, w), why);
}

static bool check_words(struct visit *v, const struct wish *w,
                        struct fault *why)
{
	if (!w->login || !*w->login || strlen(w->login) > FRESH_MOST ||
	    !*w->old || strlen(w->old) > OLD_MOST)
		return fault_for(why, FAULT_REFUSED, "wrong-password",
		                 "no login name or no password");
	if (!*w->fresh || strlen(w->fresh) > FRESH_MOST)
		return fault_for(why, FAULT_REFUSED, "password-refused",
		                 "empty or over %d bytes", FRESH_MOST);
	if (!text_equal(w->fresh, request_form(v->request, "again")))
		return fault_for(why, FAULT_REFUSED, "differ",
		                 "the new ones differ");
	return true;
}

/* ---- requests to ldap-auth ---------------------------------------------- */

static bool ask_one(struct visit *v, struct wish *w,
                    const struct directory_conf *d, const char **ret_result,
                    struct fault *why)
{
	json_t *question = js_keep(v->arena, json_object());
	json_t *answer;

	js_put(question, "login", w->login);
	js_put(question, "anchor", w->own ? w->own->anchor : NULL);
	js_put(question, "old", w->old);
	js_put(question, "new", w->fresh);
	bool good = visit_ask_door(v, d, ASK_CHANGE, question, &answer, why);

	json_object_del(question, "old");
	json_object_del(question, "new");
	if (!good)
		return false;
	*ret_result = js_string(answer, "result");
	if (text_equal(*ret_result, "refused")) {
		w->policy = js_string(answer, "policy");
		w->said = js_string(answer, "text");
	}
	if (!text_equal(*ret_result, "changed"))
		return true;
	w->directory = d;
	w->anchor = js_string(answer, "anchor");
	w->done = true;
	return true;
}

static bool is_theirs(const struct wish *w, const struct directory_conf *d)
{
	return d->own_passwords &&
	       (!w->own || text_equal(w->own->directory, d->name));
}

/* Tries each directory of the municipality, as a login does, until one changes
 * the password or rejects the new one. */
static bool ask_all(struct visit *v, struct wish *w, struct fault *why)
{
	struct fault away = { 0 };
	const char *result = NULL;

	for (size_t i = 0; i < w->m->people_count && !w->done; i++) {
		const struct directory_conf *d = w->m->people[i].directory;

		if (!is_theirs(w, d) || !ask_one(v, w, d, &result, &away))
			continue;
		if (text_equal(result, "refused"))
			return fault_for(why, FAULT_REFUSED, "password-refused",
			                 "the directory says %s",
			                 w->policy ? w->policy : "no");
	}
	if (w->done)
		return true;
	if (away.kind != FAULT_NONE)
		return fault_for(
		    why, FAULT_UNAVAILABLE,
		    text_equal(away.reason, "busy") ? "busy" : "directory-away",
		    "%s", away.text);
	return fault_for(why, FAULT_REFUSED, "wrong-password",
	                 "the old password is wrong");
}

/* ---- from the form to the new password ---------------------------------- */

static struct event event_of(struct visit *v, const struct wish *w,
                             const struct fault *why)
{
	return (struct event){
		.region = v->region,
		.municipality = w->m->name,
		.person = w->session ? w->session->person->id : NULL,
		.affiliation = w->own ? w->own->id : NULL,
		.service = "password",
		.address = v->request->address,
		.sid = w->session ? w->session->sid : NULL,
		.reason = why ? why->reason : NULL,
		.detail = why ? why->text : NULL,
		.took_ms = (int)(clock_monotonic_ms() - v->began_ms),
	};
}

/* Ends all sessions created with the old password, except the current one. */
static bool end_sessions(struct visit *v, const struct wish *w,
                         struct fault *why)
{
	const struct person *p = NULL;

	if (w->session)
		return own_sessions_end(v, w->session, NULL, why);
	if (!w->anchor)
		return true;
	return catalogue_find_by_anchor(v->staff->catalogue, v->region,
	                                v->arena, w->directory->name, w->anchor,
	                                &p, why) &&
	       (!p || own_sessions_end_of(v, p, why));
}

static bool set(struct visit *v, struct wish *w, struct fault *why)
{
	struct guess guess = { 0 };
	const struct event e = event_of(v, w, NULL);

	if (!slow_begin(v, w->login, w->m, w->old, &guess, why))
		return false;
	if (!receipt_password(v->staff->scribe, v->arena, &e, e.affiliation,
	                      NULL, why)) {
		slow_forgive(v, &guess);
		return false;
	}
	if (!ask_all(v, w, why)) {
		/* Only a wrong old password counts. */
		if (!text_equal(why->reason, "wrong-password"))
			slow_forgive(v, &guess);
		return false;
	}
	slow_remember(v, &guess, w->login, w->m);
	return end_sessions(v, w, why);
}

static void say_no(struct visit *v, const struct wish *w,
                   const struct fault *why)
{
	const char *reason = why->reason ? why->reason : "busy";
	const struct event e = event_of(v, w, why);
	struct fault unwritten = { 0 };
	char *code = NULL;

	if (!text_equal(reason, "differ") &&
	    !receipt_refused(v->staff->scribe, v->arena, &e, NULL, &code,
	                     &unwritten))
		code = NULL;
	show(v, w, reason, code);
}

void login_password_set(struct visit *v)
{
	struct wish w = { 0 };
	struct fault why = { 0 };

	if (!begin(v, &w))
		return;
	if (!read_form(v, &w, &why)) {
		show(v, &w, "form-expired", NULL);
		return;
	}
	if (!w.session)
		w.m = login_municipality(v, &w.login);
	if (!w.m || !is_possible(v, &w)) {
		show(v, &w, "wrong-password", NULL);
		return;
	}
	if (check_words(v, &w, &why) && set(v, &w, &why))
		show(v, &w, NULL, NULL);
	else
		say_no(v, &w, &why);
}
