/* SPDX-License-Identifier: AGPL-3.0-or-later
 * organisation_select.c: selects the municipality (home realm discovery). */
#include "idp/login/step.h"
#include "lib/text.h"
#include "pages.h"

void choose_show(struct visit *v, struct ticket *t, bool unknown_domain)
{
	const struct region *r = v->region;
	const struct municipality *last = choice_municipality(v);
	struct choose_municipalities *list = arena_array(
	    v->arena, struct choose_municipalities, r->municipality_count + 1);
	struct text body = text_in(v->arena);

	for (size_t i = 0; i < r->municipality_count; i++) {
		const struct municipality *m = &r->municipalities[i];

		list[i].name = m->display;
		list[i].mark = page_mark(v, m);
		list[i].here = m == last;
		list[i].address = arena_print(v->arena, "/choose?t=%s&to=%s",
		                              t->secret, m->name);
	}
	fill_choose(&body, page_language(v),
	            &(struct choose_page){
			.service = t->service ? t->service->display : NULL,
			.unknown_domain = unknown_domain,
			.municipalities = list,
			.municipalities_count = r->municipality_count });
	page_put(v, &(struct sheet){ .status = unknown_domain ? 400 : 200,
	                             .title = page_text(v, WORD_choose_title),
	                             .body = body.at,
	                             .back = "choose",
	                             .ticket = t });
}

void login_choose(struct visit *v)
{
	const char *to = request_query(v->request, "to");
	const struct municipality *m =
	    to ? region_municipality(v->region, to) : NULL;
	struct ticket *t;
	struct fault why = { 0 };

	if (!ticket_find(v, &t, &why)) {
		page_fault(v, &why);
		return;
	}
	if (!m) {
		choose_show(v, t, false);
		return;
	}
	choice_remember(v, m->name, NULL);
	answer_see_other(v->answer, ticket_address(v, t, "/login"));
}
