/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of directory_dn.c: ten thousand random DNs, each in two spellings,
 * against libldap. */
#include <ldap.h>

#include "lib/text.h"
#include "region/directory.h"
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
static void add_spelled_byte(struct text *t, unsigned char c, bool edge)
{
	bool special = strchr(",+\"\\<>;=", c) != NULL || c < ' ' ||
	               (edge && (c == ' ' || c == '#'));
	uint32_t how = random_below(3);

	if (how == 0 || c < ' ')
		text_addf(t, "\\%02X", c);
	else if (special)
		text_addf(t, "\\%c", c);
	else
		text_add_bytes(t, &c, 1);
}

static char *random_value(struct arena *a)
{
	struct text value = text_in(a);
	uint32_t length = 1 + random_below(MOST_VALUE);

	while (length-- > 0)
		text_add(&value, pieces[random_below(LENGTH(pieces))]);
	return value.at;
}

static void add_value(struct text *t, const char *value)
{
	size_t length = strlen(value);

	for (size_t i = 0; i < length; i++)
		add_spelled_byte(t, (unsigned char)value[i],
		                 i == 0 || i + 1 == length);
}

/* The same DN in two spellings.  Without a space before a comma: libldap takes
 * it for part of a value that ends in a backslash. */
static void random_pair(struct arena *a, struct text *one, struct text *other,
                        size_t *ret_depth)
{
	size_t depth = 1 + random_below(MOST_DEPTH);

	for (size_t i = 0; i < depth; i++) {
		char *value = random_value(a);
		const char *between = i == 0 ? "" : ",";
		const char *loose = i == 0 ? "" : ", ";
		bool two = random_below(6) == 0;

		text_addf(one, "%s%scn=", between, two ? "uid=1+" : "");
		text_addf(other, "%s%sCN = ", loose, two ? "UID=1 + " : "");
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
		struct text one = text_in(a);
		struct text other = text_in(a);
		size_t depth = 0;

		random_pair(a, &one, &other, &depth);
		assert_int_equal(depth_of(one.at), depth);
		char *normal = dn_normal(a, one.at);
		assert_string_equal(normal, dn_normal(a, other.at));
		assert_string_equal(normal, dn_normal(a, normal));
		assert_int_equal(depth_of(normal), depth);
		assert_int_equal(dn_depth(normal), depth);
		assert_int_equal(dn_depth(one.at), depth);
		arena_close(a);
	}
}

static void a_child_path_sorts_below_its_parent(void **state)
{
	(void)state;
	for (int i = 0; i < NAMES; i++) {
		struct arena *a = arena_open();
		struct text one = text_in(a);
		struct text other = text_in(a);
		size_t depth = 0;

		random_pair(a, &one, &other, &depth);
		char *above = dn_normal(a, one.at);
		char *below = arena_print(a, "uid=x,%s", above);
		char *path = dn_path(a, above);
		char *inner = dn_path(a, below);
		assert_true(strcmp(inner, path) > 0);
		assert_true(strcmp(inner, dn_path_end(a, path)) < 0);
		assert_true(dn_is_under(below, above));
		assert_string_equal(dn_head(a, below, 1), "uid=x");
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
