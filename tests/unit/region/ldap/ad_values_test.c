/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ad_values.c: Active Directory attribute values. */
#include "tests/unit/test.h"

#include <string.h>

#include "lib/compiler.h"
#include "lib/strbuf.h"
#include "region/ldap/ad_values.h"

/* An entry with one attribute. */
struct one {
	struct directory_value v;
	struct directory_attribute t;
	struct directory_entry e;
};

static const struct directory_entry *entry(struct one *o, const char *name,
                                           const char *bytes, size_t length)
{
	o->v = (struct directory_value){ (char *)bytes, length };
	o->t = (struct directory_attribute){ name, &o->v, 1 };
	o->e = (struct directory_entry){ "CN=Kari", &o->t, 1 };
	return &o->e;
}

static void a_guid_has_three_little_endian_fields(void **state)
{
	static const char bytes[] = "\xcd\x36\xf3\x7f\xe0\xcd\x10\x44"
				    "\xbb\x8e\x9f\x26\x86\x49\xa0\xfc";
	struct arena *a = arena_open();
	struct one o;

	(void)state;
	assert_string_equal(
	    ad_entry_guid(a, entry(&o, "objectGUID", bytes, 16), "objectguid"),
	    "7ff336cd-cde0-4410-bb8e-9f268649a0fc");
	assert_null(
	    ad_entry_guid(a, entry(&o, "objectGUID", bytes, 15), "objectGUID"));
	assert_null(
	    ad_entry_guid(a, entry(&o, "objectSid", bytes, 16), "objectGUID"));
	arena_close(a);
}

static void an_account_is_classified_by_user_account_control(void **state)
{
	static const struct {
		const char *control;
		bool disabled, machine;
	} rows[] = {
		{ "512", false, false },     /* an enabled account */
		{ "514", true, false },      /* ... disabled */
		{ "544", false, false },     /* ... without a required password
		                              */
		{ "546", true, false },      /* ... disabled */
		{ "66048", false, false },   /* ... whose password never expires
		                              */
		{ "8389120", false, false }, /* ... with an expired password */
		{ "528", false, false },     /* ... locked temporarily */
		{ "4096", false, true },     /* a workstation */
		{ "532480", false, true },   /* a domain controller */
		{ "2048", false, true },     /* a trust between domains */
		{ "", true, false },         { "-1", true, false },
		{ "0x200", true, false },    { "99999999999", true, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct one o;
		const struct directory_entry *e =
		    entry(&o, "userAccountControl", rows[i].control,
		          strlen(rows[i].control));

		if (ad_is_disabled(e) != rows[i].disabled ||
		    ad_is_machine(e) != rows[i].machine)
			fail_msg("%s", rows[i].control);
	}
}

static void an_account_without_readable_control_is_disabled(void **state)
{
	struct one o;
	const struct directory_entry *e = entry(&o, "cn", "Kari", 4);

	(void)state;
	assert_true(ad_is_disabled(e));
	assert_false(ad_is_machine(e));
}

static void account_expires_is_a_filetime(void **state)
{
	static const struct {
		const char *text;
		bool ends;
		int64_t when;
	} rows[] = {
		{ "0", false, 0 },
		{ "9223372036854775807", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "116444736000000000", true, 0 },
		{ "134397792000000000", true, 1795305600 }, /* 2026-11-22 */
		{ "134397792009999999", true, 1795305600 },
		{ "1", true, -11644473600 }, /* a past time has expired */
		{ "2650467743999999999", true, 253402300799 },
		{ "2650467744000000000", false, 0 }, /* the year 10000 */
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct one o;
		int64_t when = 0;
		bool ends =
		    ad_account_expires(entry(&o, "accountExpires", rows[i].text,
		                             strlen(rows[i].text)),
		                       &when);

		if (ends != rows[i].ends || when != rows[i].when)
			fail_msg("%s: %lld", rows[i].text, (long long)when);
	}
}

static void a_ranged_attribute_gives_the_next_start(void **state)
{
	static const struct {
		const char *name, *is;
		long long from, next;
	} rows[] = {
		{ "member;range=0-1499", "member", 0, 1500 },
		{ "member;range=1500-*", "member", 1500, 0 },
		{ "member;Range=3000-4499", "member", 3000, 4500 },
		{ "member;range=0-0", "member", 0, 1 },
		{ "member", NULL, 0, 0 },
		{ "member;binary", NULL, 0, 0 },
		{ "member;range=", NULL, 0, 0 },
		{ "member;range=5", NULL, 0, 0 },
		{ "member;range=5-", NULL, 0, 0 },
		{ "member;range=5-4", NULL, 0, 0 },
		{ "member;range=*-5", NULL, 0, 0 },
		{ "member;range=-1-5", NULL, 0, 0 },
		{ "member;range=0-99999999999", NULL, 0, 0 },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct ad_range r = { 0 };

		if (ad_parse_range(a, rows[i].name, &r) !=
		        (rows[i].is != NULL) ||
		    (rows[i].is && strcmp(r.name, rows[i].is) != 0) ||
		    r.from != rows[i].from || r.next != rows[i].next)
			fail_msg("%s", rows[i].name);
	}
	arena_close(a);
}

/* ---- SIDs */

#define DOMAIN_SID                                                     \
	"\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00" \
	"\x00\xff\xff\xff\xff\x00\x00\x00\x80"
#define KARI_SID DOMAIN_SID "\x50\x04\x00\x00"

static void a_sid_is_read_when_its_length_agrees(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *text;
	} rows[] = {
		{ KARI_SID, 28, "S-1-5-21-1-4294967295-2147483648-1104" },
		{ "\x01\x02\0\0\0\0\0\x05\x20\0\0\0\x20\x02\0\0", 16,
		  "S-1-5-32-544" },
		{ "\x01\x01\0\0\0\0\0\x01\0\0\0\0", 12, "S-1-1-0" },
		{ "\x01\x00\0\0\0\0\0\x05", 8, "S-1-5" },
		{ "\x01\x01\0\x01\0\0\0\0\x07\0\0\0", 12,
		  "S-1-0x000100000000-7" },
		/* another revision; one subauthority missing, or too many */
		{ "\x02\x01\0\0\0\0\0\x01\0\0\0\0", 12, NULL },
		{ "\x01\x02\0\0\0\0\0\x01\0\0\0\0", 12, NULL },
		{ "\x01\x00\0\0\0\0\0\x01\0\0\0\0", 12, NULL },
		{ "\x01\xff\0\0\0\0\0\x01\0\0\0\0", 12, NULL },
		{ "S-1-5-21-1-2-3-513", 18, NULL },
		{ "", 0, NULL },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct directory_value v = { (char *)rows[i].bytes,
			                           rows[i].length };
		const char *text = ad_format_sid(a, &v);

		if (!text_equal(text, rows[i].text))
			fail_msg("row %zu: %s", i, text);
	}
	arena_close(a);
}

