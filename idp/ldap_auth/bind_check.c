/* SPDX-License-Identifier: AGPL-3.0-or-later
 * bind_check.c: verify-password: one search for the entry and one bind as
 * it (RFC 4513 5.1.3).  An unknown login and a wrong password give the same
 * reply after the same two requests. */
#include <string.h>

#include "idp/ldap_auth/ldap_auth.h"
#include "lib/clock.h"

/* A verify-password request in progress. */
struct bind_check {
	struct login_lookup lookup;
	const char *password;
	enum directory_bind_result result;
};

static bool bind_check_try(struct directory *d, void *data, struct error *err)
{
	struct bind_check *p = data;

	directory_set_deadline(d, lookup_remaining_ms(&p->lookup));
	return directory_simple_bind(d, p->lookup.dn, p->password,
	                             strlen(p->password), &p->result, err);
}

static bool bind_check_run(void *data, struct error *err)
{
	struct bind_check *p = data;
	struct directory_address at;

	return login_lookup_find(&p->lookup, err) &&
	       login_lookup_address(&p->lookup, false, &at, err) &&
	       directory_pool_use(ldap_auth.bind_pool, &at, bind_check_try, p,
	                          err);
}

static void bind_check_reply(struct bind_check *p, const char *expected,
                             struct verify_password_reply *reply)
{
	const struct login_lookup *lookup = &p->lookup;
	const struct directory_entry *e =
	    lookup->count == 1 ? lookup->entries : NULL;
	char *anchor = login_lookup_anchor(lookup, expected);

	if (!anchor)
		p->result = BIND_FAILED;
	const char *disabled_attribute =
	    mapped_attribute(lookup->directory, "disabled");
	const struct bind_outcome outcome = bind_outcome_map(
	    p->result,
	    e && account_is_disabled(e, lookup->directory->type,
	                             disabled_attribute, clock_now()));

	reply->result = outcome.result;
	reply->aside =
	    lookup->count == 0 ? PASSWORD_DETAIL_UNKNOWN : outcome.audit_detail;
	if (outcome.result != PASSWORD_RESULT_WRONG)
		reply->anchor = anchor;
}

static bool bind_check_with_watchdog(struct bind_check *p, struct error *err)
{
	if (with_watchdog(bind_check_run, p, err))
		return true;
	if (err->kind != ERROR_INVALID)
		return false;
	p->lookup.count = 0;
	p->result = BIND_FAILED;
	return true;
}

bool ldap_auth_verify(const struct ipc_request *q,
                      const struct verify_password_request *request,
                      struct verify_password_reply *reply, struct error *err)
{
	struct bind_check p = { .password = request->password };

	if (!login_lookup_init(q, request->login, &p.lookup, err))
		return false;
	/* RFC 4513 5.1.2: an empty password is not an authentication. */
	if (p.lookup.login[0] != '\0' && p.password[0] != '\0' &&
	    !bind_check_with_watchdog(&p, err))
		return false;
	bind_check_reply(&p, request->anchor, reply);
	return true;
}
