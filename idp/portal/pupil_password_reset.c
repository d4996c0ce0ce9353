/* SPDX-License-Identifier: AGPL-3.0-or-later
 * pupil_password_reset.c: a teacher sets a pupil's password: only for pupils in
 * a class or teaching group of the teacher, in the same municipality, and only
 * where the directory has `password-change teachers`.  The audit event is
 * written first; on error nothing is changed. */
#include <string.h>

#include "idp/http/csrf.h"
#include "idp/logout/remote_logout.h"
#include "idp/page/ended_services.h"
#include "idp/portal/portal.h"
#include "idp/session/session_end.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "pages.h"
#include "region/audit/audit_event.h"

enum { FRESH_MOST = 256 };

/* A pupil, and the affiliation of the teacher. */
struct pupil {
	const struct person *person;
	const struct affiliation *affiliation, *teacher;
	const struct proof_cover *by; /* what proves the teacher's */
	const struct directory_conf *directory;
	const char *group;
};

/* The teacher's session, and the pupils whose passwords they may set. */
struct teacher_view {
	const struct session *session;
	VECTOR(struct pupil) pupils;
};

static char *pupil_reset_purpose(struct arena *a, const struct session *s,
                                 const char *pupil)
{
	return arena_printf(a, "pupil %s %s", s->sid, pupil);
}

/* ---- the teacher's pupils ----------------------------------------------- */

static bool teacher_reset_is_enabled(const struct request_context *ctx)
{
	for (size_t i = 0; i < ctx->cfg->directory_count; i++)
		if (ctx->cfg->directories[i].teacher_password_reset)
			return true;
	return false;
}

bool teacher_has_pupils(const struct request_context *ctx,
                        const struct eligible_affiliations *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].affiliation->kind == KIND_TEACHER)
			return teacher_reset_is_enabled(ctx);
	return false;
}

static bool teacher_view_add_pupils(struct request_context *ctx,
                                    const struct eligible_affiliation *by,
                                    struct teacher_view *view,
                                    struct error *err)
{
	const struct affiliation *teacher = by->affiliation;
	struct class_roster_entry *taught;
	size_t count;

	if (!catalogue_pupils_of_teacher(ctx->backends->catalogue, ctx->cfg,
	                                 ctx->arena, teacher, clock_now(),
	                                 &taught, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct affiliation *f = taught[i].affiliation;
		const struct directory_conf *d =
		    f->directory ? config_directory(ctx->cfg, f->directory)
				 : NULL;

		if (d && d->teacher_password_reset && f->login && f->anchor)
			*vector_append(ctx->arena, &view->pupils) =
			    (struct pupil){
				    taught[i].person, f, teacher,
				    &by->by,          d, taught[i].group
			    };
	}
	return true;
}

/* Returns false with the response filled. */
static bool teacher_view_load(struct request_context *ctx,
                              struct teacher_view *view)
{
	struct eligible_affiliations list = { 0 };
	struct error err = { 0 };
	bool ok = session_find(ctx, &view->session, &err);

	if (ok && !view->session) {
		login_start(ctx, &(struct auth_txn){ .protocol = "portal",
		                                     .max_age = -1 });
		return false;
	}
	ok = ok && affiliations_active(ctx, view->session, 0, &list, &err);
	for (size_t i = 0; ok && i < list.count; i++)
		ok = teacher_view_add_pupils(ctx, &list.at[i], view, &err);
	if (!ok)
		error_page_show(ctx, &err);
	return ok;
}

static const struct pupil *teacher_view_find(const struct teacher_view *view,
                                             const char *id)
{
	for (size_t i = 0; id && i < view->pupils.count; i++)
		if (text_equal(view->pupils.at[i].affiliation->id, id))
			return &view->pupils.at[i];
	return NULL;
}

/* ---- pages -------------------------------------------------------------- */

static bool pupil_group_differs(const struct teacher_view *view, size_t i,
                                size_t k)
{
	return k >= view->pupils.count ||
	       !text_equal(view->pupils.at[i].group, view->pupils.at[k].group);
}

static const struct municipality *teacher_view_municipality(
    struct request_context *ctx, const struct teacher_view *view)
{
	const struct affiliation *f = person_find_affiliation(
	    view->session->person, view->session->authenticated_by);

