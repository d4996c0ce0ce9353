/* SPDX-License-Identifier: AGPL-3.0-or-later
 * affiliation_select.c: selects the affiliation to log in with, once for each
 * service in a session; the portal can change it without a new login.  One that
 * the session's logins do not prove leads to the login form of its
 * municipality. */
#include <string.h>

#include "idp/http/csrf.h"
#include "idp/login/login_private.h"
#include "idp/logout/single_logout.h"
#include "idp/session/service_launch.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "pages.h"

static char *affiliation_form_purpose(struct arena *a,
                                      const struct auth_txn *txn)
{
	return arena_printf(a, "as %s", txn->secret);
}

static const char *affiliation_kind_label(struct request_context *ctx,
                                          const struct affiliation *f)
{
	enum message_id id =
	    page_message_id("kind", affiliation_type_name(f->kind));

	return page_message(ctx, id == MSG_COUNT ? MSG_kind_none : id);
}

static const char *affiliation_place_label(struct request_context *ctx,
                                           const struct affiliation *f)
{
	const struct municipality *m =
	    config_municipality(ctx->cfg, f->municipality);

	return m ? m->display : f->municipality;
}

/* "Rektor, Tuven skule". */
static char *affiliation_detail_label(struct request_context *ctx,
                                      const struct affiliation *f)
{
	const char *unit = f->units && f->units[0] ? f->units[0] : NULL;

	if (f->title && unit)
		return arena_printf(ctx->arena, "%s, %s", f->title, unit);
	return arena_strdup(ctx->arena, f->title ? f->title : unit);
}

static const char *affiliation_last_selected(struct request_context *ctx,
                                             const struct auth_txn *txn,
                                             const struct session *s)
{
	struct error err = { 0 };
	struct session_participant *participants;
	size_t count;

	if (!txn->service ||
	    !session_participants(ctx, s, &participants, &count, &err))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (text_equal(participants[i].service, txn->service->name))
			return participants[i].affiliation;
	return NULL;
}

static size_t affiliation_list_choices(struct request_context *ctx,
                                       const struct candidates *all,
                                       const char *selected,
                                       struct affiliation_select_choices *list)
{
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct affiliation *f = all->at[i].affiliation;

		if (all->at[i].decision.verdict != POLICY_ALLOW)
			continue;
		list[count++] = (struct affiliation_select_choices){
			.id = f->id,
			.kind = affiliation_kind_label(ctx, f),
			.place = affiliation_place_label(ctx, f),
			.detail = affiliation_detail_label(ctx, f),
			.last_used = text_equal(f->id, selected),
		};
	}
	return count;
}

static size_t affiliation_list_provable(
    struct request_context *ctx, const struct candidates *all,
    struct affiliation_select_provable *list)
{
	for (size_t i = 0; i < all->provable_count; i++) {
		const struct affiliation *f = all->provable[i];
		const struct municipality *m =
		    config_municipality(ctx->cfg, f->municipality);

		list[i] = (struct affiliation_select_provable){
			.id = f->id,
			.kind = affiliation_kind_label(ctx, f),
			.place = affiliation_place_label(ctx, f),
			.account =
			    m ? page_place_name(ctx, m) : f->municipality,
		};
	}
	return all->provable_count;
}

static void affiliation_select_render(struct request_context *ctx,
                                      const struct auth_txn *txn,
                                      struct affiliation_select_page *page)
{
	const char *csrf_secret =
	    csrf_secret_ensure(ctx->request, ctx->response, CSRF_COOKIE);
	struct strbuf body = strbuf_init(ctx->arena);

	page->txn = txn->secret;
	page->csrf_token = csrf_token(
	    ctx->arena, csrf_secret, affiliation_form_purpose(ctx->arena, txn));
	page->service = txn->service ? txn->service->display
	                             : page_message(ctx, MSG_portal_title);
	fill_affiliation_select(&body, page_language(ctx), page);
	page_render(ctx, &(struct page){
			     .status = 200,
			     .title = page_message(ctx, MSG_affiliation_title),
			     .body = body.data,
			     .return_page = "as",
			     .txn = txn,
			     .csp = page_csp(ctx, txn) });
}

