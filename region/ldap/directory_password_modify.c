/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_password_modify.c: changes a password, by RFC 3062 or unicodePwd,
 * and maps the server's reason to one of the policy names that have a message
 * for the user. */
#include <string.h>

#include "lib/strbuf.h"
#include "region/ldap/directory_private.h"

enum { MAX_DIAGNOSTIC_LENGTH = 200 };

/* draft-behera-ldap-password-policy 6.2. */
static const struct {
	LDAPPasswordPolicyError error;
	const char *policy;
} policy_by_control[] = {
	{ PP_insufficientPasswordQuality, "too-simple" },
	{ PP_passwordTooShort, "too-short" },
	{ PP_passwordTooYoung, "too-young" },
	{ PP_passwordInHistory, "used-before" },
	{ PP_passwordModNotAllowed, "not-allowed" },
	{ PP_mustSupplyOldPassword, "not-allowed" },
};

/* Substrings of the diagnosticMessage: Active Directory (MS-ERREF 2.2: 0000052D
 * is ERROR_PASSWORD_RESTRICTION), Samba, 389-DS, OpenLDAP without the control.
 */
static const struct {
	const char *text, *policy;
} policy_by_message[] = {
	{ "too short", "too-short" },
	{ "at least", "too-short" },
	{ "too young", "too-young" },
	{ "within password minimum age", "too-young" },
	{ "in history", "used-before" },
	{ "0000052D", "too-simple" },
	{ "quality", "too-simple" },
	{ "invalid password syntax", "too-simple" },
};

/* Results by result code; any other code is an error. */
static const struct {
	int code;
	enum password_modify_status result;
	const char *policy;
} result_by_code[] = {
	{ LDAP_SUCCESS, PASSWORD_CHANGED, NULL },
	{ LDAP_INVALID_CREDENTIALS, PASSWORD_OLD_WRONG, NULL },
	{ LDAP_CONSTRAINT_VIOLATION, PASSWORD_REJECTED, NULL },
	{ LDAP_UNWILLING_TO_PERFORM, PASSWORD_REJECTED, NULL },
	{ LDAP_INSUFFICIENT_ACCESS, PASSWORD_REJECTED, "not-allowed" },
	{ LDAP_STRONG_AUTH_REQUIRED, PASSWORD_REJECTED, "not-allowed" },
	{ LDAP_NO_SUCH_ATTRIBUTE, PASSWORD_OLD_WRONG, NULL },
};

/* ERROR_INVALID_PASSWORD: the old password is wrong. */
static const char error_invalid_password[] = "00000056";

static const char *policy_from_control(struct directory *d,
                                       LDAPControl **controls)
{
	LDAPControl *c =
	    controls ? ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE,
	                                 controls, NULL)
		     : NULL;
	LDAPPasswordPolicyError error = PP_noError;

	if (!c || ldap_parse_passwordpolicy_control(d->ld, c, NULL, NULL,
	                                            &error) != LDAP_SUCCESS)
		return NULL;
	for (size_t i = 0; i < LENGTH(policy_by_control); i++)
		if (policy_by_control[i].error == error)
			return policy_by_control[i].policy;
	return NULL;
}

static const char *policy_from_message(const char *text)
{
	for (size_t i = 0; text && i < LENGTH(policy_by_message); i++)
		if (strstr(text, policy_by_message[i].text))
			return policy_by_message[i].policy;
	return NULL;
}

/* Returns the diagnosticMessage, unless it contains the password; 389-DS ends
 * it with a newline. */
static char *diagnostic_without_password(struct arena *a, const char *text,
                                         const char *new_password)
{
	size_t length = text ? strlen(text) : 0;

	while (length > 0 && strchr("\r\n ", text[length - 1]))
		length--;
	if (length == 0 || length > MAX_DIAGNOSTIC_LENGTH ||
	    !text_is_utf8(text, length) || strstr(text, new_password))
		return NULL;
	return arena_memdup(a, text, length);
}

/* Reads the response to the request id, which was sent with return code rc. */
static bool finish_password_modify(struct directory *d, struct arena *a, int rc,
                                   int id, const char *new_password,
                                   struct password_modify_result *ret,
                                   struct error *err)
{
	own(release_controls) LDAPControl **controls = NULL;
	own(release_ldap_text) char *text = NULL;
	int code = LDAP_OTHER;
	size_t i = 0;

