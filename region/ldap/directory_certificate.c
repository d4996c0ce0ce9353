/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_certificate.c: reads notAfter of a server's certificate (RFC 5280
 * 4.1.2.5), so that operators are warned before it expires.  Returns 0 if the
 * DER cannot be read. */
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/directory_private.h"

enum { TAG_UTC_TIME = 0x17, TAG_GENERALIZED_TIME = 0x18, TAG_VERSION = 0xa0 };

DEFINE_CLEANUP(release_bytes, void *, ber_memfree)

/* RFC 5280 4.1.2.5: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ after. */
static int64_t parse_asn1_time(struct arena *a, ber_tag_t tag,
                               const struct berval *v)
{
	char *text = arena_memdup(a, v->bv_val, v->bv_len);
	int64_t when = 0;

	if (tag == TAG_UTC_TIME)
		text =
		    arena_printf(a, "%s%s", text[0] < '5' ? "20" : "19", text);
	else if (tag != TAG_GENERALIZED_TIME)
		return 0;
	return clock_parse_generalized_time(text, &when) ? when : 0;
}

/* Certificate ::= SEQUENCE { SEQUENCE { version [0] OPTIONAL, serial,
 * signature, issuer, SEQUENCE { notBefore, notAfter } ... */
static int64_t parse_not_after(BerElement *ber)
{
	struct berval not_after = { 0 };
	ber_len_t length = 0;
	ber_tag_t tag;

	if (ber_scanf(ber, "{{") == LBER_ERROR)
		return 0;
	if (ber_peek_tag(ber, &length) == TAG_VERSION &&
	    ber_scanf(ber, "x") == LBER_ERROR)
		return 0;
	if (ber_scanf(ber, "xxx{x") == LBER_ERROR)
		return 0;
	tag = ber_peek_tag(ber, &length);
	if (ber_scanf(ber, "m", &not_after) == LBER_ERROR)
		return 0;
	struct arena *a = arena_open();
	int64_t when = parse_asn1_time(a, tag, &not_after);
	arena_close(a);
	return when;
}

int64_t directory_peer_not_after(LDAP *ld)
{
	struct berval der = { 0 };

	if (ldap_get_option(ld, LDAP_OPT_X_TLS_PEERCERT, &der) != 0 ||
	    !der.bv_val)
		return 0;
	own(release_bytes) void *bytes = der.bv_val;
	own(release_ber) BerElement *ber = ber_init(&der);
	return ber ? parse_not_after(ber) : 0;
}

int64_t directory_certificate_not_after(const struct directory *d)
{
	return d->certificate_not_after;
}