/* Each value is in a buffer of exactly its length, for the sanitizer. */
static void a_sid_of_any_other_length_is_none(void **state)
{
	enum { LONGEST = 90 };
	struct arena *a = arena_open();

	(void)state;
	for (size_t length = 0; length < LONGEST; length++)
		for (unsigned count = 0; count < 256; count += 5) {
			char *bytes = calloc(1, length + 1);
			char *exact = malloc(length > 0 ? length : 1);

			assert_non_null(bytes);
			assert_non_null(exact);
			bytes[0] = 1;
			if (length > 1)
				bytes[1] = (char)count;
			memcpy(exact, bytes, length);
			const struct directory_value v = { exact, length };
			bool good = count <= 15 && length == 8 + 4 * count;
			assert_int_equal(ad_format_sid(a, &v) != NULL, good);
			free(bytes);
			free(exact);
		}
	arena_close(a);
}

static void the_primary_group_is_in_the_domain_of_the_account(void **state)
{
	static const struct {
		const char *rid;
		size_t length; /* of objectSid */
		const char *sid;
	} rows[] = {
		{ "513", 28, "S-1-5-21-1-4294967295-2147483648-513" },
		{ "4294967295", 28,
		  "S-1-5-21-1-4294967295-2147483648-4294967295" },
		{ "1", 28, "S-1-5-21-1-4294967295-2147483648-1" },
		{ "0", 28, NULL },
		{ "-513", 28, NULL },
		{ "4294967296", 28, NULL },
		{ "513 ", 28, NULL },
		{ "", 28, NULL },
		{ NULL, 28, NULL },
		{ "513", 27, NULL },
		{ "513", 24, NULL },
		{ "513", 0, NULL },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *rid = rows[i].rid ? rows[i].rid : "";
		struct directory_value v[] = {
			{ (char *)KARI_SID, rows[i].length },
			{ (char *)rid, strlen(rid) },
		};
		struct directory_attribute t[] = {
			{ "objectSid", &v[0], 1 },
			{ "primaryGroupID", &v[1], 1 },
		};
		const struct directory_entry e = { "CN=Kari", t,
			                           rows[i].rid ? 2 : 1 };

		if (!text_equal(ad_primary_group_sid(a, &e), rows[i].sid))
			fail_msg("row %zu", i);
	}
	arena_close(a);
}

TESTS(a_guid_has_three_little_endian_fields,
      an_account_is_classified_by_user_account_control,
      an_account_without_readable_control_is_disabled,
      account_expires_is_a_filetime, a_ranged_attribute_gives_the_next_start,
      a_sid_is_read_when_its_length_agrees, a_sid_of_any_other_length_is_none,
      the_primary_group_is_in_the_domain_of_the_account)
