/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn_fuzz.c: two arbitrary lines as distinguished names (RFC 4514).
 * Normalisation is idempotent, and a DN reported below a base ends in the base
 * by libldap's own parsing of both. */
#include "tests/fuzz/fuzz.h"

#include <ldap.h>

#include "region/ldap/dn.h"

static size_t count(LDAPDN dn)
{
	size_t n = 0;

	while (dn && dn[n])
		n++;
	return n;
}

static bool same_value(const struct berval *x, const struct berval *y)
{
	return x->bv_len == y->bv_len &&
	       (x->bv_len == 0 || memcmp(x->bv_val, y->bv_val, x->bv_len) == 0);
}

static bool same_ava(const LDAPAVA *x, const LDAPAVA *y)
{
	return same_value(&x->la_attr, &y->la_attr) &&
	       same_value(&x->la_value, &y->la_value);
}

static bool same_rdn(LDAPRDN x, LDAPRDN y)
{
	for (; *x && *y; x++, y++)
		if (!same_ava(*x, *y))
			return false;
	return !*x && !*y;
}

static bool cut(const char *dn, LDAPDN *ret)
{
	*ret = NULL;
	return ldap_str2dn(dn, ret, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS;
}

/* The RDNs of base are the last of inner. */
static void is_tail(LDAPDN inner, LDAPDN base)
{
	size_t n = count(inner), m = count(base);

	assert(m <= n);
	for (size_t i = 0; i < m; i++)
		assert(same_rdn(inner[n - m + i], base[i]));
}

static bool is_name(const char *dn)
{
	LDAPDN parts;
	bool good = cut(dn, &parts);

	ldap_dnfree(parts);
	return good;
}

static void under(const char *dn, const char *below)
{
	LDAPDN inner, base;

	assert(cut(dn, &inner) && cut(below, &base));
	is_tail(inner, base);
	ldap_dnfree(inner);
	ldap_dnfree(base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	size_t length;
	char *x = fuzz_line(a, &data, &size, &length);
	char *y = fuzz_string(a, data, size);

	if (is_name(x) && is_name(y)) {
		x = dn_normalize(a, x);
		y = dn_normalize(a, y);
		/* libldap writes a value with # that it cannot parse. */
		assert(!is_name(x) || strcmp(dn_normalize(a, x), x) == 0);
		if (is_name(x) && is_name(y) && dn_is_under(x, y))
			under(x, y);
	}
	arena_close(a);
	return 0;
}