static void affiliation_select_show(struct request_context *ctx,
                                    const struct auth_txn *txn,
                                    const struct session *s,
                                    const struct candidates *all)
{
	struct affiliation_select_choices *choices = arena_array(
	    ctx->arena, struct affiliation_select_choices, all->count + 1);
	struct affiliation_select_provable *provable =
	    arena_array(ctx->arena, struct affiliation_select_provable,
	                all->provable_count + 1);
	size_t choices_count = affiliation_list_choices(
	    ctx, all, affiliation_last_selected(ctx, txn, s), choices);

	affiliation_select_render(
	    ctx, txn,
	    &(struct affiliation_select_page){
		.has_choices = choices_count > 0,
		.choices = choices,
		.choices_count = choices_count,
		.provable = provable,
		.provable_count =
		    affiliation_list_provable(ctx, all, provable) });
}

/* ---- an affiliation that the person must prove first -------------------- */

/* Shows the login form of the affiliation's municipality. */
static void affiliation_prove_start(struct request_context *ctx,
                                    struct auth_txn *txn,
                                    const struct affiliation *f)
{
	txn->prove = f->id;
	txn->prove_in = f->municipality;
	redirect_to_page(ctx, txn, "/login");
}

static void affiliation_prove_post(struct request_context *ctx,
                                   struct auth_txn *txn,
                                   const struct session *s, const char *id)
{
	struct candidates all;
	struct error err = { 0 };

	if (!candidates_find(ctx, s, txn, &all, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	for (size_t i = 0; i < all.provable_count; i++)
		if (text_equal(all.provable[i]->id, id)) {
			affiliation_prove_start(ctx, txn, all.provable[i]);
			return;
		}
	redirect_to_page(ctx, txn, "/as");
}

/* From the portal: a login that adds a proof, and returns there. */
static void affiliation_prove_get(struct request_context *ctx, const char *id)
{
	struct auth_txn txn = { .protocol = "portal", .max_age = -1 };
	const struct session *s;
	struct error err = { 0 };

	if (!session_find(ctx, &s, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	const struct affiliation *f =
	    s ? person_find_affiliation(s->person, id) : NULL;

	if (f)
		affiliation_prove_start(ctx, &txn, f);
	else
		login_start(ctx, &txn);
}

/* From the portal: an auth transaction of protocol "portal" for the service. */
static void affiliation_change_start(struct request_context *ctx,
                                     const char *name)
{
	const struct service *service = config_service(ctx->cfg, name);

	if (!service) {
		error_page_status(ctx, 404, "not-found");
		return;
	}
	redirect_to_page(ctx,
	                 &(struct auth_txn){ .protocol = "portal",
	                                     .issuer = service->issuer,
	                                     .service = service,
	                                     .max_age = -1 },
	                 "/as");
}

/* Loads the auth transaction and a session that satisfies it: this page must
 * not bypass force_authn or max_age.  Returns false with the response
 * filled. */
static bool affiliation_select_load(struct request_context *ctx,
                                    struct auth_txn **txn,
                                    const struct session **s)
{
	struct error err = { 0 };

	if (!auth_txn_load_login(ctx, txn, &err) ||
	    !session_find(ctx, s, &err)) {
		error_page_show(ctx, &err);
		return false;
	}
	if (session_satisfies_request(*s, *txn) && (*txn)->browser_binding)
		return login_settle_previous(ctx, *txn, *s);
	redirect_to_page(ctx, *txn, "/login");
	return false;
}

/* Binds the page to the person.  Who returns from the login form does not want
 * to prove anything. */
static bool affiliation_bind_page(struct request_context *ctx,
                                  struct auth_txn *txn, const struct session *s,
                                  struct error *err)
{
	if (!txn->prove && text_equal(txn->shown_to, s->person->id))
		return true;
	txn->prove = txn->prove_in = NULL;
	txn->shown_to = s->person->id;
	return auth_txn_save(ctx, txn, err);
}

static void affiliation_select_of_txn(struct request_context *ctx)
{
	const struct session *s;
	struct candidates all;
	struct auth_txn *txn;
	struct error err = { 0 };

	if (!affiliation_select_load(ctx, &txn, &s))
		return;
	if (txn->language)
		ctx->language = txn->language;
	if (!affiliation_bind_page(ctx, txn, s, &err) ||
	    !candidates_find(ctx, s, txn, &all, &err))
		error_page_show(ctx, &err);
	else if (all.allowed == 0 && all.provable_count == 0)
		login_complete(ctx, txn, s, NULL);
	else
		affiliation_select_show(ctx, txn, s, &all);
}

void affiliation_select_get(struct request_context *ctx)
{
	const char *service = request_query(ctx->request, "service");
	const char *prove = request_query(ctx->request, "prove");

	if (request_query(ctx->request, "t"))
		affiliation_select_of_txn(ctx);
	else if (service)
		affiliation_change_start(ctx, service);
	else if (prove)
		affiliation_prove_get(ctx, prove);
	else
		affiliation_select_of_txn(ctx);
}

/* ---- another affiliation for a service ---------------------------------- */

static struct session_participant *affiliation_participant(
    struct session_participant *participants, size_t count,
    const struct service *service)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(participants[i].service, service->name))
			return &participants[i];
	return NULL;
}

/* Keeps the identifiers issued before, so that a logout notifies the service
 * until it has logged in again. */
static bool affiliation_change_store(struct request_context *ctx,
                                     const struct service *service,
                                     const struct session *s,
                                     const struct session_participant *old,
                                     const char *affiliation_id,
                                     struct error *err)
{
	struct session_participant participant = { 0 };

	if (old)
		participant = *old;
	participant.issuer = service->issuer->name;
	participant.service = service->name;
	participant.affiliation = affiliation_id;
	participant.updated_at = clock_now();
	return session_add_participant(ctx, s, &participant, err);
}

/* Ends the session that the service has with the old affiliation, and opens it
 * with the new one. */
static void affiliation_change_open(struct request_context *ctx,
                                    const struct service *service,
                                    const struct session *s,
                                    struct session_participant *old)
{
	const char *address = service_launch_address(ctx->arena, service);
	/* This session has no record yet: nothing is recorded or repeated. */
	const struct open_participants open = {
		.askable = { .hex = hash_sha256_hex(ctx->arena, s->sid,
		                                    strlen(s->sid)),
		             .sid = s->sid,
		             .participants = old,
		             .count = old && old->name_id ? 1 : 0 },
	};
	const struct logout_continuation logout = {
		.kind = LOGOUT_ROLE_CHANGE,
		.open = &open,
		.request = js_own(ctx->arena,
		                  json_pack("{s:s}", "launch", service->name)),
	};

	if (!address)
		address =
		    arena_printf(ctx->arena, "%s/portal", ctx->cfg->login_url);
	if (open.askable.count == 0 || !logout_before_continuing(ctx, &logout))
		response_redirect(ctx->response, address);
}

static void affiliation_change(struct request_context *ctx,
                               const struct auth_txn *txn,
                               const struct session *s,
                               const char *affiliation_id)
{
	struct session_participant *participants, *old;
	struct candidates all;
	struct error err = { 0 };
	size_t count;

	if (!candidates_find(ctx, s, txn, &all, &err) ||
	    !session_participants(ctx, s, &participants, &count, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (!candidates_allowed(&all, affiliation_id)) {
		response_redirect(
		    ctx->response,
		    arena_printf(ctx->arena, "%s/portal", ctx->cfg->login_url));
		return;
	}
	old = affiliation_participant(participants, count, txn->service);
	if (!affiliation_change_store(ctx, txn->service, s, old, affiliation_id,
	                              &err))
		error_page_show(ctx, &err);
	else
		affiliation_change_open(ctx, txn->service, s, old);
}

void affiliation_select_post(struct request_context *ctx)
{
	const char *affiliation_id = request_form(ctx->request, "as");
	const char *prove = request_form(ctx->request, "prove");
	const struct session *s;
	struct auth_txn *txn;
	struct error err = { 0 };

	if (!affiliation_select_load(ctx, &txn, &s))
		return;
	if (!text_equal(txn->shown_to, s->person->id)) {
		(void)error_set_reason(&err, ERROR_REFUSED, "other-person-here",
		                       "page was shown to another person");
		error_page_show(ctx, &err);
		return;
	}
	if ((!affiliation_id && !prove) ||
	    request_param_repeated(ctx->request, "as") ||
	    request_param_repeated(ctx->request, "prove") ||
	    !csrf_verify(ctx->request, ctx->cfg->login_url,
	                 affiliation_form_purpose(ctx->arena, txn), &err)) {
		redirect_to_page(ctx, txn, "/as");
		return;
	}
	if (!affiliation_id)
		affiliation_prove_post(ctx, txn, s, prove);
	else if (text_equal(txn->protocol, "portal") && txn->service)
		affiliation_change(ctx, txn, s, affiliation_id);
	else
		login_complete(ctx, txn, s, affiliation_id);
}
