/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_password.c: change-password.  With the old password the change is
 * made with the person's own rights; a teacher's reset of a pupil's password is
 * made by the service account, which the directory allows that and no more. */
#include <string.h>

#include "idp/ldap_auth/ldap_auth.h"
#include "lib/escape.h"
#include "lib/strbuf.h"

/* A change-password request in progress. */
struct ldap_password_change {
	struct login_lookup lookup;
	const char *old_password; /* NULL: a reset by a teacher */
	const char *new_password;
	const char *anchor; /* NULL: any entry with that login and old password
	                     */
	enum directory_bind_result bind_result;
	struct password_modify_result result;
};

/* Binds as the person and changes the password on the same connection.  Active
 * Directory rejects a bind while the password must be changed, but accepts the
 * old one in the change itself. */
static bool change_as_person(struct directory *d, void *data, struct error *err)
{
	struct ldap_password_change *c = data;
	const struct login_lookup *lookup = &c->lookup;

	directory_set_deadline(d, lookup_remaining_ms(lookup));
	if (!directory_simple_bind(d, lookup->dn, c->old_password,
	                           strlen(c->old_password), &c->bind_result,
	                           err))
		return false;
	if (c->bind_result != BIND_OK && c->bind_result != BIND_MUST_CHANGE) {
		c->result.status = PASSWORD_OLD_WRONG;
		return true;
	}
	directory_set_deadline(d, lookup_remaining_ms(lookup));
	return lookup->directory->type == DIRECTORY_AD ||
	       directory_password_modify(d, lookup->arena, lookup->dn,
	                                 c->old_password, c->new_password,
	                                 &c->result, err);
}

static bool change_as_service(struct directory *d, void *data,
                              struct error *err)
{
	struct ldap_password_change *c = data;
	const struct login_lookup *lookup = &c->lookup;

	directory_set_deadline(d, lookup_remaining_ms(lookup));
	if (lookup->directory->type == DIRECTORY_AD)
		return directory_ad_set_password(
		    d, lookup->arena, lookup->dn, c->old_password,
		    c->new_password, &c->result, err);
	return directory_password_modify(d, lookup->arena, lookup->dn,
	                                 c->old_password, c->new_password,
	                                 &c->result, err);
}

static bool change_with_pool(struct ldap_password_change *c,
                             struct directory_pool *pool, bool as_service,
                             bool (*work)(struct directory *d, void *data,
                                          struct error *err),
                             struct error *err)
{
	struct directory_address at;

	return login_lookup_address(&c->lookup, as_service, &at, err) &&
	       directory_pool_use(pool, &at, work, c, err);
}

/* The entry's anchor is not the requested one: treat it as not found. */
static void lookup_clear_match(struct login_lookup *lookup)
{
	lookup->count = 0;
	lookup->dn = arena_printf(lookup->arena, "cn=nobody,%s",
	                          lookup->directory->base);
}

static bool change_needs_service(const struct ldap_password_change *c)
{
	if (c->result.status == PASSWORD_OLD_WRONG)
		return false;
	return !c->old_password || c->lookup.directory->type == DIRECTORY_AD;
}

static bool run_password_change(void *data, struct error *err)
{
	struct ldap_password_change *c = data;

	if (!login_lookup_find(&c->lookup, err))
		return false;
	if (!login_lookup_anchor(&c->lookup, c->anchor))
		lookup_clear_match(&c->lookup);
	if (c->old_password && !change_with_pool(c, ldap_auth.bind_pool, false,
	                                         change_as_person, err))
		return false;
	if (c->lookup.count != 1)
		c->result.status = PASSWORD_OLD_WRONG;
	return !change_needs_service(c) ||
	       change_with_pool(c, ldap_auth.search_pool, true,
	                        change_as_service, err);
}

static void password_change_reply(const struct ldap_password_change *c,
                                  struct change_password_reply *reply)
{
	static const enum change_result results[] = {
		[PASSWORD_REJECTED] = CHANGE_RESULT_REFUSED,
		[PASSWORD_CHANGED] = CHANGE_RESULT_CHANGED,
		[PASSWORD_OLD_WRONG] = CHANGE_RESULT_WRONG,
	};
	const char *diagnostic = c->result.diagnostic_message;

	reply->result = results[c->result.status];
	if (c->result.status == PASSWORD_CHANGED)
		reply->anchor = login_lookup_anchor(&c->lookup, c->anchor);
	reply->policy = password_policy_from_name(c->result.policy);
	if (diagnostic)
		reply->text =
		    escape_string(c->lookup.arena, escape_utf8, diagnostic);
}

static bool check_change_request(const struct ldap_password_change *c,
                                 struct error *err)
{
	/* RFC 3062 2: without newPasswd the server generates one. */
	if (!*c->new_password || !*c->lookup.login ||
	    (c->old_password && !*c->old_password))
		return error_set(err, ERROR_INVALID,
		                 "login or a password is empty");
	/* Without the old password, only the entry with that anchor may be
	 * changed. */
	if (!c->old_password && !c->anchor)
		return error_set(err, ERROR_INVALID,
		                 "anchor is required without old");
	if (c->old_password ? !c->lookup.directory->self_password_change
	                    : !c->lookup.directory->teacher_password_reset)
		return error_set_reason(
		    err, ERROR_REFUSED, "not-allowed",
		    "password-change is not enabled for this directory");
	return true;
}

bool ldap_auth_change_password(const struct ipc_request *q,
                               const struct change_password_request *request,
                               struct change_password_reply *reply,
                               struct error *err)
{
	struct ldap_password_change c = {
		.old_password = request->old,
		.new_password = request->new,
		.anchor = request->anchor,
	};

	if (!login_lookup_init(q, request->login, &c.lookup, err) ||
	    !check_change_request(&c, err))
		return false;
	if (!with_watchdog(run_password_change, &c, err) &&
	    err->kind != ERROR_INVALID)
		return false;
	password_change_reply(&c, reply);
	return true;
}
