/* SPDX-License-Identifier: AGPL-3.0-or-later
 * password_change.c: changes a person's own password, in their directory.  With
 * a session, the password that it was created with; with an auth transaction,
 * after a login denied because the password must be changed, the form has a
 * login name too. */
#include <string.h>

#include "idp/http/csrf.h"
#include "idp/login/login_private.h"
#include "idp/login/response_mark.h"
#include "idp/logout/remote_logout.h"
#include "idp/page/ended_services.h"
#include "idp/session/session_end.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "pages.h"
#include "region/audit/audit_event.h"

enum { NEW_PASSWORD_MAX = 256, OLD_PASSWORD_MAX = 4096 };

/* A password change: its input and its result. */
struct password_change {
	struct auth_txn *txn;          /* NULL: from the portal */
	const struct session *session; /* or NULL */
	const struct affiliation
	    *affiliation; /* authenticated, of the session */
	const struct municipality *m;
	char *login;
	const char *old_password, *new_password;
	const struct directory_conf *directory; /* that changed it */
	const char *anchor;
	const char *policy, *directory_text; /* why it was rejected */
	bool done;
	bool rejected; /* the old password, by at least one directory */
	struct logout_report ended; /* the other sessions */
	struct auth_attempt attempt;
};

static bool password_change_is_possible(struct request_context *ctx,
                                        const struct password_change *change)
{
	const struct directory_conf *d =
	    change->affiliation
		? config_directory(ctx->cfg, change->affiliation->directory)
		: NULL;

	if (change->session)
		return d && d->self_password_change &&
		       change->affiliation->login &&
		       change->affiliation->anchor;
	return !change->m || password_change_enabled(change->m);
}

/* ---- page --------------------------------------------------------------- */

static char *password_change_purpose(struct arena *a,
                                     const struct password_change *change)
{
	return arena_printf(a, "password %s",
	                    change->session ? change->session->sid
	                                    : change->txn->secret);
}

static void password_change_set_error(struct request_context *ctx,
                                      const struct password_change *change,
                                      const char *reason,
                                      struct password_page *page)
{
	bool mismatch = text_equal(reason, "differ");
	enum message_id policy = change->policy
	                             ? page_message_id("policy", change->policy)
	                             : MSG_COUNT;

	page->error =
	    page_message(ctx, mismatch ? MSG_password_mismatch
	                               : page_message_id("reason", reason));
	page->todo =
	    page_message(ctx, mismatch ? MSG_password_mismatch_todo
	                               : page_message_id("todo", reason));
	page->policy = policy == MSG_COUNT ? NULL : page_message(ctx, policy);
	page->directory_text = change->directory_text;
}

static int password_change_status(const char *reason)
{
	/* The new passwords differ. */
	if (text_equal(reason, "differ"))
		return 403;
	return reason ? page_reason_status(reason) : 200;
}

static void password_change_show(struct request_context *ctx,
                                 const struct password_change *change,
                                 const char *reason, const char *code)
{
	const char *csrf_secret =
	    csrf_secret_ensure(ctx->request, ctx->response, CSRF_COOKIE);
	const char *t = change->txn ? change->txn->secret : NULL;
	struct strbuf body = strbuf_init(ctx->arena);
	struct password_page page = {
		.txn = t,
		.csrf_token =
		    csrf_token(ctx->arena, csrf_secret,
		               password_change_purpose(ctx->arena, change)),
		.municipality = change->m ? change->m->name : "",
		.where = change->m ? change->m->display : NULL,
		.login = change->login,
		.code = code,
		.back =
		    t ? arena_printf(ctx->arena, "/login?t=%s", t) : "/portal",
		.ask_login = !change->session,
		.possible =
		    !change->done && password_change_is_possible(ctx, change),
		.done = change->done,
		.ended = change->ended.sessions > 0,
		.ended_services = page_ended_elsewhere(ctx, &change->ended),
		.wait = change->attempt.wait,
		.seconds = login_form_wait(ctx, &change->attempt),
	};

	if (reason)
		password_change_set_error(ctx, change, reason, &page);
	fill_password(&body, page_language(ctx), &page);
	page_render(
	    ctx, &(struct page){ .status = password_change_status(reason),
	                         .title = page_message(ctx, MSG_password_title),
	                         .body = body.data,
	                         .m = change->m,
	                         .return_page = "password",
	                         .txn = change->txn });
}

/* Loads the session or auth transaction.  Returns false with the response
 * filled. */
static bool password_change_begin(struct request_context *ctx,
                                  struct password_change *change)
{
	struct error err = { 0 };
	const char *m = request_param(ctx->request, "m");
	const char *t = request_param(ctx->request, "t");

