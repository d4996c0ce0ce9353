/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of directory_dn.c: ten thousand random DNs, each in two spellings,
 * against libldap. */
#include <ldap.h>

#include "lib/strbuf.h"
#include "region/ldap/directory.h"
#include "tests/unit/test.h"

enum { NAMES = 10000, MOST_DEPTH = 4, MOST_VALUE = 12 };

/* Parts of DNs: what RFC 4514 escapes, multi-byte characters, and letters with
 * case. */
static const char *const pieces[] = {
	",",  "+", "\"",       "#",        "\\",
	"<",  ">", ";",        "=",        " ",
	"a",  "B", "7",        "\n",       "-",
	"\'", "_", "\xc3\xa5", "\xc3\x98", "\xe1\xbb\x87",
};

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t of)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % of;
}

/* Adds one byte of a value: unescaped if allowed, escaped, or as two hex
 * digits. */
static void add_spelled_byte(struct strbuf *t, unsigned char c, bool edge)
{
	bool special = strchr(",+\"\\<>;=", c) != NULL || c < ' ' ||
	               (edge && (c == ' ' || c == '#'));
	uint32_t how = random_below(3);

	if (how == 0 || c < ' ')
		strbuf_appendf(t, "\\%02X", c);
	else if (special)
		strbuf_appendf(t, "\\%c", c);
	else
		strbuf_append_bytes(t, &c, 1);
}

static char *random_value(struct arena *a)
{
	struct strbuf value = strbuf_init(a);
	uint32_t length = 1 + random_below(MOST_VALUE);

	while (length-- > 0)
		strbuf_append(&value, pieces[random_below(LENGTH(pieces))]);
	return value.data;
}

static void add_value(struct strbuf *t, const char *value)
{
	size_t length = strlen(value);

	for (size_t i = 0; i < length; i++)
		add_spelled_byte(t, (unsigned char)value[i],
		                 i == 0 || i + 1 == length);
}

/* The same DN in two spellings.  Without a space before a comma: libldap takes
 * it for part of a value that ends in a backslash. */
static void random_pair(struct arena *a, struct strbuf *one,
                        struct strbuf *other, size_t *ret_depth)
{
	size_t depth = 1 + random_below(MOST_DEPTH);

	for (size_t i = 0; i < depth; i++) {
		char *value = random_value(a);
		const char *between = i == 0 ? "" : ",";
		const char *loose = i == 0 ? "" : ", ";
		bool two = random_below(6) == 0;

		strbuf_appendf(one, "%s%scn=", between, two ? "uid=1+" : "");
		strbuf_appendf(other, "%s%sCN = ", loose,
		               two ? "UID=1 + " : "");
		add_value(one, value);
		add_value(other, value);
	}
	*ret_depth = depth;
}

static size_t depth_of(const char *dn)
{
	LDAPDN parts = NULL;
	size_t depth = 0;

	if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
		return 0;
	while (parts && parts[depth])
		depth++;
	ldap_dnfree(parts);
	return depth;
}

static void two_spellings_of_a_dn_normalise_alike(void **state)
{
	(void)state;
	for (int i = 0; i < NAMES; i++) {
		struct arena *a = arena_open();
		struct strbuf one = strbuf_init(a);
		struct strbuf other = strbuf_init(a);
		size_t depth = 0;

		random_pair(a, &one, &other, &depth);
		assert_int_equal(depth_of(one.data), depth);
		char *normal = dn_normalize(a, one.data);
		assert_string_equal(normal, dn_normalize(a, other.data));
		assert_string_equal(normal, dn_normalize(a, normal));
		assert_int_equal(depth_of(normal), depth);
		assert_int_equal(dn_rdn_count(normal), depth);
		assert_int_equal(dn_rdn_count(one.data), depth);
		arena_close(a);
	}
}

static void a_child_path_sorts_below_its_parent(void **state)
{
	(void)state;
	for (int i = 0; i < NAMES; i++) {
		struct arena *a = arena_open();
		struct strbuf one = strbuf_init(a);
		struct strbuf other = strbuf_init(a);
		size_t depth = 0;

		random_pair(a, &one, &other, &depth);
		char *above = dn_normalize(a, one.data);
		char *below = arena_printf(a, "uid=x,%s", above);
		char *path = dn_path(a, above);
		char *inner = dn_path(a, below);
		assert_true(strcmp(inner, path) > 0);
		assert_true(strcmp(inner, dn_path_end(a, path)) < 0);
		assert_true(dn_is_under(below, above));
		assert_string_equal(dn_first_rdns(a, below, 1), "uid=x");
		arena_close(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_spellings_of_a_dn_normalise_alike),
		cmocka_unit_test(a_child_path_sorts_below_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
