/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Reading entries from LDIF. */
#include "tests/unit/test.h"

#include "lib/strbuf.h"
#include "region/ldap/ldif.h"

static void entries_are_read(void **state)
{
	static const char text[] = "version: 1\n"
				   "# an example\n"
				   "#  with a long\n"
				   " comment\n"
				   "dn: uid=kari,ou=ansatte,\n"
				   " dc=tinn\n"
				   "objectClass: person\r\n"
				   "sn:: w4VzIA==\n"
				   "mail: a@tinn.example\n"
				   "MAIL:b@tinn.example\n"
				   "description:\n"
				   "\n"
				   "\n"
				   "dn:: dWlkPW9sYQ==\n"
				   "sn: Ås";
	struct arena *a = arena_open();
	struct directory_entry *e = NULL;
	struct error err = { 0 };
	size_t count = 0;

	(void)state;
	if (!ldif_parse(a, text, strlen(text), &e, &count, &err))
		fail_msg("%s", err.text);
	assert_int_equal(count, 2);
	assert_string_equal(e[0].dn, "uid=kari,ou=ansatte,dc=tinn");
	assert_string_equal(directory_entry_text(&e[0], "objectclass"),
	                    "person");
	assert_string_equal(directory_entry_text(&e[0], "sn"), "Ås ");
	assert_int_equal(directory_entry_attribute(&e[0], "mail")->count, 2);
	assert_string_equal(directory_entry_text(&e[0], "description"), "");
	assert_string_equal(e[1].dn, "uid=ola");
	assert_string_equal(directory_entry_text(&e[1], "sn"), "Ås");
	assert_int_equal(e[1].count, 1);
	arena_close(a);
}

static void what_is_no_entry_is_an_error_with_its_line(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "dn: uid=a\nsn Rjukan\n",
		  "line 2: expected \"ATTRIBUTE: VALUE\"" },
		{ "dn: uid=a\n: x\n", "line 2: expected \"ATTRIBUTE: VALUE\"" },
		{ "sn: Rjukan\n", "line 1: an entry begins with \"dn:\"" },
		{ "dn: uid=a\nsn: b\ndn: uid=b\n",
		  "line 3: an entry has two DNs" },
		{ "dn: uid=a\nchangetype: add\nsn: b\n",
		  "line 2: a change is no entry" },
		{ "dn: uid=a\njpegPhoto:< file:///etc/passwd\n",
		  "line 2: a value by URL is not read" },
		{ "dn: uid=a\nsn:: w4%%\n",
		  "line 2: the base64 value is malformed" },
		{ "dn: uid=a\ncn: a\n b\n c\nsn:: =\n",
		  "line 5: the base64 value is malformed" },
		{ "dn:: AGE=\n", "line 1: the DN contains a NUL" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		struct directory_entry *e = NULL;
		struct error err = { 0 };
		size_t count = 0;

		if (ldif_parse(a, rows[i].text, strlen(rows[i].text), &e,
		               &count, &err) ||
		    !text_equal(err.text, rows[i].error))
			fail_msg("row %zu: %s", i, err.text);
		arena_close(a);
	}
}

static void a_text_without_entries_is_empty(void **state)
{
	static const char *const texts[] = { "", "\n\n", "# a\n", "version: 1",
		                             "version: 1\n\n# b" };

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct arena *a = arena_open();
		struct directory_entry *e = NULL;
		struct error err = { 0 };
		size_t count = 9;

		assert_true(ldif_parse(a, texts[i], strlen(texts[i]), &e,
		                       &count, &err));
		assert_int_equal(count, 0);
		arena_close(a);
	}
}

TESTS(entries_are_read, what_is_no_entry_is_an_error_with_its_line,
      a_text_without_entries_is_empty)