	if (t && *t ? !auth_txn_load_login(ctx, &change->txn, &err)
	            : !session_find(ctx, &change->session, &err)) {
		error_page_show(ctx, &err);
		return false;
	}
	if (!change->txn && !change->session) {
		login_start(ctx, &(struct auth_txn){ .protocol = "portal",
		                                     .max_age = -1 });
		return false;
	}
	if (change->session)
		change->affiliation = person_find_affiliation(
		    change->session->person, change->session->authenticated_by);
	if (change->affiliation)
		m = change->affiliation->municipality;
	change->m = m && *m ? config_municipality(ctx->cfg, m)
	                    : preference_municipality(ctx);
	if (change->txn && change->txn->language)
		ctx->language = change->txn->language;
	return true;
}

void password_change_get(struct request_context *ctx)
{
	struct password_change change = { 0 };

	if (password_change_begin(ctx, &change))
		password_change_show(ctx, &change, NULL, NULL);
}

/* ---- validation --------------------------------------------------------- */

static bool password_change_read_form(struct request_context *ctx,
                                      struct password_change *change,
                                      struct error *err)
{
	const char *login = request_form(ctx->request, "login");
	const char *old_password = request_form(ctx->request, "old");
	const char *new_password = request_form(ctx->request, "new");

	change->login =
	    change->affiliation
		? arena_strdup(ctx->arena, change->affiliation->login)
		: login_trim(ctx->arena, login ? login : "");
	change->old_password = old_password ? old_password : "";
	change->new_password = new_password ? new_password : "";
	return csrf_verify(ctx->request, ctx->cfg->login_url,
	                   password_change_purpose(ctx->arena, change), err);
}

static bool password_change_check_input(struct request_context *ctx,
                                        const struct password_change *change,
                                        struct error *err)
{
	if (!change->login || !*change->login ||
	    strlen(change->login) > NEW_PASSWORD_MAX ||
	    !*change->old_password ||
	    strlen(change->old_password) > OLD_PASSWORD_MAX)
		return error_set_reason(
		    err, ERROR_REFUSED, "wrong-password",
		    "login name or password is missing or too long");
	if (!*change->new_password ||
	    strlen(change->new_password) > NEW_PASSWORD_MAX)
		return error_set_reason(
		    err, ERROR_REFUSED, "password-refused",
		    "new password is empty or longer than %d bytes",
		    NEW_PASSWORD_MAX);
	if (!text_equal(change->new_password,
	                request_form(ctx->request, "again")))
		return error_set_reason(err, ERROR_REFUSED, "differ",
		                        "the two new passwords differ");
	return true;
}

/* ---- requests to ldap-auth ---------------------------------------------- */

static bool password_change_try_directory(struct request_context *ctx,
                                          struct password_change *change,
                                          const struct directory_conf *d,
                                          enum change_result *ret_result,
                                          struct error *err)
{
	const struct change_password_request request = {
		.login = change->login,
		.anchor =
		    change->affiliation ? change->affiliation->anchor : NULL,
		.old = change->old_password,
		.new = change->new_password,
	};
	struct change_password_reply reply;

	if (!change_password_call(context_ldap_auth(ctx, d), ctx->arena,
	                          ctx->cfg->hash, &request, &reply, err))
		return false;
	*ret_result = reply.result;
	if (reply.result == CHANGE_RESULT_REFUSED) {
		change->policy = password_policy_name(reply.policy);
		change->directory_text = reply.text;
	}
	if (reply.result != CHANGE_RESULT_CHANGED)
		return true;
	change->directory = d;
	change->anchor = reply.anchor;
	change->done = true;
	return true;
}

static bool password_change_applies_to(const struct password_change *change,
                                       const struct directory_conf *d)
{
	return d->self_password_change &&
	       (!change->affiliation ||
	        text_equal(change->affiliation->directory, d->name));
}

/* Tries each directory of the municipality, as a login does, until one changes
 * the password or rejects the new one. */
static bool password_change_try_all(struct request_context *ctx,
                                    struct password_change *change,
                                    struct error *err)
{
	struct error unavailable = { 0 };
	enum change_result result = CHANGE_RESULT_NONE;
	const struct directory_conf *d;

