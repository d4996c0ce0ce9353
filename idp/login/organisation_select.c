/* SPDX-License-Identifier: AGPL-3.0-or-later
 * organisation_select.c: selects the municipality (home realm discovery). */
#include "idp/login/login_private.h"
#include "lib/strbuf.h"
#include "pages.h"

void organisation_select_show(struct request_context *ctx, struct auth_txn *txn,
                              bool unknown_domain)
{
	const struct config *cfg = ctx->cfg;
	const struct municipality *last = preference_municipality(ctx);
	struct organisation_select_municipalities *list =
	    arena_array(ctx->arena, struct organisation_select_municipalities,
	                cfg->municipality_count + 1);
	struct strbuf body = strbuf_init(ctx->arena);

	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];

		list[i].name = m->display;
		list[i].mark = page_logo(ctx, m);
		list[i].last_used = m == last;
		list[i].address = arena_printf(ctx->arena, "/choose?t=%s&to=%s",
		                               txn->secret, m->name);
	}
	fill_organisation_select(
	    &body, page_language(ctx),
	    &(struct organisation_select_page){
		.service = txn->service ? txn->service->display : NULL,
		.unknown_domain = unknown_domain,
		.municipalities = list,
		.municipalities_count = cfg->municipality_count });
	page_render(
	    ctx, &(struct page){ .status = unknown_domain ? 400 : 200,
	                         .title = page_message(ctx, MSG_choose_title),
	                         .body = body.data,
	                         .return_page = "choose",
	                         .txn = txn });
}

void organisation_select_get(struct request_context *ctx)
{
	const char *selected = request_query(ctx->request, "to");
	const struct municipality *m =
	    selected ? config_municipality(ctx->cfg, selected) : NULL;
	struct auth_txn *txn;
	struct error err = { 0 };

	if (!auth_txn_load_login(ctx, &txn, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (!m) {
		organisation_select_show(ctx, txn, false);
		return;
	}
	preference_set(ctx, m->name, NULL);
	response_redirect(ctx->response, auth_txn_url(ctx, txn, "/login"));
}
