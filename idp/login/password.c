/* SPDX-License-Identifier: AGPL-3.0-or-later
 * password_login.c: verifies a password by an LDAP simple bind (RFC 4513 5.1.3)
 * in the person's own directory.  An unavailable directory is never reported
 * as a wrong password. */
#include <string.h>

#include "idp/http/guard.h"
#include "idp/login/step.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "pages.h"
#include "region/receipt.h"

enum { LOGIN_MOST = 256, PASSWORD_MOST = 4096 };

/* A login attempt: the input and its result. */
struct attempt {
	struct ticket *ticket;
	const struct municipality *m;
	char *login; /* without the prefix NAME\ */
	const char *password;
	const struct directory_conf *directory; /* that verified it */
	const char *anchor;
	bool was_refused; /* by at least one directory */
};

/* The response of one directory. */
struct said {
	const char *result, *anchor;
	const char *aside; /* for the audit log only, or NULL */
};

static const struct {
	const char *result, *reason;
} results[] = {
	{ "wrong", "wrong-password" },
	{ "disabled", "account-disabled" },
	{ "expired", "account-expired" },
	{ "must-change", "password-expired" },
};

/* ---- form --------------------------------------------------------------- */

static char *purpose_of(struct arena *a, const struct ticket *t)
{
	return arena_print(a, "login %s", t->secret);
}

int login_status(const char *reason)
{
	if (text_equal(reason, "too-many-tries"))
		return 429;
	if (text_equal(reason, "form-expired"))
		return 400;
	return text_ends(reason, "-away") || text_equal(reason, "busy") ? 503
	                                                                : 403;
}

void login_show(struct visit *v, struct ticket *t, const struct municipality *m,
                const char *login, const char *reason, const char *code)
{
	const char *browser =
	    guard_secret(v->request, v->answer, GUARD_BROWSER);
	struct text body = text_in(v->arena);
	struct login_page page = {
		.ticket = t->secret,
		.word = guard_word(v->arena, browser, purpose_of(v->arena, t)),
		.service = t->service ? t->service->display : NULL,
		.municipality = m ? m->name : "",
		.municipality_name = m ? m->display : NULL,
		.login = login,
		.code = code,
		.alarmed = text_equal(reason, "wrong-password"),
	};

	if (t->language)
		v->language = t->language;
	if (text_equal(reason, "password-expired") && password_is_ours(m))
		page.change = arena_print(v->arena, "/password?t=%s&m=%s",
		                          t->secret, m->name);
	if (v->region->municipality_count > 1)
		page.choose = arena_print(v->arena, "/choose?t=%s", t->secret);
	if (reason) {
		page.error = page_text(v, page_word("reason", reason));
		page.todo = page_text(v, page_word("todo", reason));
	}
	fill_login(&body, page_language(v), &page);
	page_put(v,
	         &(struct sheet){ .status = reason ? login_status(reason) : 200,
	                          .title = page_text(v, WORD_login_title),
	                          .body = body.at,
	                          .m = m,
	                          .back = "login",
	                          .ticket = t,
	                          .csp = page_csp_for(v, t) });
}

/* Without the parameter t, the login is for the portal. */
static bool begin_or_find(struct visit *v, struct ticket **ret_ticket,
                          struct fault *why)
{
	if (request_word(v->request, "t"))
		return ticket_find(v, ret_ticket, why);
	*ret_ticket = arena_new(v->arena, struct ticket);
	**ret_ticket = (struct ticket){ .front = "portal",
		                        .max_age = -1,
		                        .made = clock_now() };
	return true;
}

void login_page(struct visit *v)
{
	struct ticket *t;
	struct fault why = { 0 };

	if (!begin_or_find(v, &t, &why) ||
	    (t->secret && !t->browser && !ticket_save(v, t, &why))) {
		page_fault(v, &why);
		return;
	}
	if (t->language)
		v->language = t->language;
	enter_here(v, t);
}

/* ---- validation --------------------------------------------------------- */

char *login_trimmed(struct arena *a, const char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t", text[length - 1]))
		length--;
	return arena_bytes(a, text, length);
}

static bool is_login(const char *login)
{
	if (!*login || strlen(login) > LOGIN_MOST)
		return false;
	for (; *login; login++)
		if ((unsigned char)*login < ' ' || *login == 0x7f)
			return false;
	return true;
}

/* A bind with an empty password is unauthenticated and may succeed (RFC 4513
 * 5.1.2). */
