/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_tls_cause.c: why a server's certificate is refused (RFC 5280 6.1,
 * RFC 6125 6.4), for operators: libldap reports "unknown error code" for most
 * causes.  It only explains: the connection was refused by libldap before. */
#include "region/ldap/directory_tls_cause.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

enum { MAX_NAMES = 3, MAX_NAME_LENGTH = 60 };

DEFINE_CLEANUP(release_x509, X509 *, X509_free)
DEFINE_CLEANUP(release_store, X509_STORE *, X509_STORE_free)
DEFINE_CLEANUP(release_store_ctx, X509_STORE_CTX *, X509_STORE_CTX_free)
DEFINE_CLEANUP(release_names, GENERAL_NAMES *, GENERAL_NAMES_free)
DEFINE_CLEANUP(release_bio, BIO *, BIO_free_all)

/* ---- texts from the certificate, which may have any bytes */

static char *tls_printable(struct arena *a, const char *bytes, size_t length)
{
	size_t kept = length < MAX_NAME_LENGTH ? length : MAX_NAME_LENGTH;
	char *text = arena_memdup(a, bytes, kept);

	for (size_t i = 0; i < kept; i++)
		if (text[i] <= ' ' || text[i] > '~')
			text[i] = '?';
	return text;
}

static char *tls_name_text(struct arena *a, const X509_NAME *name)
{
	own(release_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *bytes = NULL;

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return arena_strdup(a, "?");
	long length = BIO_get_mem_data(bio, &bytes);

	return tls_printable(a, bytes, length > 0 ? (size_t)length : 0);
}

static const char *tls_time_text(struct arena *a, const ASN1_TIME *when)
{
	struct tm utc = { 0 };

	return ASN1_TIME_to_tm(when, &utc) == 1
	           ? clock_format_iso(a, (int64_t)timegm(&utc))
	           : "?";
}

/* ---- dates */

static const char *tls_date_fault(struct arena *a, const X509 *certificate,
                                  int64_t now)
{
	time_t at = (time_t)now;

	if (X509_cmp_time(X509_get0_notAfter(certificate), &at) < 0)
		return arena_printf(
		    a, "the certificate expired %s",
		    tls_time_text(a, X509_get0_notAfter(certificate)));
	if (X509_cmp_time(X509_get0_notBefore(certificate), &at) > 0)
		return arena_printf(
		    a, "the certificate is not valid before %s",
		    tls_time_text(a, X509_get0_notBefore(certificate)));
	return NULL;
}

/* ---- names */

static void tls_append_name(struct strbuf *t, struct arena *a,
                            const ASN1_STRING *value, size_t *count)
{
	if (++*count <= MAX_NAMES)
		strbuf_appendf(
		    t, "%s%s", *count > 1 ? ", " : "",
		    tls_printable(a, (const char *)ASN1_STRING_get0_data(value),
		                  (size_t)ASN1_STRING_length(value)));
}

/* Returns its DNS names, or its subject if it has none. */
static const char *tls_names(struct arena *a, const X509 *certificate)
{
	own(release_names) GENERAL_NAMES *names =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	struct strbuf t = strbuf_init(a);
	size_t count = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			tls_append_name(&t, a, name->d.dNSName, &count);
	}
	if (count > MAX_NAMES)
		strbuf_appendf(&t, " and %zu more", count - MAX_NAMES);
	return count > 0 ? t.data
	                 : tls_name_text(a, X509_get_subject_name(certificate));
}

static const char *tls_name_fault(struct arena *a, X509 *certificate,
                                  const char *host)
{
	if (X509_check_host(certificate, host, 0, 0, NULL) == 1 ||
	    X509_check_ip_asc(certificate, host, 0) == 1)
		return NULL;
	return arena_printf(a, "the certificate is for %s, not for %s",
	                    tls_names(a, certificate), host);
}

/* ---- authority */

static const char *tls_authority_text(struct arena *a,
                                      const X509_STORE_CTX *ctx,
                                      const X509 *certificate,
                                      const char *ca_file)
{
	int cause = X509_STORE_CTX_get_error(ctx);
	const X509 *at = X509_STORE_CTX_get_current_cert(ctx);

	if (cause == X509_V_ERR_CERT_HAS_EXPIRED && at)
		return arena_printf(
		    a, "the certificate of its authority %s expired %s",
		    tls_name_text(a, X509_get_subject_name(at)),
		    tls_time_text(a, X509_get0_notAfter(at)));
	if (cause == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		return arena_printf(
		    a, "the certificate is self-signed and not in %s", ca_file);
	return arena_printf(
	    a, "the certificate is of the authority %s, which is not in %s",
	    tls_name_text(a, X509_get_issuer_name(certificate)), ca_file);
}

/* Intermediate certificates that the server sent are unknown here, so this is
 * only called when nothing else is wrong. */
static const char *tls_authority_fault(struct arena *a, X509 *certificate,
                                       const char *ca_file, int64_t now)
{
	own(release_store) X509_STORE *store = X509_STORE_new();
	own(release_store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (!store || !ctx || X509_STORE_load_file(store, ca_file) != 1 ||
	    X509_STORE_CTX_init(ctx, store, certificate, NULL) != 1)
		return NULL;
	X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
	if (X509_verify_cert(ctx) == 1)
		return NULL;
	return tls_authority_text(a, ctx, certificate, ca_file);
}

const char *directory_certificate_fault(struct arena *a, const void *der,
                                        size_t length, const char *host,
                                        const char *ca_file, int64_t now)
{
	const unsigned char *bytes = der;
	own(release_x509) X509 *certificate =
	    d2i_X509(NULL, &bytes, (long)length);

	if (!certificate)
		return "the certificate cannot be read";
	const char *dates = tls_date_fault(a, certificate, now);
	const char *names = tls_name_fault(a, certificate, host);

	if (dates && names)
		return arena_printf(a, "%s; %s", dates, names);
	if (dates || names)
		return dates ? dates : names;
	return tls_authority_fault(a, certificate, ca_file, now);
}
