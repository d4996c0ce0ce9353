/* SPDX-License-Identifier: AGPL-3.0-or-later
 * portal.c: the portal: the services that a person can log in to, and with
 * which affiliation. */
#include "idp/portal/portal.h"

#include <string.h>

#include "idp/http/csrf.h"
#include "idp/logout/previous_person.h"
#include "idp/page/page.h"
#include "idp/session/service_launch.h"
#include "lib/strbuf.h"
#include "pages.h"

/* A person's access to one service. */
struct service_access {
	const struct affiliation
	    *affiliation; /* the only or selected one, or NULL */
	size_t allowed;
};

/* The session and the person's active affiliations. */
struct portal_view {
	struct request_context *ctx;
	const struct session *session;
	struct eligible_affiliations list;
};

static bool service_allows(const struct portal_view *view,
                           const struct service *service,
                           const struct affiliation *f)
{
	struct policy_decision d;

	affiliation_authorize(view->ctx, view->session, service, f, &d);
	return d.verdict == POLICY_ALLOW;
}

static const char *portal_selected_affiliation(
    const struct service *service,
    const struct session_participant *participants, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(participants[i].service, service->name) &&
		    text_equal(participants[i].issuer, service->issuer->name))
			return participants[i].affiliation;
	return NULL;
}

static struct service_access portal_service_access(
    const struct portal_view *view, const struct service *service,
    const char *selected)
{
	struct service_access access = { 0 };
	const struct affiliation *remembered = NULL, *last = NULL;

	for (size_t i = 0; i < view->list.count; i++) {
		const struct affiliation *f = view->list.at[i].affiliation;

		if (!service_allows(view, service, f))
			continue;
		access.allowed++;
		last = f;
		if (text_equal(last->id, selected))
			remembered = last;
	}
	access.affiliation = access.allowed == 1 ? last : remembered;
	return access;
}

static const char *portal_affiliation_label(struct request_context *ctx,
                                            const struct affiliation *f)
{
	if (!f)
		return page_message(ctx, MSG_portal_affiliation_later);
	enum message_id kind =
	    page_message_id("kind", affiliation_type_name(f->kind));
	const struct municipality *m =
	    config_municipality(ctx->cfg, f->municipality);

	return arena_printf(
	    ctx->arena, "%s, %s",
	    page_message(ctx, kind == MSG_COUNT ? MSG_kind_none : kind),
	    m ? m->display : f->municipality);
}

static size_t portal_list_services(
    const struct portal_view *view,
    const struct session_participant *participants, size_t participant_count,
    struct portal_services *list)
{
	struct request_context *ctx = view->ctx;
	size_t count = 0;

	for (size_t i = 0; i < ctx->cfg->service_count; i++) {
		const struct service *one = &ctx->cfg->services[i];
		struct service_access access = portal_service_access(
		    view, one,
		    portal_selected_affiliation(one, participants,
		                                participant_count));

		if (access.allowed == 0)
			continue;
		list[count++] = (struct portal_services){
			.name = one->display,
			.address = service_launch_address(ctx->arena, one),
			.affiliation =
			    portal_affiliation_label(ctx, access.affiliation),
			.change =
			    access.allowed > 1
				? arena_printf(ctx->arena, "/as?service=%s",
			                       one->name)
				: NULL,
		};
	}
	return count;
}

/* Returns true if the policy allows the portal or any service. */
static bool portal_affiliation_is_useful(const struct portal_view *view,
                                         const struct affiliation *f)
{
	const struct config *cfg = view->ctx->cfg;

	if (service_allows(view, NULL, f))
		return true;
	for (size_t i = 0; i < cfg->service_count; i++)
		if (service_allows(view, &cfg->services[i], f))
			return true;
	return false;
}

/* The affiliations that the person can use after a login with an account of
 * their own. */
static size_t portal_list_unproved(const struct portal_view *view,
                                   struct portal_unproved *list)
{
	struct request_context *ctx = view->ctx;
	const struct affiliation **listed =
	    arena_array(ctx->arena, const struct affiliation *,
	                view->list.unproved_count + 1);
	size_t count = 0;

	for (size_t i = 0; i < view->list.unproved_count; i++) {
		const struct affiliation *f = view->list.unproved[i];
		const struct municipality *m =
		    config_municipality(ctx->cfg, f->municipality);

		if (!m || unproved_is_listed(listed, count, f) ||
		    !portal_affiliation_is_useful(view, f))
			continue;
		listed[count] = f;
		list[count++] = (struct portal_unproved){
			.address =
			    arena_printf(ctx->arena, "/as?prove=%s", f->id),
			.affiliation = portal_affiliation_label(ctx, f),
			.account = page_place_name(ctx, m),
		};
	}
	return count;
}

static const struct municipality *portal_home_municipality(
    struct request_context *ctx, const struct session *s)
{
	const struct affiliation *f =
	    person_find_affiliation(s->person, s->authenticated_by);

	return f ? config_municipality(ctx->cfg, f->municipality) : NULL;
}

