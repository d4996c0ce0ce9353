/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of bind_outcome.c. */
#include "tests/unit/test.h"

#include "idp/ldap_auth/ldap_auth.h"
#include "lib/compiler.h"

enum { NOW = 1795305600 }; /* 2026-11-22, day 20779 */

static struct directory_entry entry(struct directory_attribute *t,
                                    struct directory_value *v, const char *name,
                                    const char *value, size_t length)
{
	*v = (struct directory_value){ (char *)value, length };
	*t = (struct directory_attribute){ name, v, 1 };
	return (struct directory_entry){ "uid=kari", t, 1 };
}

static void an_account_is_disabled_by_its_directory(void **state)
{
	static const struct {
		const char *name, *value;
		bool disabled;
	} rows[] = {
		{ "pwdAccountLockedTime", "000001010000Z", true },
		{ "pwdAccountLockedTime", "20261121120000Z", false },
		{ "nsAccountLock", "TRUE", true },
		{ "nsAccountLock", "false", false },
		{ "shadowExpire", "20779", true },
		{ "shadowExpire", "20780", false },
		{ "shadowExpire", "-1", false },
		{ "title", "TRUE", false },
		{ "hrSluttet", "TRUE", true },
		{ "hrSluttet", "1", true },
		{ "hrSluttet", "FALSE", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct directory_attribute t;
		struct directory_value v;
		struct directory_entry e = entry(
		    &t, &v, rows[i].name, rows[i].value, strlen(rows[i].value));

		if (account_is_disabled(&e, DIRECTORY_OPENLDAP, "hrSluttet",
		                        NOW) != rows[i].disabled)
			fail_msg("%s: %s", rows[i].name, rows[i].value);
	}
}

static void active_directory_disables_by_control_or_time(void **state)
{
	static const struct {
		const char *name, *value;
		bool disabled;
	} rows[] = {
		{ "userAccountControl", "512", false },
		{ "userAccountControl", "514", true },
		{ "accountExpires", "0", true }, /* without userAccountControl
		                                    it is disabled */
		{ "cn", "Kari", true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct directory_attribute t;
		struct directory_value v;
		struct directory_entry e = entry(
		    &t, &v, rows[i].name, rows[i].value, strlen(rows[i].value));

		if (account_is_disabled(&e, DIRECTORY_AD, NULL, NOW) !=
		    rows[i].disabled)
			fail_msg("%s: %s", rows[i].name, rows[i].value);
	}
}

static void an_active_directory_account_expires(void **state)
{
	struct directory_value v[] = { { (char *)"512", 3 },
		                       { (char *)"134397792000000000", 18 } };
	struct directory_attribute t[] = { { "userAccountControl", &v[0], 1 },
		                           { "accountExpires", &v[1], 1 } };
	struct directory_entry e = { "CN=Kari", t, 2 };

	(void)state;
	assert_true(account_is_disabled(&e, DIRECTORY_AD, NULL, NOW));
	assert_false(account_is_disabled(&e, DIRECTORY_AD, NULL, NOW - 1));
}

static void each_directory_type_has_its_anchor(void **state)
{
	static const struct {
		enum directory_type kind;
		const char *name, *value;
		size_t length;
		const char *anchor;
	} rows[] = {
		{ DIRECTORY_OPENLDAP, "entryUUID",
		  "7FF336CD-cde0-4410-bb8e-9f268649a0fc", 36,
		  "7ff336cd-cde0-4410-bb8e-9f268649a0fc" },
		{ DIRECTORY_389DS, "nsUniqueId",
		  "3A2B1C0D-11111111-22222222-33333333", 35,
		  "3a2b1c0d-1111-1111-2222-222233333333" },
		{ DIRECTORY_389DS, "nsUniqueId", "3a2b", 4, NULL },
		{ DIRECTORY_AD, "objectGUID",
		  "\xcd\x36\xf3\x7f\xe0\xcd\x10\x44\xbb\x8e\x9f\x26\x86\x49\xa0"
		  "\xfc",
		  16, "7ff336cd-cde0-4410-bb8e-9f268649a0fc" },
		{ DIRECTORY_AD, "objectGUID", "short", 5, NULL },
		{ DIRECTORY_AD, "entryUUID", "x", 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		struct directory_attribute t;
		struct directory_value v;
		struct directory_entry e =
		    entry(&t, &v, rows[i].name, rows[i].value, rows[i].length);
		char *got = entry_anchor(a, rows[i].kind, &e);

		if (!rows[i].anchor)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].anchor);
		arena_close(a);
	}
}

static void the_account_state_is_returned_only_with_a_checked_password(
    void **state)
{
	static const struct {
		enum directory_bind_result result;
		bool is_disabled;
		const char *outcome, *aside;
	} rows[] = {
		{ BIND_OK, false, "proved", NULL },
		{ BIND_OK, true, "disabled", NULL },
		{ BIND_MUST_CHANGE, false, "must-change", NULL },
		{ BIND_MUST_CHANGE, true, "disabled", NULL },
		{ BIND_EXPIRED, false, "expired", NULL },
		{ BIND_EXPIRED, true, "expired", NULL },
		{ BIND_DISABLED, false, "disabled", NULL },
		{ BIND_LOCKED, false, "wrong", "locked" },
		{ BIND_LOCKED, true, "wrong", "disabled" },
		{ BIND_FAILED, false, "wrong", NULL },
		{ BIND_FAILED, true, "wrong", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct bind_outcome result =
		    bind_outcome_map(rows[i].result, rows[i].is_disabled);

		assert_int_equal(result.result,
		                 password_result_from_name(rows[i].outcome));
		assert_int_equal(result.audit_detail,
		                 password_detail_from_name(rows[i].aside));
	}
}

static void norwegian_letters_match_in_either_case(void **state)
{
	static const char name[] = "\u00d8stby";
	struct arena *a = arena_open();
	struct directory_attribute t;
	struct directory_value v;
	struct directory_entry e = entry(&t, &v, "uid", name, strlen(name));

	(void)state;
	assert_true(account_has_login(a, &e, "uid", "\u00f8stby"));
	assert_true(account_has_login(a, &e, "uid", "\u00d8STBY@x.example"));
	assert_false(account_has_login(a, &e, "uid", "ostby"));
	arena_close(a);
}

static void a_login_matches_only_the_stored_spelling(void **state)
{
	static const struct {
		const char *login;
		bool is_called;
	} rows[] = {
		{ "ole.nord", true },
		{ "OLE.Nord", true },
		{ "ole.nord@notodden.example", true },
		{ "Ole.Nord@NOTODDEN.example", true },
		{ "ole.nordby", false },
		{ "\uff4fle.nord", false },
		{ "\u00f3le.nord", false },
		{ "ole.nord ", false },
		/* An invisible character is no difference. */
		{ "o\u00adle.nord@notodden.example", true },
		{ "ole.nord\u200b", true },
		{ "ole.nord\u00a0", false },
		{ "@notodden.example", false },
		{ "", false },
	};
	struct arena *a = arena_open();
	struct directory_attribute t;
	struct directory_value v;
	struct directory_entry e = entry(&t, &v, "uid", "Ole.Nord", 8);

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (account_has_login(a, &e, "UID", rows[i].login) !=
		    rows[i].is_called)
			fail_msg("%s", rows[i].login);
	assert_false(account_has_login(a, &e, "cn", "ole.nord"));
	arena_close(a);
}

TESTS(an_account_is_disabled_by_its_directory,
      active_directory_disables_by_control_or_time,
      an_active_directory_account_expires, each_directory_type_has_its_anchor,
      the_account_state_is_returned_only_with_a_checked_password,
      norwegian_letters_match_in_either_case,
      a_login_matches_only_the_stored_spelling)
