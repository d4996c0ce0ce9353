/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of dn.c: pairs of spellings, and ten thousand random DNs, each in
 * two spellings, against libldap. */
#include <ctype.h>
#include <ldap.h>

#include "lib/compiler.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "region/ldap/dn.h"
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

/* libldap's form of the DN, with its types in lower case as dn_pretty() has
 * them. */
static char *libldap_form(struct arena *a, const char *dn)
{
	LDAPDN parts = NULL;
	char *text = NULL, *copy;

	assert_int_equal(ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3), 0);
	for (size_t r = 0; parts[r]; r++)
		for (size_t v = 0; parts[r][v]; v++) {
			struct berval *type = &parts[r][v]->la_attr;

			for (size_t i = 0; i < type->bv_len; i++)
				type->bv_val[i] =
				    (char)tolower(type->bv_val[i]);
		}
	assert_int_equal(
	    ldap_dn2str(parts, &text, LDAP_DN_FORMAT_LDAPV3 | LDAP_DN_PRETTY),
	    0);
	copy = arena_strdup(a, text);
	ldap_memfree(text);
	ldap_dnfree(parts);
	return copy;
}

static void the_pretty_form_is_that_of_libldap(void **state)
{
	(void)state;
	for (int i = 0; i < NAMES; i++) {
		struct arena *a = arena_open();
		struct strbuf one = strbuf_init(a);
		struct strbuf other = strbuf_init(a);
		size_t depth = 0;

		random_pair(a, &one, &other, &depth);
		assert_string_equal(dn_pretty(a, one.data),
		                    libldap_form(a, one.data));
		arena_close(a);
	}
}

static const struct {
	const char *one, *other;
	bool equal;
} pairs[] = {
	{ "ou=\xc3\x98stre", "ou=\xc3\xb8stre", true },
	{ "cn=a\\2Cb", "cn=a\\,b", true },
	{ "cn=\\C3\\98", "cn=\xc3\x98", true },
	{ "cn=a\\\\,ou=x", "cn=a\\5C,ou=x", true },
	{ "OU = A , dc=x", "ou=a,dc=x", true },
	{ "uid=1+cn=a,dc=x", "CN=A+UID=1,dc=x", true },
	{ "cn=a  b", "cn=A B", true },
	{ "cn=a\xcc\x8as", "cn=\xc3\x85S", true },
	{ "cn=#0401A5", "cn=#0401a5", true },
	{ "1.2.3=x", "1.2.3=X", true },
	{ "ou=o", "ou=\xc3\xb8", false },
	{ "ou=\xc3\xa5", "ou=\xc3\xa4", false },
	{ "ou=a,ou=b", "ou=b,ou=a", false },
	{ "cn=a\\00b", "cn=a\\00c", false },
	{ "cn=a\\00", "cn=a", false },
	{ "cn=", "cn=\\20", false },
	{ "cn=#04", "cn=\\04", false },
	{ "cn=a\\,dc=x", "cn=a,dc=x", false },
};

static void equal_dns_have_one_normal_form(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		const char *one = dn_normalize(a, pairs[i].one);
		const char *other = dn_normalize(a, pairs[i].other);

		if (text_equal(one, other) != pairs[i].equal)
			fail_msg("%s is %s, %s is %s", pairs[i].one, one,
			         pairs[i].other, other);
		assert_string_equal(dn_normalize(a, one), one);
	}
	arena_close(a);
}

static const struct {
	const char *inner, *outer;
	bool within;
} ancestors[] = {
	{ "ou=a", NULL, true },
	{ NULL, "ou=a", false },
	{ NULL, NULL, true },
	{ "ou=b,ou=a", "OU = A", true },
	{ "ou=a", "ou=b,ou=a", false },
	{ "ou=ba", "ou=a", false },
	{ "cn=x\\,ou=a", "ou=a", false },
	{ "cn=x\\\\,ou=a", "ou=a", true },
	{ "ou=1A,ou=\xc3\x98stre skole", "ou=\xc3\xb8stre skole", true },
	{ "cn=a\\2Cou=b", "ou=b", false },
	{ "uid=k,cn=Berg\\, Kari", "cn=berg\\2C kari", true },
};

static void a_dn_is_within_its_ancestors(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ancestors); i++)
		if (dn_is_within(ancestors[i].inner, ancestors[i].outer) !=
		    ancestors[i].within)
			fail_msg("row %zu: %s", i, ancestors[i].inner);
}

static void other_strings_than_dns_are_lower_cased(void **state)
{
	static const char *const texts[] = { "No Name", "=x",      "cn",
		                             "cn=a\\",  "cn=a\"b", "cn=a;b",
		                             "cn=#",    "cn=#0",   "cn=a,",
		                             "cn=a\\x", "c n=a" };
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++)
		assert_string_equal(dn_normalize(a, texts[i]),
		                    name_fold_case(a, texts[i]));
	arena_close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_spellings_of_a_dn_normalise_alike),
		cmocka_unit_test(a_child_path_sorts_below_its_parent),
		cmocka_unit_test(the_pretty_form_is_that_of_libldap),
		cmocka_unit_test(equal_dns_have_one_normal_form),
		cmocka_unit_test(a_dn_is_within_its_ancestors),
		cmocka_unit_test(other_strings_than_dns_are_lower_cased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
