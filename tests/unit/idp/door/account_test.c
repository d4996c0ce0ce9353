/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/door/door.h"
#include "lib/attr.h"

enum { NOW = 1795305600 }; /* 2026-11-22, day 20779 */

static struct directory_entry entry(struct directory_attribute *t,
                                    struct directory_value *v, const char *name,
                                    const char *value, size_t length)
{
	*v = (struct directory_value){ (char *)value, length };
	*t = (struct directory_attribute){ name, v, 1 };
	return (struct directory_entry){ "uid=kari", t, 1 };
}

static void an_account_is_switched_off_by_whom_it_belongs_to(void **state)
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
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct directory_attribute t;
		struct directory_value v;
		struct directory_entry e = entry(
		    &t, &v, rows[i].name, rows[i].value, strlen(rows[i].value));

		if (account_is_disabled(&e, NOW) != rows[i].disabled)
			fail_msg("%s: %s", rows[i].name, rows[i].value);
	}
}

static void each_kind_of_directory_has_its_anchor(void **state)
{
	static const struct {
		enum directory_kind kind;
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
		char *got = anchor_of(a, rows[i].kind, &e);

		if (!rows[i].anchor)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].anchor);
		arena_close(a);
	}
}

TESTS(an_account_is_switched_off_by_whom_it_belongs_to,
      each_kind_of_directory_has_its_anchor)