static bool portal_can_change_password(const struct request_context *ctx,
                                       const struct session *s)
{
	const struct affiliation *f =
	    person_find_affiliation(s->person, s->authenticated_by);
	const struct directory_conf *d =
	    f && f->directory ? config_directory(ctx->cfg, f->directory) : NULL;

	return d && d->self_password_change;
}

static void portal_show(const struct portal_view *view,
                        const struct session_participant *participants,
                        size_t participant_count)
{
	struct request_context *ctx = view->ctx;
	const struct session *s = view->session;
	struct portal_services *list = arena_array(
	    ctx->arena, struct portal_services, ctx->cfg->service_count + 1);
	struct portal_unproved *unproved = arena_array(
	    ctx->arena, struct portal_unproved, view->list.unproved_count + 1);
	size_t unproved_count = portal_list_unproved(view, unproved);
	size_t count =
	    portal_list_services(view, participants, participant_count, list);
	const char *csrf_secret =
	    csrf_secret_ensure(ctx->request, ctx->response, CSRF_COOKIE);
	struct strbuf body = strbuf_init(ctx->arena);

	fill_portal(&body, page_language(ctx),
	            &(struct portal_page){
			.name = s->person->display,
			.csrf_token = csrf_token(
			    ctx->arena, csrf_secret,
			    logout_form_purpose(ctx->arena, s, NULL)),
			.has_services = count > 0,
			.password = portal_can_change_password(ctx, s),
			.pupils = teacher_has_pupils(ctx, &view->list),
			.services = list,
			.services_count = count,
			.has_unproved = unproved_count > 0,
			.unproved = unproved,
			.unproved_count = unproved_count });
	page_render(
	    ctx, &(struct page){ .status = 200,
	                         .title = page_message(ctx, MSG_portal_title),
	                         .body = body.data,
	                         .m = portal_home_municipality(ctx, s),
	                         .return_page = "portal" });
}

/* Returns true if the policy allows the portal for one affiliation. */
static bool portal_is_allowed(const struct portal_view *view)
{
	for (size_t i = 0; i < view->list.count; i++)
		if (service_allows(view, NULL, view->list.at[i].affiliation))
			return true;
	return false;
}

/* Returns false with the response filled, where another person has used this
 * browser. */
static bool portal_settle_previous(struct request_context *ctx,
                                   const struct session *s)
{
	struct previous_person previous;
	struct error err = { 0 };
	bool found;

	if (!previous_person_find(ctx, s, &previous, &found, &err))
		error_page_show(ctx, &err);
	else if (found)
		previous_person_show(ctx, &previous, "/portal");
	else
		return true;
	return false;
}

void portal_get(struct request_context *ctx)
{
	struct portal_view view = { .ctx = ctx };
	struct session_participant *participants;
	size_t count;
	struct error err = { 0 };

	if (!session_find(ctx, &view.session, &err) ||
	    (view.session &&
	     !affiliations_active(ctx, view.session, 0, &view.list, &err))) {
		error_page_show(ctx, &err);
		return;
	}
	/* The login flow shows the denial and appends the audit event. */
	if (!portal_is_allowed(&view)) {
		login_start(ctx, &(struct auth_txn){ .protocol = "portal",
		                                     .max_age = -1 });
		return;
	}
	if (!portal_settle_previous(ctx, view.session))
		return;
	if (!session_participants(ctx, view.session, &participants, &count,
	                          &err))
		error_page_show(ctx, &err);
	else
		portal_show(&view, participants, count);
}

/* ---- protocol "portal": a login to the portal itself -------------------- */

static bool portal_issue_response(struct request_context *ctx,
                                  const struct auth_txn *txn,
                                  const struct login_result *login,
                                  struct session_participant *ret_participant,
                                  struct error *err)
{
	(void)txn, (void)login, (void)ret_participant, (void)err;
	response_redirect(ctx->response, arena_printf(ctx->arena, "%s/portal",
	                                              ctx->cfg->login_url));
	return true;
}

static bool portal_send_error(struct request_context *ctx,
                              const struct auth_txn *txn,
                              enum protocol_error code, struct error *err)
{
	(void)txn, (void)code, (void)err;
	error_page_reason(ctx, "not-allowed", NULL, NULL);
	return true;
}

/* Opens the service, with the role that the person has changed to; the portal
 * where the service has no address. */
static bool portal_launch(struct request_context *ctx, const json_t *request)
{
	const char *name = js_string(request, "launch");
	const struct service *s = name ? config_service(ctx->cfg, name) : NULL;
	const char *address = s ? service_launch_address(ctx->arena, s) : NULL;

	if (!address)
		address =
		    arena_printf(ctx->arena, "%s/portal", ctx->cfg->login_url);
	if (name)
		response_redirect(ctx->response, address);
	return name != NULL;
}

/* After the services of a previous person, or of a previous role. */
static bool portal_complete_logout(struct request_context *ctx,
                                   const json_t *request, bool all_done,
                                   struct error *err)
{
	(void)all_done, (void)err;
	return previous_person_continue(ctx, request) ||
	       portal_launch(ctx, request);
}

const struct protocol portal_protocol = {
	.name = "portal",
	.issue_response = portal_issue_response,
	.send_error = portal_send_error,
	.complete_logout = portal_complete_logout,
};
