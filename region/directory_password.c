/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_password_modify.c: changes a password, by RFC 3062 or unicodePwd,
 * and maps the server's reason to one of the policy names that have a message
 * for the user. */
#include <string.h>

#include "lib/text.h"
#include "region/directory_ldap.h"

enum { TEXT_MOST = 200 };

/* draft-behera-ldap-password-policy 6.2. */
static const struct {
	LDAPPasswordPolicyError error;
	const char *policy;
} by_control[] = {
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
} by_text[] = {
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
	enum password_result result;
	const char *policy;
} by_code[] = {
	{ LDAP_SUCCESS, PASSWORD_SET, NULL },
	{ LDAP_INVALID_CREDENTIALS, PASSWORD_WRONG, NULL },
	{ LDAP_CONSTRAINT_VIOLATION, PASSWORD_REFUSED, NULL },
	{ LDAP_UNWILLING_TO_PERFORM, PASSWORD_REFUSED, NULL },
	{ LDAP_INSUFFICIENT_ACCESS, PASSWORD_REFUSED, "not-allowed" },
	{ LDAP_STRONG_AUTH_REQUIRED, PASSWORD_REFUSED, "not-allowed" },
	{ LDAP_NO_SUCH_ATTRIBUTE, PASSWORD_WRONG, NULL },
};

/* ERROR_INVALID_PASSWORD: the old password is wrong. */
static const char old_was_wrong[] = "00000056";

static const char *policy_in(struct directory *d, LDAPControl **controls)
{
	LDAPControl *c =
	    controls ? ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE,
	                                 controls, NULL)
		     : NULL;
	LDAPPasswordPolicyError error = PP_noError;

	if (!c || ldap_parse_passwordpolicy_control(d->ld, c, NULL, NULL,
	                                            &error) != LDAP_SUCCESS)
		return NULL;
	for (size_t i = 0; i < LENGTH(by_control); i++)
		if (by_control[i].error == error)
			return by_control[i].policy;
	return NULL;
}

static const char *policy_of(const char *text)
{
	for (size_t i = 0; text && i < LENGTH(by_text); i++)
		if (strstr(text, by_text[i].text))
			return by_text[i].policy;
	return NULL;
}

/* Returns the diagnosticMessage, unless it contains the password; 389-DS ends
 * it with a newline. */
static char *words_of(struct arena *a, const char *text, const char *fresh)
{
	size_t length = text ? strlen(text) : 0;

	while (length > 0 && strchr("\r\n ", text[length - 1]))
		length--;
	if (length == 0 || length > TEXT_MOST || !text_is_utf8(text, length) ||
	    strstr(text, fresh))
		return NULL;
	return arena_bytes(a, text, length);
}

/* Reads the response to the request id, which was sent with return code rc. */
static bool changed(struct directory *d, struct arena *a, int rc, int id,
                    const char *fresh, struct password_said *ret,
                    struct fault *why)
{
	own(release_controls) LDAPControl **controls = NULL;
	own(release_ldap_text) char *text = NULL;
	int code = LDAP_OTHER;
	size_t i = 0;

	if (rc != LDAP_SUCCESS)
		return ldap_fault(why, "new password", rc, NULL);
	if (!wait_result(d, id, "new password", &code, &text, &controls, why))
		return false;
	while (i < LENGTH(by_code) && by_code[i].code != code)
		i++;
	if (i == LENGTH(by_code))
		return ldap_fault(why, "new password", code, NULL);
	*ret = (struct password_said){ .result = by_code[i].result };
	if (ret->result != PASSWORD_REFUSED)
		return true;
	if (text && strstr(text, old_was_wrong)) {
		ret->result = PASSWORD_WRONG;
		return true;
	}
	ret->policy = policy_in(d, controls);
	if (!ret->policy)
		ret->policy = policy_of(text);
	if (!ret->policy)
		ret->policy = by_code[i].policy;
	ret->text = words_of(a, text, fresh);
	return true;
}

bool directory_set_password(struct directory *d, struct arena *a,
                            const char *dn, const char *old, const char *fresh,
                            struct password_said *ret, struct fault *why)
{
	LDAPControl policy = { .ldctl_oid =
		                   (char *)LDAP_CONTROL_PASSWORDPOLICYREQUEST };
	LDAPControl *controls[] = { &policy, NULL };
	struct berval whose = { strlen(dn), (char *)dn };
	struct berval was = { old ? strlen(old) : 0, (char *)old };
	struct berval is = { strlen(fresh), (char *)fresh };
	int id = 0;
	int rc = ldap_passwd(d->ld, &whose, old ? &was : NULL, &is, controls,
	                     NULL, &id);

	return changed(d, a, rc, id, fresh, ret, why);
}

/* ---- Active Directory: unicodePwd (MS-ADTS 3.1.1.3.1.5) */

static void add_unit(struct text *t, unsigned unit)
{
	const unsigned char bytes[] = { (unsigned char)(unit & 0xff),
		                        (unsigned char)(unit >> 8) };

	text_add_bytes(t, bytes, sizeof(bytes));
}

/* Appends one character of well-formed UTF-8 as UTF-16; returns the start of
 * the next one. */
static const unsigned char *add_letter(struct text *t, const unsigned char *c)
{
	static const unsigned char masks[] = { 0x7f, 0x1f, 0x0f, 0x07 };
	size_t more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc0 ? 1 : 0;
	unsigned letter = *c++ & masks[more];

	for (; more > 0; more--)
		letter = letter << 6 | (*c++ & 0x3f);
	if (letter > 0xffff) {
		add_unit(t, 0xd800 + ((letter - 0x10000) >> 10));
		letter = 0xdc00 + (letter & 0x3ff);
	}
	add_unit(t, letter);
	return c;
}

/* The password in double quotes, as UTF-16 little-endian. */
static struct berval *quoted(struct arena *a, const char *password)
{
	struct berval *value = arena_new(a, struct berval);
	struct text t = text_in(a);
	const unsigned char *c = (const unsigned char *)password;

	add_unit(&t, '"');
	while (*c)
		c = add_letter(&t, c);
	add_unit(&t, '"');
	*value = (struct berval){ t.length, t.at };
	return value;
}

bool directory_set_ad_password(struct directory *d, struct arena *a,
                               const char *dn, const char *old,
                               const char *fresh, struct password_said *ret,
                               struct fault *why)
{
	struct berval *was[] = { old ? quoted(a, old) : NULL, NULL };
	struct berval *is[] = { quoted(a, fresh), NULL };
	LDAPMod take = { .mod_op = LDAP_MOD_DELETE | LDAP_MOD_BVALUES,
		         .mod_type = (char *)"unicodePwd",
		         .mod_bvalues = was };
	LDAPMod give = {
		.mod_op =
		    (old ? LDAP_MOD_ADD : LDAP_MOD_REPLACE) | LDAP_MOD_BVALUES,
		.mod_type = (char *)"unicodePwd",
		.mod_bvalues = is,
	};
	LDAPMod *mods[] = { old ? &take : &give, old ? &give : NULL, NULL };
	int id = 0;
	int rc = ldap_modify_ext(d->ld, dn, mods, NULL, NULL, &id);

	return changed(d, a, rc, id, fresh, ret, why);
}