	return f ? config_municipality(ctx->cfg, f->municipality) : NULL;
}

/* done: the pupil who has a new password, or NULL; ended: the result for the
 * pupil's sessions, NULL if they could not be ended. */
static void pupil_reset_show_list(struct request_context *ctx,
                                  const struct teacher_view *view,
                                  const struct pupil *done,
                                  const struct logout_report *ended)
{
	struct pupils_groups *rows = arena_array(
	    ctx->arena, struct pupils_groups, view->pupils.count + 1);
	struct strbuf body = strbuf_init(ctx->arena);

	for (size_t i = 0; i < view->pupils.count; i++) {
		const struct pupil *p = &view->pupils.at[i];

		rows[i] = (struct pupils_groups){
			.name = p->group ? p->group : "",
			.opens = i == 0 || pupil_group_differs(view, i, i - 1),
			.closes = pupil_group_differs(view, i, i + 1),
			.id = p->affiliation->id,
			.pupil = p->person->display,
			.login = p->affiliation->login,
		};
	}
	fill_pupils(&body, page_language(ctx),
	            &(struct pupils_page){
			.done = done ? done->person->display : NULL,
			.ended = ended && ended->sessions > 0,
			.not_ended = done && !ended,
			.ended_services =
			    ended ? page_ended_elsewhere(ctx, ended) : NULL,
			.has_pupils = view->pupils.count > 0,
			.groups = rows,
			.groups_count = view->pupils.count });
	page_render(
	    ctx, &(struct page){ .status = 200,
	                         .title = page_message(ctx, MSG_pupils_title),
	                         .body = body.data,
	                         .m = teacher_view_municipality(ctx, view),
	                         .return_page = "password/pupils" });
}

/* The error of the previous attempt. */
struct pupil_reset_error {
	const char *reason, *policy, *directory_text, *receipt_code;
};

static void pupil_reset_set_error(struct request_context *ctx,
                                  const struct pupil_reset_error *f,
                                  struct pupil_page *page)
{
	bool mismatch = text_equal(f->reason, "differ");
	enum message_id policy =
	    f->policy ? page_message_id("policy", f->policy) : MSG_COUNT;

	page->error =
	    page_message(ctx, mismatch ? MSG_password_mismatch
	                               : page_message_id("reason", f->reason));
	page->todo =
	    page_message(ctx, mismatch ? MSG_password_mismatch_todo
	                               : page_message_id("todo", f->reason));
	page->policy = policy == MSG_COUNT ? NULL : page_message(ctx, policy);
	page->directory_text = f->directory_text;
	page->code = f->receipt_code;
}

static void pupil_reset_show_form(struct request_context *ctx,
                                  const struct teacher_view *view,
                                  const struct pupil *p,
                                  const struct pupil_reset_error *f)
{
	const char *csrf_secret =
	    csrf_secret_ensure(ctx->request, ctx->response, CSRF_COOKIE);
	struct strbuf body = strbuf_init(ctx->arena);
	struct pupil_page page = {
		.csrf_token =
		    csrf_token(ctx->arena, csrf_secret,
		               pupil_reset_purpose(ctx->arena, view->session,
		                                   p->affiliation->id)),
		.pupil = p->affiliation->id,
		.name = p->person->display,
		.login = p->affiliation->login,
	};

	if (f)
		pupil_reset_set_error(ctx, f, &page);
	fill_pupil(&body, page_language(ctx), &page);
	page_render(
	    ctx, &(struct page){ .status = f ? 403 : 200,
	                         .title = page_message(ctx, MSG_pupils_title),
	                         .body = body.data,
	                         .m = teacher_view_municipality(ctx, view) });
}

void pupil_password_get(struct request_context *ctx)
{
	const char *id = request_query(ctx->request, "pupil");
	struct teacher_view view = { 0 };

	if (!teacher_view_load(ctx, &view))
		return;
	const struct pupil *p = teacher_view_find(&view, id);

	if (p)
		pupil_reset_show_form(ctx, &view, p, NULL);
	else if (id)
		error_page_status(ctx, 404, "not-found");
	else
		pupil_reset_show_list(ctx, &view, NULL, NULL);
}

/* ---- reset -------------------------------------------------------------- */

static struct audit_event pupil_reset_event(struct request_context *ctx,
                                            const struct teacher_view *view,
                                            const struct pupil *p,
                                            const struct error *err)
{
	return (struct audit_event){
		.cfg = ctx->cfg,
		.municipality = p->affiliation->municipality,
		.person = p->person->id,
		.affiliation = p->affiliation->id,
		.service = "password",
		.address = ctx->request->address,
		.sid = view->session->sid,
		.proof = proof_cover_audit(ctx->arena, p->by),
		.reason = err ? err->reason : NULL,
		.detail = err ? err->text : NULL,
		.took_ms = (int)(clock_monotonic_ms() - ctx->started_ms),
	};
}

static bool pupil_reset_call(struct request_context *ctx, const struct pupil *p,
                             const char *new_password,
                             struct pupil_reset_error *f, struct error *err)
{
	const struct change_password_request request = {
		.login = p->affiliation->login,
		.anchor = p->affiliation->anchor,
		.new = new_password,
	};
	struct change_password_reply reply;