	for (size_t i = 0; !change->done && (d = login_directory(change->m, i));
	     i++) {
		if (!password_change_applies_to(change, d) ||
		    !password_change_try_directory(ctx, change, d, &result,
		                                   &unavailable))
			continue;
		change->rejected = !change->done;
		if (result == CHANGE_RESULT_REFUSED)
			return error_set_reason(
			    err, ERROR_REFUSED, "password-refused",
			    "directory rejected the password: %s",
			    change->policy ? change->policy
					   : "no reason given");
	}
	if (change->done)
		return true;
	if (unavailable.kind != ERROR_NONE)
		return error_set_reason(
		    err, ERROR_UNAVAILABLE,
		    text_equal(unavailable.reason, "overloaded")
			? "overloaded"
			: "ldap-unavailable",
		    "%s", unavailable.text);
	return error_set_reason(err, ERROR_REFUSED, "wrong-password",
	                        "old password is wrong");
}

/* ---- from the form to the new password ---------------------------------- */

static struct audit_event password_change_event(
    struct request_context *ctx, const struct password_change *change,
    const struct error *err)
{
	return (struct audit_event){
		.cfg = ctx->cfg,
		.municipality = change->m->name,
		.person = change->session ? change->session->person->id : NULL,
		.affiliation =
		    change->affiliation ? change->affiliation->id : NULL,
		.service = "password",
		.address = ctx->request->address,
		.sid = change->session ? change->session->sid : NULL,
		.reason = err ? err->reason : NULL,
		.detail = err ? err->text : NULL,
		.took_ms = (int)(clock_monotonic_ms() - ctx->started_ms),
	};
}

/* Ends all sessions created with the old password, except the current one. */
static bool password_change_end_sessions(struct request_context *ctx,
                                         struct password_change *change,
                                         struct error *err)
{
	const struct person *p = NULL;

	if (change->session)
		return remote_logout(ctx, change->session, NULL, CAUSE_PASSWORD,
		                     &change->ended, err);
	if (!change->anchor)
		return true;
	return catalogue_find_by_anchor(ctx->backends->catalogue, ctx->cfg,
	                                ctx->arena, change->directory->name,
	                                change->anchor, &p, err) &&
	       (!p || remote_logout_person(ctx, p, CAUSE_PASSWORD,
	                                   &change->ended, err));
}

static bool password_change_apply(struct request_context *ctx,
                                  struct password_change *change,
                                  struct error *err)
{
	struct auth_attempt *attempt = &change->attempt;
	const struct audit_event e = password_change_event(ctx, change, NULL);

	if (!check_not_offboarded(change->m, err) ||
	    !rate_limit_check(ctx, change->login, change->m,
	                      change->old_password, attempt, err))
		return false;
	if (!audit_password_change(ctx->backends->audit, ctx->arena, &e,
	                           e.affiliation, NULL, err)) {
		rate_limit_refund(ctx, attempt);
		return false;
	}
	if (!password_change_try_all(ctx, change, err)) {
		/* Only a wrong old password counts: also where another
		 * directory did not respond. */
		if (text_equal(err->reason, "wrong-password") ||
		    (err->kind == ERROR_UNAVAILABLE && change->rejected))
			rate_limit_fail(ctx, attempt);
		else
			rate_limit_refund(ctx, attempt);
		return false;
	}
	rate_limit_trust_browser(ctx, attempt);
	return password_change_end_sessions(ctx, change, err);
}

static void password_change_refuse(struct request_context *ctx,
                                   const struct password_change *change,
                                   const struct error *err)
{
	const char *reason = err->reason ? err->reason : "overloaded";
	const struct audit_event e = password_change_event(ctx, change, err);
	struct error audit_err = { 0 };
	char *code = NULL;

	if (!text_equal(reason, "differ") &&
	    !audit_access_denied(ctx->backends->audit, ctx->arena, &e, NULL,
	                         &code, &audit_err))
		code = NULL;
	log_event(LOG_PASSWORD_CHANGE_FAILED, "receipt", code, "reason", reason,
	          "municipality", e.municipality, NULL);
	password_change_show(ctx, change, reason, code);
}

void password_change_post(struct request_context *ctx)
{
	struct password_change change = { 0 };
	struct error err = { 0 };

	if (!password_change_begin(ctx, &change))
		return;
	if (!password_change_read_form(ctx, &change, &err)) {
		password_change_show(ctx, &change, "form-expired", NULL);
		return;
	}
	if (!change.session)
		change.m = municipality_of_login(ctx, &change.login);
	if (!change.m || !password_change_is_possible(ctx, &change)) {
		password_change_show(ctx, &change, "wrong-password", NULL);
		return;
	}
	if (password_change_check_input(ctx, &change, &err) &&
	    password_change_apply(ctx, &change, &err))
		password_change_show(ctx, &change, NULL, NULL);
	else
		password_change_refuse(ctx, &change, &err);
	if (text_equal(err.reason, "wrong-password"))
		response_mark_wait(ctx->started_ms);
}
