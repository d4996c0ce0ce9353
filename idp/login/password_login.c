/* SPDX-License-Identifier: AGPL-3.0-or-later
 * password_login.c: verifies a password by an LDAP simple bind (RFC 4513 5.1.3)
 * in the person's own directory.  An unavailable directory is never reported
 * as a wrong password. */
#include <string.h>

#include "idp/http/csrf.h"
#include "idp/login/login_private.h"
#include "idp/login/response_mark.h"
#include "idp/session/login_metrics.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/audit/audit_event.h"

enum { LOGIN_LENGTH_MAX = 256, PASSWORD_MOST = 4096 };

/* A login attempt: the input and its result. */
struct password_login {
	struct auth_txn *txn;
	const struct municipality *m;
	char *name; /* without the prefix NAME\ */
	const char *password;
	const struct directory_conf *directory; /* that verified it */
	const char *anchor;
	bool rejected; /* by at least one directory */
	bool is_known; /* at least one directory has the login name */
	struct auth_attempt attempt;
};

static const char *const result_reasons[] = {
	[PASSWORD_RESULT_NONE] = "ldap-unavailable",
	[PASSWORD_RESULT_PROVED] = "ldap-unavailable", /* without an anchor */
	[PASSWORD_RESULT_WRONG] = "wrong-password",
	[PASSWORD_RESULT_DISABLED] = "account-disabled",
	[PASSWORD_RESULT_EXPIRED] = "account-expired",
	[PASSWORD_RESULT_MUST_CHANGE] = "password-expired",
};

/* ---- form --------------------------------------------------------------- */

/* Without the parameter t, the login is for the portal. */
static bool login_load_txn(struct request_context *ctx,
                           struct auth_txn **ret_txn, struct error *err)
{
	if (request_param(ctx->request, "t"))
		return auth_txn_load_login(ctx, ret_txn, err);
	*ret_txn = arena_new(ctx->arena, struct auth_txn);
	**ret_txn = (struct auth_txn){ .protocol = "portal",
		                       .max_age = -1,
		                       .created_at = clock_now() };
	return true;
}