	if (!change_password_call(context_ldap_auth(ctx, p->directory),
	                          ctx->arena, ctx->cfg->hash, &request, &reply,
	                          err))
		return false;
	if (reply.result == CHANGE_RESULT_CHANGED)
		return true;
	f->policy = password_policy_name(reply.policy);
	f->directory_text = reply.text;
	return error_set_reason(err, ERROR_REFUSED, "password-refused",
	                        "directory rejected the password: %s",
	                        f->policy ? f->policy : "no reason given");
}

static bool pupil_reset_apply(struct request_context *ctx,
                              const struct teacher_view *view,
                              const struct pupil *p,
                              struct pupil_reset_error *f, struct error *err)
{
	const char *new_password = request_form(ctx->request, "new");
	const struct audit_event e = pupil_reset_event(ctx, view, p, NULL);

	if (!new_password || !*new_password ||
	    strlen(new_password) > FRESH_MOST)
		return error_set_reason(
		    err, ERROR_REFUSED, "password-refused",
		    "new password is empty or longer than %d bytes",
		    FRESH_MOST);
	if (!text_equal(new_password, request_form(ctx->request, "again")))
		return error_set_reason(err, ERROR_REFUSED, "differ",
		                        "the two new passwords differ");
	return audit_password_change(ctx->backends->audit, ctx->arena, &e,
	                             p->teacher->id, NULL, err) &&
	       pupil_reset_call(ctx, p, new_password, f, err);
}

/* The password is set, whether or not the sessions could be ended. */
static void pupil_reset_finish(struct request_context *ctx,
                               const struct teacher_view *view,
                               const struct pupil *p)
{
	struct logout_report ended = { 0 };
	struct error err = { 0 };
	bool good =
	    remote_logout_person(ctx, p->person, CAUSE_RESET, &ended, &err);

	pupil_reset_show_list(ctx, view, p, good ? &ended : NULL);
}

static void pupil_reset_refuse(struct request_context *ctx,
                               const struct teacher_view *view,
                               const struct pupil *p,
                               struct pupil_reset_error *f,
                               const struct error *err)
{
	const struct audit_event e = pupil_reset_event(ctx, view, p, err);
	struct error audit_err = { 0 };
	char *code = NULL;

	f->reason = err->reason ? err->reason : "overloaded";
	if (!text_equal(f->reason, "differ") &&
	    audit_access_denied(ctx->backends->audit, ctx->arena, &e, NULL,
	                        &code, &audit_err))
		f->receipt_code = code;
	log_event(LOG_PASSWORD_CHANGE_FAILED, "receipt", f->receipt_code,
	          "reason", f->reason, "municipality", e.municipality, NULL);
	pupil_reset_show_form(ctx, view, p, f);
}

void pupil_password_post(struct request_context *ctx)
{
	const char *id = request_form(ctx->request, "pupil");
	struct teacher_view view = { 0 };
	struct pupil_reset_error f = { 0 };
	struct error err = { 0 };

	if (!teacher_view_load(ctx, &view))
		return;
	const struct pupil *p = teacher_view_find(&view, id);

	if (!p) {
		error_page_status(ctx, 404, "not-found");
		return;
	}
	if (!csrf_verify(ctx->request, ctx->cfg->login_url,
	                 pupil_reset_purpose(ctx->arena, view.session, id),
	                 &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (pupil_reset_apply(ctx, &view, p, &f, &err))
		pupil_reset_finish(ctx, &view, p);
	else
		pupil_reset_refuse(ctx, &view, p, &f, &err);
}
