/* SPDX-License-Identifier: AGPL-3.0-or-later
 * preference_cookie.c: a cookie with the municipality and language used last.
 * It is untrusted and not a secret. */
#include <string.h>

#include "idp/login/step.h"
#include "lib/text.h"

#define COOKIE "__Host-portvakt-choice"

enum { YEAR = 365 * 24 * 3600 };

/* "municipality.language"; each may be empty. */
static void read_choice(struct visit *v, const char **municipality,
                        const char **language)
{
	const char *value = request_cookie(v->request, COOKIE);
	const char *dot = value ? strchr(value, '.') : NULL;

	*municipality = *language = "";
	if (!dot)
		return;
	*municipality = arena_bytes(v->arena, value, (size_t)(dot - value));
	*language = dot + 1;
}

const struct municipality *choice_municipality(struct visit *v)
{
	const char *municipality, *language;

	read_choice(v, &municipality, &language);
	return region_municipality(v->region, municipality);
}

void choice_remember(struct visit *v, const char *municipality,
                     const char *language)
{
	const char *m, *l;

	read_choice(v, &m, &l);
	if (!region_municipality(v->region, m))
		m = "";
	if (strlen(l) != 2 || strspn(l, "abcdefghijklmnopqrstuvwxyz") != 2)
		l = "";
	answer_cookie(v->answer, COOKIE,
	              arena_print(v->arena, "%s.%s",
	                          municipality ? municipality : m,
	                          language ? language : l),
	              YEAR);
}

static const char *const pages[] = { "login",    "choose",         "as",
	                             "portal",   "sessions",       "logout",
	                             "password", "password/pupils" };

static const char *page_called(const char *name)
{
	for (size_t i = 0; i < LENGTH(pages); i++)
		if (text_equal(pages[i], name))
			return pages[i];
	return "portal";
}

/* The selected language replaces the ui_locales of the request. */
static bool turn_ticket(struct visit *v, const char *language,
                        struct ticket **ret_ticket, struct fault *why)
{
	*ret_ticket = NULL;
	if (!request_query(v->request, "t"))
		return true;
	if (!ticket_find(v, ret_ticket, why))
		return false;
	(*ret_ticket)->language = language;
	return ticket_save(v, *ret_ticket, why);
}

void login_language(struct visit *v)
{
	const char *to = request_query(v->request, "to");
	const char *back = page_called(request_query(v->request, "back"));
	struct ticket *t;
	struct fault why = { 0 };

	for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
		if (!text_equal(word_languages[i], to))
			continue;
		if (!turn_ticket(v, word_languages[i], &t, &why)) {
			page_fault(v, &why);
			return;
		}
		choice_remember(v, NULL, word_languages[i]);
		answer_see_other(v->answer, arena_print(v->arena, "%s/%s%s%s",
		                                        v->region->login_url,
		                                        back, t ? "?t=" : "",
		                                        t ? t->secret : ""));
		return;
	}
	page_turned_away(v, 400, "bad-request");
}