void login_get(struct request_context *ctx)
{
	struct auth_txn *txn;
	struct error err = { 0 };

	if (!login_load_txn(ctx, &txn, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	/* The browser is to have a URL that is bound to it. */
	if (txn->secret && !txn->browser_binding) {
		redirect_to_page(ctx, txn, "/login");
		return;
	}
	if (txn->language)
		ctx->language = txn->language;
	login_continue(ctx, txn);
}

/* ---- validation --------------------------------------------------------- */

static bool is_login_name(const char *name)
{
	if (!*name || strlen(name) > LOGIN_LENGTH_MAX)
		return false;
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

/* A bind with an empty password is unauthenticated and may succeed (RFC 4513
 * 5.1.2). */
static bool password_login_check_input(const struct password_login *login,
                                       struct error *err)
{
	if (!is_login_name(login->name))
		return error_set_reason(err, ERROR_REFUSED, "wrong-password",
		                        "login name is missing or invalid");
	if (!*login->password)
		return error_set_reason(err, ERROR_REFUSED, "wrong-password",
		                        "password is empty");
	if (strlen(login->password) > PASSWORD_MOST)
		return error_set_reason(err, ERROR_REFUSED, "wrong-password",
		                        "password is longer than %d bytes",
		                        PASSWORD_MOST);
	return true;
}

/* ---- requests to ldap-auth ---------------------------------------------- */

static bool password_login_try_directory(struct request_context *ctx,
                                         const struct password_login *login,
                                         const struct directory_conf *d,
                                         struct verify_password_reply *ret,
                                         struct error *err)
{
	const struct verify_password_request request = { .login = login->name,
		                                         .password =
		                                             login->password };

	return verify_password_call(context_ldap_auth(ctx, d), ctx->arena,
	                            ctx->cfg->hash, &request, ret, err);
}

/* Error: REFUSED with the result of the directories; UNAVAILABLE where one of
 * them did not respond, because it could have accepted the password. */
static bool password_login_try_all(struct request_context *ctx,
                                   struct password_login *login,
                                   struct error *err)
{
	struct error unavailable = { 0 };
	const char *reason = "wrong-password", *detail = NULL;

	const struct directory_conf *d;

	for (size_t i = 0; (d = login_directory(login->m, i)); i++) {
		struct verify_password_reply reply;

		if (!password_login_try_directory(ctx, login, d, &reply,
		                                  &unavailable))
			continue;
		if (reply.result == PASSWORD_RESULT_PROVED && reply.anchor) {
			login->directory = d;
			login->anchor = reply.anchor;
			return true;
		}
		login->rejected = true;
		login->is_known |= reply.aside != PASSWORD_DETAIL_UNKNOWN;
		if (reply.result != PASSWORD_RESULT_WRONG)
			reason = result_reasons[reply.result];
		if (reply.aside)
			detail = password_detail_name(reply.aside);
	}
	if (unavailable.kind != ERROR_NONE)
		return error_set_reason(
		    err, ERROR_UNAVAILABLE,
		    text_equal(unavailable.reason, "overloaded")
			? "overloaded"
			: "ldap-unavailable",
		    "%s", unavailable.text);
	return error_set_reason(err, ERROR_REFUSED, reason,
	                        "directory rejected the login: %s",
	                        detail ? detail : reason);
}

/* ---- the person --------------------------------------------------------- */

static const struct affiliation *authenticating_affiliation(
    const struct person *p, const struct password_login *login)
{
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (text_equal(f->directory, login->directory->name) &&
		    text_equal(f->anchor, login->anchor))
			return f;
	}
	return NULL;
}

static bool password_login_find_person(struct request_context *ctx,
                                       const struct password_login *login,
                                       const struct person **ret_person,
                                       const struct affiliation **ret_by,
                                       struct error *err)
{
	const struct person *p;

	if (!catalogue_find_by_anchor(ctx->backends->catalogue, ctx->cfg,
	                              ctx->arena, login->directory->name,
	                              login->anchor, &p, err))
		return false;
	const struct affiliation *f =
	    p ? authenticating_affiliation(p, login) : NULL;

	if (!f)
		return error_set_reason(
		    err, ERROR_REFUSED, "no-affiliation",
		    "authenticated in %s, but not in the catalogue",
		    login->directory->name);
	if (p->status != STATUS_ACTIVE || f->status != STATUS_ACTIVE)
		return error_set_reason(
		    err, ERROR_REFUSED, "ended",
		    "person or affiliation is not active in the catalogue");
	*ret_person = p;
	*ret_by = f;
	return true;
}

/* A login that is to prove another affiliation never replaces the person. */
static bool password_login_check_same_person(struct request_context *ctx,
                                             const struct auth_txn *txn,
                                             const struct person *p,
                                             struct error *err)
{
	const struct session *s = NULL;

	if (!txn->prove)
		return true;
	if (!session_find(ctx, &s, err))
		return false;
	return !s || text_equal(s->person->id, p->id) ||
	       error_set_reason(err, ERROR_REFUSED, "other-person",
	                        "authenticated as another person than the one "
	                        "logged in");
}

static bool password_login_create_session(struct request_context *ctx,
                                          const struct password_login *login,
                                          const struct session **ret_session,
                                          struct error *err)
{
	const struct person *p = NULL;
	const struct affiliation *by = NULL;
	const struct auth_txn *txn = login->txn;
	char *code;

	if (!password_login_find_person(ctx, login, &p, &by, err) ||
	    !password_login_check_same_person(ctx, txn, p, err))
		return false;
	const struct audit_event e = {
		.cfg = ctx->cfg,
		.municipality = by->municipality,
		.person = p->id,
		.affiliation = by->id,
		.service = txn->service ? txn->service->name : "portal",
		.issuer = txn->issuer ? txn->issuer->name : NULL,
		.address = ctx->request->address,
		.acr = "idporten-loa-low",
		.took_ms = (int)(clock_monotonic_ms() - ctx->started_ms),
	};

	if (!audit_login(ctx->backends->audit, ctx->arena, &e, &code, err) ||
	    !session_create(ctx, p, by->id, "pwd", "idporten-loa-low",
	                    ret_session, err))
		return false;
	proved_links_record(ctx, *ret_session, code);
	return true;
}

/* ---- from the form to the session --------------------------------------- */

static bool password_login_verify(struct request_context *ctx,
                                  struct password_login *login,
                                  const struct session **ret_session,
                                  struct error *err)
{
	if (!check_not_offboarded(login->m, err) ||
	    !password_login_check_input(login, err) ||
	    !rate_limit_check(ctx, login->name, login->m, login->password,
	                      &login->attempt, err))
		return false;
	if (!password_login_try_all(ctx, login, err)) {
		/* Not if another directory rejected it: an unavailable one
		 * must not allow unlimited attempts. */
		if (err->kind == ERROR_UNAVAILABLE && !login->rejected)
			rate_limit_refund(ctx, &login->attempt);
		else
			rate_limit_fail(ctx, &login->attempt);
		if (login->rejected && !login->is_known)
			rate_limit_note_unknown(ctx, &login->attempt, login->m);
		return false;
	}
	rate_limit_trust_browser(ctx, &login->attempt);
	if (!password_login_create_session(ctx, login, ret_session, err))
		return false;
	login_metrics_count(LOGIN_METRIC_AUTHENTICATED, NULL);
	return true;
}

static void password_login_refuse(struct request_context *ctx,
                                  const struct password_login *login,
                                  const struct error *err)
{
	const char *reason = err->reason ? err->reason : "overloaded";
	const struct auth_txn *txn = login->txn;
	const struct audit_event e = {
		.cfg = ctx->cfg,
		.municipality = login->m ? login->m->name : NULL,
		.service = txn->service ? txn->service->name : "portal",
		.issuer = txn->issuer ? txn->issuer->name : NULL,
		.address = ctx->request->address,
		.listener = ctx->request->listener,
		.reason = reason,
		.detail = err->text,
		.took_ms = (int)(clock_monotonic_ms() - ctx->started_ms),
	};
	struct error audit_err = { 0 };
	char *code;

	if (!audit_access_denied(ctx->backends->audit, ctx->arena, &e, NULL,
	                         &code, &audit_err))
		code = NULL;
	login_metrics_count(LOGIN_METRIC_FAILED, reason);
	log_event(LOG_LOGIN_FAILED, "receipt", code, "reason", reason,
	          "municipality", e.municipality, "service", e.service, NULL);
	login_form_show(ctx, login->txn, login->m, login->name, reason, code,
	                &login->attempt);
}

static bool password_login_read_form(struct request_context *ctx,
                                     struct password_login *login,
                                     struct error *err)
{
	const char *name = request_form(ctx->request, "login");
	const char *password = request_form(ctx->request, "password");

	login->name = login_trim(ctx->arena, name ? name : "");
	login->password = password ? password : "";
	if (request_param_repeated(ctx->request, "login") ||
	    request_param_repeated(ctx->request, "password"))
		return error_set_reason(
		    err, ERROR_INVALID, "bad-request",
		    "form field repeated: login or password");
	return csrf_verify(ctx->request, ctx->cfg->login_url,
	                   login_form_purpose(ctx->arena, login->txn), err);
}

void password_login_post(struct request_context *ctx)
{
	struct password_login login = { 0 };
	const struct session *s;
	struct error err = { 0 };

	if (!auth_txn_load_login(ctx, &login.txn, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (login.txn->language)
		ctx->language = login.txn->language;
	if (!password_login_read_form(ctx, &login, &err)) {
		login_form_show(ctx, login.txn, preference_municipality(ctx),
		                NULL, "form-expired", NULL, NULL);
		return;
	}
	login.m = municipality_of_login(ctx, &login.name);
	if (!login.m) {
		organisation_select_show(ctx, login.txn,
		                         strchr(login.name, '@') != NULL);
		return;
	}
	if (!password_login_verify(ctx, &login, &s, &err)) {
		password_login_refuse(ctx, &login, &err);
		if (text_equal(err.reason, "wrong-password"))
			response_mark_wait(ctx->started_ms);
		return;
	}
	if (!s->is_shared)
		preference_set(ctx, login.m->name, NULL);
	login_authenticated(ctx, login.txn, s);
}