static bool check_words(const struct attempt *at, struct fault *why)
{
	if (!is_login(at->login))
		return fault_for(why, FAULT_REFUSED, "wrong-password",
		                 "no login name");
	if (!*at->password)
		return fault_for(why, FAULT_REFUSED, "wrong-password",
		                 "empty password");
	if (strlen(at->password) > PASSWORD_MOST)
		return fault_for(why, FAULT_REFUSED, "wrong-password",
		                 "password over %d bytes", PASSWORD_MOST);
	return true;
}

/* Splits NAME\login, as used on Windows, at the municipality's name.  A name
 * with @ is left unchanged. */
static const struct municipality *take_domain(struct visit *v, char **login)
{
	char *stroke = strchr(*login, '\\');

	if (!stroke || strchr(*login, '@'))
		return NULL;
	const char *name =
	    arena_bytes(v->arena, *login, (size_t)(stroke - *login));
	const struct municipality *m =
	    region_municipality(v->region, text_lower(v->arena, name));

	if (m)
		*login = stroke + 1;
	return m;
}

/* By prefix or domain; without one, the municipality selected before. */
const struct municipality *login_municipality(struct visit *v, char **typed)
{
	const struct municipality *named = take_domain(v, typed);
	const char *login = *typed;
	const char *at = strrchr(login, '@');
	const char *chosen = request_form(v->request, "m");

	if (named)
		return named;
	if (at)
		return region_municipality_by_domain(
		    v->region, text_lower(v->arena, at + 1));
	if (v->region->municipality_count == 1)
		return &v->region->municipalities[0];
	return chosen && *chosen ? region_municipality(v->region, chosen)
	                         : choice_municipality(v);
}

/* ---- requests to ldap-auth ---------------------------------------------- */

static bool ask_one(struct visit *v, const struct attempt *at,
                    const struct directory_conf *d, struct said *ret_said,
                    struct fault *why)
{
	json_t *question = js_keep(v->arena, json_object());
	json_t *answer;

	js_put(question, "login", at->login);
	js_put(question, "password", at->password);
	bool good = visit_ask_door(v, d, ASK_PROVE, question, &answer, why);

	json_object_del(question, "password");
	if (!good)
		return false;
	*ret_said = (struct said){ js_string(answer, "result"),
		                   js_string(answer, "anchor"),
		                   js_string(answer, "aside") };
	return true;
}

static const char *reason_for(const char *result)
{
	for (size_t i = 0; i < LENGTH(results); i++)
		if (text_equal(results[i].result, result))
			return results[i].reason;
	return "directory-away";
}

static bool seen_before(const struct municipality *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (m->people[k].directory == m->people[i].directory)
			return true;
	return false;
}

/* Error: REFUSED with the result of the directories; UNAVAILABLE where one of
 * them did not respond, because it could have accepted the password. */
static bool ask_all(struct visit *v, struct attempt *at, struct fault *why)
{
	struct fault away = { 0 };
	const char *reason = "wrong-password", *aside = "no";

	for (size_t i = 0; i < at->m->people_count; i++) {
		const struct directory_conf *d = at->m->people[i].directory;
		struct said said;

		if (seen_before(at->m, i) || !ask_one(v, at, d, &said, &away))
			continue;
		if (text_equal(said.result, "proved") && said.anchor) {
			at->directory = d;
			at->anchor = said.anchor;
			return true;
		}
		at->was_refused = true;
		if (!text_equal(said.result, "wrong"))
			reason = reason_for(said.result);
		if (said.aside)
			aside = said.aside;
	}
	if (away.kind != FAULT_NONE)
		return fault_for(
		    why, FAULT_UNAVAILABLE,
		    text_equal(away.reason, "busy") ? "busy" : "directory-away",
		    "%s", away.text);
	return fault_for(why, FAULT_REFUSED, reason, "the directory says %s",
	                 aside);
}

/* ---- the person --------------------------------------------------------- */

static const struct affiliation *proving(const struct person *p,
                                         const struct attempt *at)
{
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (text_equal(f->directory, at->directory->name) &&
		    text_equal(f->anchor, at->anchor))
			return f;
	}
	return NULL;
}

static bool find_person(struct visit *v, const struct attempt *at,
                        const struct person **ret_person,
                        const struct affiliation **ret_by, struct fault *why)
{
	const struct person *p;

	if (!catalogue_find_by_anchor(v->staff->catalogue, v->region, v->arena,
	                              at->directory->name, at->anchor, &p, why))
		return false;
	const struct affiliation *f = p ? proving(p, at) : NULL;

	if (!f)
		return fault_for(why, FAULT_REFUSED, "no-affiliation",
		                 "proved in %s, but not in the catalogue",
		                 at->directory->name);
	if (p->status != STATUS_ACTIVE || f->status != STATUS_ACTIVE)
		return fault_for(why, FAULT_REFUSED, "ended",
		                 "not active in the catalogue");
	*ret_person = p;
	*ret_by = f;
	return true;
}

