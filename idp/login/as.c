/* SPDX-License-Identifier: AGPL-3.0-or-later
 * affiliation_select.c: selects the affiliation to log in with, once for each
 * service in a session; the portal can change it without a new login. */
#include <string.h>

#include "idp/http/guard.h"
#include "idp/login/step.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "pages.h"

static char *purpose_of(struct arena *a, const struct ticket *t)
{
	return arena_print(a, "as %s", t->secret);
}

static const char *kind_text(struct visit *v, const struct affiliation *f)
{
	enum word w = page_word("kind", kind_name(f->kind));

	return page_text(v, w == WORD_COUNT ? WORD_kind_none : w);
}

static const char *place_text(struct visit *v, const struct affiliation *f)
{
	const struct municipality *m =
	    region_municipality(v->region, f->municipality);

	return m ? m->display : f->municipality;
}

/* "Rektor, Tuven skule". */
static char *detail_text(struct visit *v, const struct affiliation *f)
{
	const char *unit = f->units && f->units[0] ? f->units[0] : NULL;

	if (f->title && unit)
		return arena_print(v->arena, "%s, %s", f->title, unit);
	return arena_copy(v->arena, f->title ? f->title : unit);
}

static const char *remembered(struct visit *v, const struct ticket *t,
                              const struct session *s)
{
	struct fault why = { 0 };
	struct part *parts;
	size_t count;

	if (!t->service || !session_parts(v, s, &parts, &count, &why))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (text_equal(parts[i].service, t->service->name))
			return parts[i].affiliation;
	return NULL;
}

static void show(struct visit *v, struct ticket *t, const struct session *s,
                 const struct candidates *all)
{
	struct as_affiliations *list =
	    arena_array(v->arena, struct as_affiliations, all->count + 1);
	const char *last = remembered(v, t, s);
	const char *browser =
	    guard_secret(v->request, v->answer, GUARD_BROWSER);
	struct text body = text_in(v->arena);
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct affiliation *f = all->at[i].affiliation;

		if (all->at[i].decision.verdict != ALLOW)
			continue;
		list[count++] = (struct as_affiliations){
			.id = f->id,
			.kind = kind_text(v, f),
			.place = place_text(v, f),
			.detail = detail_text(v, f),
			.here = text_equal(f->id, last),
		};
	}
	fill_as(
	    &body, page_language(v),
	    &(struct as_page){
		.ticket = t->secret,
		.word = guard_word(v->arena, browser, purpose_of(v->arena, t)),
		.service = t->service ? t->service->display : "",
		.affiliations = list,
		.affiliations_count = count });
	page_put(v, &(struct sheet){ .status = 200,
	                             .title = page_text(v, WORD_as_title),
	                             .body = body.at,
	                             .back = "as",
	                             .ticket = t,
	                             .csp = page_csp_for(v, t) });
}

/* From the portal: an auth transaction of protocol "portal" for the service. */
static void begin_change(struct visit *v, const char *name)
{
	const struct service *service = region_service(v->region, name);

	if (!service) {
		page_turned_away(v, 404, "not-found");
		return;
	}
	enter_lead_to(v,
	              &(struct ticket){ .front = "portal",
	                                .issuer = service->issuer,
	                                .service = service,
	                                .max_age = -1 },
	              "/as");
}

/* Loads the auth transaction and a session that satisfies it: this page must
 * not bypass force_authn or max_age.  Returns false with the response
 * filled. */
static bool find_both(struct visit *v, struct ticket **t,
                      const struct session **s)
{
	struct fault why = { 0 };

	if (!ticket_find(v, t, &why) || !session_find(v, s, &why)) {
		page_fault(v, &why);
		return false;
	}
	if (enter_is_good(*s, *t) && (*t)->browser)
		return true;
	enter_lead_to(v, *t, "/login");
	return false;
}

void login_as(struct visit *v)
{
	const char *service = request_query(v->request, "service");
	const struct session *s;
	struct candidates all;
	struct ticket *t;
	struct fault why = { 0 };

	if (service && !request_query(v->request, "t")) {
		begin_change(v, service);
		return;
	}
	if (!find_both(v, &t, &s))
		return;
	if (t->language)
		v->language = t->language;
	if (!candidates_find(v, s, t->service, &all, &why))
		page_fault(v, &why);
	else if (all.allowed == 0)
		enter_with(v, t, s, NULL);
	else
		show(v, t, s, &all);
}

/* Keeps the identifiers issued before; only the affiliation changes. */
static void change(struct visit *v, const struct ticket *t,
                   const struct session *s, const char *as)
{
	struct part part = { 0 }, *parts;
	struct candidates all;
	struct fault why = { 0 };
	size_t count;

	if (!candidates_find(v, s, t->service, &all, &why) ||
	    !session_parts(v, s, &parts, &count, &why)) {
		page_fault(v, &why);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (text_equal(parts[i].service, t->service->name))
			part = parts[i];
	part.issuer = t->service->issuer->name;
	part.service = t->service->name;
	part.affiliation = as;
	part.at = clock_now();
	if (candidates_allowed(&all, as) &&
	    !session_note_part(v, s, &part, &why)) {
		page_fault(v, &why);
		return;
	}
	answer_see_other(v->answer, arena_print(v->arena, "%s/portal",
	                                        v->region->login_url));
}

void login_as_chosen(struct visit *v)
{
	const char *as = request_form(v->request, "as");
	const struct session *s;
	struct ticket *t;
	struct fault why = { 0 };

	if (!find_both(v, &t, &s))
		return;
	if (!as || request_twice(v->request, "as") ||
	    !guard_check(v->request, v->region->login_url,
	                 purpose_of(v->arena, t), &why)) {
		enter_lead_to(v, t, "/as");
		return;
	}
	if (text_equal(t->front, "portal") && t->service)
		change(v, t, s, as);
	else
		enter_with(v, t, s, as);
}
