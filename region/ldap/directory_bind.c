/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_bind.c: simple binds (RFC 4513 5.1.3), and what a refusal means:
 * result codes, the password policy response control, and the codes of Active
 * Directory. */
#include <string.h>

#include "lib/strbuf.h"
#include "region/ldap/directory_private.h"

enum { MAX_PASSWORD_BYTES = 1024 };

/* Bind results by result code, unless a control is more specific. */
static const struct {
	int code;
	enum directory_bind_result result;
} bind_result_codes[] = {
	{ LDAP_SUCCESS, BIND_OK },
	{ LDAP_INVALID_CREDENTIALS, BIND_FAILED },
	{ LDAP_NO_SUCH_OBJECT, BIND_FAILED },
	{ LDAP_INVALID_DN_SYNTAX, BIND_FAILED },
	{ LDAP_INAPPROPRIATE_AUTH, BIND_FAILED },
	{ LDAP_CONSTRAINT_VIOLATION, BIND_LOCKED }, /* 389-DS: too many attempts
	                                             */
	{ LDAP_UNWILLING_TO_PERFORM, BIND_LOCKED }, /* 389-DS: account
	                                               inactivated */
};

/* Active Directory gives the reason in the diagnosticMessage of error 49. */
static const struct {
	const char *text;
	enum directory_bind_result result;
	const char *cause;
} ad_bind_messages[] = {
	{ "data 525", BIND_FAILED, "there is no such account" },
	{ "data 52e", BIND_FAILED, "the password is wrong" },
	{ "data 530", BIND_FAILED, "it may not log in at this time" },
	{ "data 531", BIND_FAILED, "it may not log in from this computer" },
	{ "data 532", BIND_MUST_CHANGE, "its password has expired" },
	{ "data 533", BIND_DISABLED, "it is disabled" },
	{ "data 701", BIND_EXPIRED, "it has expired" },
	{ "data 773", BIND_MUST_CHANGE, "its password must be changed first" },
	{ "data 775", BIND_LOCKED, "it is locked" },
};

/* The error of the password policy response control (draft-behera-ldap-
 * password-policy 6.2). */
static const struct {
	LDAPPasswordPolicyError error;
	enum directory_bind_result result;
	const char *cause;
} policy_bind_errors[] = {
	{ PP_accountLocked, BIND_LOCKED, "it is locked" },
	{ PP_passwordExpired, BIND_MUST_CHANGE, "its password has expired" },
	{ PP_changeAfterReset, BIND_MUST_CHANGE,
	  "its password was reset (pwdReset) and must be changed first, or "
	  "pwdReset be removed" },
};

static const char *const bind_result_causes[] = {
	[BIND_FAILED] = "the password is wrong, or there is no such entry",
	[BIND_OK] = "",
	[BIND_DISABLED] = "it is disabled",
	[BIND_LOCKED] = "it is locked",
	[BIND_EXPIRED] = "it has expired",
	[BIND_MUST_CHANGE] = "its password must be changed first",
};

/* What a response means. */
struct bind_meaning {
	enum directory_bind_result result;
	const char *cause;
};

static void bind_meaning_of_policy(struct directory *d, LDAPControl **controls,
                                   struct bind_meaning *ret)
{
	LDAPControl *c =
	    controls ? ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE,
	                                 controls, NULL)
		     : NULL;
	LDAPPasswordPolicyError error = PP_noError;

	if (!c || ldap_parse_passwordpolicy_control(d->ld, c, NULL, NULL,
	                                            &error) != LDAP_SUCCESS)
		return;
	for (size_t i = 0; i < LENGTH(policy_bind_errors); i++)
		if (policy_bind_errors[i].error == error)
			*ret = (struct bind_meaning){
				policy_bind_errors[i].result,
				policy_bind_errors[i].cause
			};
}

static void bind_meaning_of_message(const char *text, struct bind_meaning *ret)
{
	for (size_t i = 0; text && i < LENGTH(ad_bind_messages); i++)
		if (strstr(text, ad_bind_messages[i].text))
			*ret =
			    (struct bind_meaning){ ad_bind_messages[i].result,
				                   ad_bind_messages[i].cause };
}

static bool bind_meaning_of(struct directory *d, int code, const char *text,
                            LDAPControl **controls, struct bind_meaning *ret,
                            struct error *err)
{
	for (size_t i = 0; i < LENGTH(bind_result_codes); i++) {
		enum directory_bind_result result = bind_result_codes[i].result;

		if (bind_result_codes[i].code != code)
			continue;
		*ret =
		    (struct bind_meaning){ result, bind_result_causes[result] };
		if (code == LDAP_INVALID_CREDENTIALS)
			bind_meaning_of_message(text, ret);
		bind_meaning_of_policy(d, controls, ret);
		return true;
	}
	return directory_ldap_error(err, "bind", code, text);
}

static bool credentials_are_bindable(const char *dn, const char *password,
                                     size_t length)
{
	/* RFC 4513 5.1.2: a name with an empty password is an unauthenticated
	 * bind and succeeds; a C string that starts with a NUL is one. */
	return length > 0 && length <= MAX_PASSWORD_BYTES && dn[0] != '\0' &&
	       strnlen(password, length) == length;
}

static bool bind_request(struct directory *d, const char *dn,
                         const char *password, size_t length,
                         struct bind_meaning *ret, struct error *err)
{
	LDAPControl policy = { .ldctl_oid =
		                   (char *)LDAP_CONTROL_PASSWORDPOLICYREQUEST };
	LDAPControl *controls[] = { &policy, NULL };
	struct berval secret = { length, (char *)password };
	own(release_controls) LDAPControl **reply_controls = NULL;
	own(release_ldap_text) char *text = NULL;
	int id = 0;
	int code = LDAP_OTHER;

	if (!credentials_are_bindable(dn, password, length)) {
		*ret = (struct bind_meaning){ BIND_FAILED,
			                      "the password is empty, too long "
			                      "or has a NUL" };
		return true;
	}
	int rc = ldap_sasl_bind(d->ld, dn, LDAP_SASL_SIMPLE, &secret, controls,
	                        NULL, &id);
	if (rc != LDAP_SUCCESS)
		return directory_ldap_error(err, "bind", rc, NULL);
	if (!directory_wait_result(d, id, "bind", &code, &text, &reply_controls,
	                           err))
		return false;
	return bind_meaning_of(d, code, text, reply_controls, ret, err);
}

bool directory_simple_bind(struct directory *d, const char *dn,
                           const char *password, size_t length,
                           enum directory_bind_result *ret_result,
                           struct error *err)
{
	struct bind_meaning meaning = { BIND_FAILED, "" };

	if (!bind_request(d, dn, password, length, &meaning, err))
		return false;
	*ret_result = meaning.result;
	return true;
}

bool directory_bind_service_account(struct directory *d,
                                    const struct directory_address *at,
                                    struct error *err)
{
	const char *password = at->password ? at->password : "";
	struct bind_meaning meaning = { BIND_FAILED, "" };

	if (!at->bind_dn)
		return true;
	if (!bind_request(d, at->bind_dn, password, strlen(password), &meaning,
	                  err))
		return false;
	return meaning.result == BIND_OK ||
	       error_set(err, ERROR_UNAVAILABLE, "bind as %s was rejected: %s",
	                 at->bind_dn, meaning.cause);
}