static bool begin_session(struct visit *v, const struct attempt *at,
                          const struct session **ret_session, struct fault *why)
{
	const struct person *p;
	const struct affiliation *by;
	const struct ticket *t = at->ticket;
	char *code;

	if (!find_person(v, at, &p, &by, why))
		return false;
	const struct event e = {
		.region = v->region,
		.municipality = by->municipality,
		.person = p->id,
		.affiliation = by->id,
		.service = t->service ? t->service->name : "portal",
		.issuer = t->issuer ? t->issuer->name : NULL,
		.address = v->request->address,
		.acr = "idporten-loa-low",
		.took_ms = (int)(clock_monotonic_ms() - v->began_ms),
	};

	return receipt_login(v->staff->scribe, v->arena, &e, &code, why) &&
	       session_begin(v, p, by->id, "pwd", "idporten-loa-low",
	                     ret_session, why);
}

/* ---- from the form to the session --------------------------------------- */

/* After offboarding the directory may belong to another operator: send no
 * password to it. */
static bool check_stays(const struct municipality *m, struct fault *why)
{
	return !municipality_has_left(m, clock_now()) ||
	       fault_for(why, FAULT_REFUSED, "left", "%s has left", m->name);
}

static bool prove(struct visit *v, struct attempt *at,
                  const struct session **ret_session, struct fault *why)
{
	struct guess guess = { 0 };

	if (!check_stays(at->m, why) || !check_words(at, why) ||
	    !slow_begin(v, at->login, at->m, at->password, &guess, why))
		return false;
	if (!ask_all(v, at, why)) {
		/* Not if another directory rejected it: an unavailable one
		 * must not allow unlimited attempts. */
		if (why->kind == FAULT_UNAVAILABLE && !at->was_refused)
			slow_forgive(v, &guess);
		return false;
	}
	slow_remember(v, &guess, at->login, at->m);
	return begin_session(v, at, ret_session, why);
}

static void say_no(struct visit *v, const struct attempt *at,
                   const struct fault *why)
{
	const char *reason = why->reason ? why->reason : "busy";
	const struct ticket *t = at->ticket;
	const struct event e = {
		.region = v->region,
		.municipality = at->m ? at->m->name : NULL,
		.service = t->service ? t->service->name : "portal",
		.issuer = t->issuer ? t->issuer->name : NULL,
		.address = v->request->address,
		.reason = reason,
		.detail = why->text,
		.took_ms = (int)(clock_monotonic_ms() - v->began_ms),
	};
	struct fault unwritten = { 0 };
	char *code;

	if (!receipt_refused(v->staff->scribe, v->arena, &e, NULL, &code,
	                     &unwritten))
		code = NULL;
	login_show(v, at->ticket, at->m, at->login, reason, code);
}

static bool read_form(struct visit *v, struct attempt *at, struct fault *why)
{
	const char *login = request_form(v->request, "login");
	const char *password = request_form(v->request, "password");

	at->login = login_trimmed(v->arena, login ? login : "");
	at->password = password ? password : "";
	if (request_twice(v->request, "login") ||
	    request_twice(v->request, "password"))
		return fault_for(why, FAULT_INVALID, "bad-request",
		                 "a field came twice");
	return guard_check(v->request, v->region->login_url,
	                   purpose_of(v->arena, at->ticket), why);
}

void login_prove(struct visit *v)
{
	struct attempt at = { 0 };
	const struct session *s;
	struct fault why = { 0 };

	if (!ticket_find(v, &at.ticket, &why)) {
		page_fault(v, &why);
		return;
	}
	if (at.ticket->language)
		v->language = at.ticket->language;
	if (!read_form(v, &at, &why)) {
		login_show(v, at.ticket, choice_municipality(v), NULL,
		           "form-expired", NULL);
		return;
	}
	at.m = login_municipality(v, &at.login);
	if (!at.m) {
		choose_show(v, at.ticket, strchr(at.login, '@') != NULL);
		return;
	}
	if (!prove(v, &at, &s, &why)) {
		say_no(v, &at, &why);
		return;
	}
	choice_remember(v, at.m->name, NULL);
	at.ticket->ask_again = false;
	at.ticket->max_age = -1;
	enter_with(v, at.ticket, s, NULL);
}
