/* SPDX-License-Identifier: AGPL-3.0-or-later
 * bind_auth.c: verifies one bind (RFC 4511 4.2): rate limit, password, audit
 * log. The application gets no reason; the audit log does. */
#include "idp/slapd_sock/slapd_sock.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/audit/audit_event.h"

enum { MAX_BIND_ATTEMPTS = 10, BIND_ATTEMPT_WINDOW_S = 10 * 60 };

/* A bind in progress. */
struct bind_attempt {
	const struct slapd_sock_backends *backends;
	const struct config *cfg;
	struct arena *arena;
	const struct sock_bind_request *request;
	struct dn_owner owner;
	int64_t started_ms;
};

static enum sock_result sock_result_from_error(const struct error *err)
{
	return text_equal(err->reason, "overloaded") ? SOCK_RESULT_BUSY
	                                             : SOCK_RESULT_UNAVAILABLE;
}

/* ---- rate limit, as on the login page (NIST 800-63B 5.2.2), with a counter of
 * its own, so that a program with an old password does not lock the page */

static bool count_bind_attempt(const struct bind_attempt *t, bool *ret_full,
                               struct error *err)
{
	long long count = 0;

	if (!store_counter_incr(t->backends->store, t->cfg, "bind",
	                        t->owner.affiliation->id, BIND_ATTEMPT_WINDOW_S,
	                        &count, err))
		return false;
	*ret_full = count > MAX_BIND_ATTEMPTS;
	return true;
}

static void refund_bind_attempt(const struct bind_attempt *t)
{
	struct error err = { 0 };

	/* On error the counter expires by itself. */
	(void)!store_counter_decr(t->backends->store, t->cfg, "bind",
	                          t->owner.affiliation->id, &err);
}

/* ---- password */

static bool bind_verify_password(const struct bind_attempt *t,
                                 bool *ret_verified, struct error *err)
{
	const struct affiliation *f = t->owner.affiliation;
	const struct verify_password_request request = {
		.login = f->login,
		.anchor = f->anchor,
		.password = t->request->password,
	};
	struct verify_password_reply reply;
	struct ipc_client *client = ldap_auth_client_of(
	    t->backends->ldap_auth, t->arena, t->cfg, f->directory);

	if (!verify_password_call(client, t->arena, t->cfg->hash, &request,
	                          &reply, err))
		return false;
	*ret_verified = reply.result == PASSWORD_RESULT_PROVED &&
	                text_equal(reply.anchor, f->anchor);
	return true;
}

/* ---- audit log */

static struct audit_event bind_audit_event(const struct bind_attempt *t,
                                           const char *reason)
{
	const struct affiliation *f = t->owner.affiliation;

	return (struct audit_event){
		.cfg = t->cfg,
		.municipality = f ? f->municipality : NULL,
		.person = t->owner.person ? t->owner.person->id : NULL,
		.affiliation = f ? f->id : NULL,
		.service = "ldap",
		.address = t->request->address,
		.reason = reason,
		.took_ms = (int)(clock_monotonic_ms() - t->started_ms),
	};
}

static enum sock_result bind_deny(const struct bind_attempt *t,
                                  const char *reason, enum sock_result r)
{
	const struct audit_event e = bind_audit_event(t, reason);
	struct error err = { 0 };

	/* A denial is returned even if it cannot be logged. */
	if (!audit_access_denied(t->backends->audit, t->arena, &e, NULL, NULL,
	                         &err))
		log_event(LOG_SLAPD_SOCK_AUDIT_FAILED, "error", err.text, NULL);
	return r;
}

static enum sock_result bind_grant(const struct bind_attempt *t)
{
	const struct audit_event e = bind_audit_event(t, NULL);
	struct error err = { 0 };

	/* A bind that cannot be logged is not granted. */
	if (!audit_login(t->backends->audit, t->arena, &e, NULL, &err))
		return sock_result_from_error(&err);
	return SOCK_RESULT_SUCCESS;
}

/* ---- the whole bind */

static enum sock_result bind_auth_check(const struct bind_attempt *t)
{
	struct error err = { 0 };
	bool full = false, verified = false;

	if (!count_bind_attempt(t, &full, &err))
		return sock_result_from_error(&err);
	if (full) {
		/* It was not tried, so it is not an attempt. */
		refund_bind_attempt(t);
		return bind_deny(t, "too-many-tries",
		                 SOCK_RESULT_INVALID_CREDENTIALS);
	}
	if (!bind_verify_password(t, &verified, &err)) {
		refund_bind_attempt(t);
		return bind_deny(t, err.reason, sock_result_from_error(&err));
	}
	if (!verified)
		return bind_deny(t, "wrong-password",
		                 SOCK_RESULT_INVALID_CREDENTIALS);
	refund_bind_attempt(t);
	return bind_grant(t);
}

enum sock_result bind_auth_verify(const struct slapd_sock_backends *backends,
                                  const struct config *cfg, struct arena *a,
                                  const struct sock_bind_request *request)
{
	struct bind_attempt t = { .backends = backends,
		                  .cfg = cfg,
		                  .arena = a,
		                  .request = request,
		                  .started_ms = clock_monotonic_ms() };
	struct error err = { 0 };

	if (!affiliation_by_dn(backends, cfg, a, request->dn, &t.owner, &err))
		return sock_result_from_error(&err);
	if (!t.owner.is_person_dn)
		return SOCK_RESULT_CONTINUE;
	if (!t.owner.affiliation)
		return SOCK_RESULT_INVALID_CREDENTIALS;
	if (!t.owner.person || !t.owner.affiliation->login ||
	    !t.owner.affiliation->anchor)
		return bind_deny(&t, "ended", SOCK_RESULT_INVALID_CREDENTIALS);
	return bind_auth_check(&t);
}