	if (rc != LDAP_SUCCESS)
		return directory_ldap_error(err, "password modify", rc, NULL);
	if (!directory_wait_result(d, id, "password modify", &code, &text,
	                           &controls, err))
		return false;
	while (i < LENGTH(result_by_code) && result_by_code[i].code != code)
		i++;
	if (i == LENGTH(result_by_code))
		return directory_ldap_error(err, "password modify", code, NULL);
	*ret = (struct password_modify_result){ .status =
		                                    result_by_code[i].result };
	if (ret->status != PASSWORD_REJECTED)
		return true;
	if (text && strstr(text, error_invalid_password)) {
		ret->status = PASSWORD_OLD_WRONG;
		return true;
	}
	ret->policy = policy_from_control(d, controls);
	if (!ret->policy)
		ret->policy = policy_from_message(text);
	if (!ret->policy)
		ret->policy = result_by_code[i].policy;
	ret->diagnostic_message =
	    diagnostic_without_password(a, text, new_password);
	return true;
}

bool directory_password_modify(struct directory *d, struct arena *a,
                               const char *dn, const char *old_password,
                               const char *new_password,
                               struct password_modify_result *ret,
                               struct error *err)
{
	LDAPControl policy = { .ldctl_oid =
		                   (char *)LDAP_CONTROL_PASSWORDPOLICYREQUEST };
	LDAPControl *controls[] = { &policy, NULL };
	struct berval user_identity = { strlen(dn), (char *)dn };
	struct berval old_value = { old_password ? strlen(old_password) : 0,
		                    (char *)old_password };
	struct berval new_value = { strlen(new_password),
		                    (char *)new_password };
	int id = 0;
	int rc =
	    ldap_passwd(d->ld, &user_identity, old_password ? &old_value : NULL,
	                &new_value, controls, NULL, &id);

	return finish_password_modify(d, a, rc, id, new_password, ret, err);
}

/* ---- Active Directory: unicodePwd (MS-ADTS 3.1.1.3.1.5) */

static void append_utf16_unit(struct strbuf *t, unsigned unit)
{
	const unsigned char bytes[] = { (unsigned char)(unit & 0xff),
		                        (unsigned char)(unit >> 8) };

	strbuf_append_bytes(t, bytes, sizeof(bytes));
}

/* Appends one character of well-formed UTF-8 as UTF-16; returns the start of
 * the next one. */
static const unsigned char *append_utf16_char(struct strbuf *t,
                                              const unsigned char *c)
{
	static const unsigned char masks[] = { 0x7f, 0x1f, 0x0f, 0x07 };
	size_t more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc0 ? 1 : 0;
	unsigned code_point = *c++ & masks[more];

	for (; more > 0; more--)
		code_point = code_point << 6 | (*c++ & 0x3f);
	if (code_point > 0xffff) {
		append_utf16_unit(t, 0xd800 + ((code_point - 0x10000) >> 10));
		code_point = 0xdc00 + (code_point & 0x3ff);
	}
	append_utf16_unit(t, code_point);
	return c;
}

/* The password in double quotes, as UTF-16 little-endian. */
static struct berval *quote_utf16(struct arena *a, const char *password)
{
	struct berval *value = arena_new(a, struct berval);
	struct strbuf t = strbuf_init(a);
	const unsigned char *c = (const unsigned char *)password;

	append_utf16_unit(&t, '"');
	while (*c)
		c = append_utf16_char(&t, c);
	append_utf16_unit(&t, '"');
	*value = (struct berval){ t.length, t.data };
	return value;
}

bool directory_ad_set_password(struct directory *d, struct arena *a,
                               const char *dn, const char *old_password,
                               const char *new_password,
                               struct password_modify_result *ret,
                               struct error *err)
{
	struct berval *old_value[] = {
		old_password ? quote_utf16(a, old_password) : NULL, NULL
	};
	struct berval *new_value[] = { quote_utf16(a, new_password), NULL };
	LDAPMod delete_old = { .mod_op = LDAP_MOD_DELETE | LDAP_MOD_BVALUES,
		               .mod_type = (char *)"unicodePwd",
		               .mod_bvalues = old_value };
	LDAPMod add_new = {
		.mod_op = (old_password ? LDAP_MOD_ADD : LDAP_MOD_REPLACE) |
		          LDAP_MOD_BVALUES,
		.mod_type = (char *)"unicodePwd",
		.mod_bvalues = new_value,
	};
	LDAPMod *mods[] = { old_password ? &delete_old : &add_new,
		            old_password ? &add_new : NULL, NULL };
	int id = 0;
	int rc = ldap_modify_ext(d->ld, dn, mods, NULL, NULL, &id);

	return finish_password_modify(d, a, rc, id, new_password, ret, err);
}
