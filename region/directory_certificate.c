/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_certificate.c: reads notAfter of a server's certificate (RFC 5280
 * 4.1.2.5), so that operators are warned before it expires.  Returns 0 if the
 * DER cannot be read. */
#include "lib/clock.h"
#include "lib/text.h"
#include "region/directory_ldap.h"

enum { UTC_TIME = 0x17, GENERALIZED_TIME = 0x18, VERSION = 0xa0 };

OWNER(release_bytes, void *, ber_memfree)

/* RFC 5280 4.1.2.5: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ after. */
static int64_t time_of(struct arena *a, ber_tag_t tag, const struct berval *v)
{
	char *text = arena_bytes(a, v->bv_val, v->bv_len);
	int64_t when = 0;

	if (tag == UTC_TIME)
		text =
		    arena_print(a, "%s%s", text[0] < '5' ? "20" : "19", text);
	else if (tag != GENERALIZED_TIME)
		return 0;
	return clock_from_ldap(text, &when) ? when : 0;
}

/* Certificate ::= SEQUENCE { SEQUENCE { version [0] OPTIONAL, serial,
 * signature, issuer, SEQUENCE { notBefore, notAfter } ... */
static int64_t read_until(BerElement *ber)
{
	struct berval until = { 0 };
	ber_len_t length = 0;
	ber_tag_t tag;

	if (ber_scanf(ber, "{{") == LBER_ERROR)
		return 0;
	if (ber_peek_tag(ber, &length) == VERSION &&
	    ber_scanf(ber, "x") == LBER_ERROR)
		return 0;
	if (ber_scanf(ber, "xxx{x") == LBER_ERROR)
		return 0;
	tag = ber_peek_tag(ber, &length);
	if (ber_scanf(ber, "m", &until) == LBER_ERROR)
		return 0;
	struct arena *a = arena_open();
	int64_t when = time_of(a, tag, &until);
	arena_close(a);
	return when;
}

int64_t certificate_until(LDAP *ld)
{
	struct berval der = { 0 };

	if (ldap_get_option(ld, LDAP_OPT_X_TLS_PEERCERT, &der) != 0 ||
	    !der.bv_val)
		return 0;
	own(release_bytes) void *bytes = der.bv_val;
	own(release_ber) BerElement *ber = ber_init(&der);
	return ber ? read_until(ber) : 0;
}

int64_t directory_certificate_until(const struct directory *d)
{
	return d->certificate_until;
}
