/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_dn.c: normalises DNs (RFC 4514) so that they compare as strings.  A
 * string that is not a DN is only lower-cased. */
#include <ctype.h>
#include <string.h>

#include "lib/strbuf.h"
#include "region/ldap/directory_private.h"

DEFINE_CLEANUP(release_dn, LDAPDN, ldap_dnfree)

/* Lower-cases A to Z and U+00C0 to U+00DE, which in UTF-8 are 0xC3 and one more
 * byte (0x97 is the multiplication sign), and reduces runs of spaces to one, as
 * caseIgnoreMatch does (RFC 4517 4.2.11).  Returns the new length, never more
 * than before. */
static size_t fold_case_and_spaces(char *text, size_t length)
{
	size_t to = 0;
	bool after_c3 = false;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == ' ' && to > 0 && text[to - 1] == ' ')
			continue;
		if (after_c3 && c >= 0x80 && c <= 0x9e && c != 0x97)
			text[to++] = (char)(c + 0x20);
		else
			text[to++] = (char)(c < 0x80 ? tolower(c) : c);
		after_c3 = c == 0xc3;
	}
	return to;
}

static void fold_dn(LDAPDN dn)
{
	for (size_t r = 0; dn[r]; r++) {
		for (size_t v = 0; dn[r][v]; v++) {
			LDAPAVA *ava = dn[r][v];

			ava->la_attr.bv_len = fold_case_and_spaces(
			    ava->la_attr.bv_val, ava->la_attr.bv_len);
			ava->la_value.bv_len = fold_case_and_spaces(
			    ava->la_value.bv_val, ava->la_value.bv_len);
		}
	}
}

static void fold_types(LDAPDN dn)
{
	for (size_t r = 0; dn[r]; r++)
		for (size_t v = 0; dn[r][v]; v++)
			dn[r][v]->la_attr.bv_len = fold_case_and_spaces(
			    dn[r][v]->la_attr.bv_val, dn[r][v]->la_attr.bv_len);
}

/* Returns the DN with its parts folded; NULL if it does not parse. */
static char *rewrite_dn(struct arena *a, const char *dn,
                        void (*fold_parts)(LDAPDN dn))
{
	own(release_dn) LDAPDN parts = NULL;
	own(release_ldap_text) char *text = NULL;

	if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS ||
	    !parts)
		return NULL;
	fold_parts(parts);
	if (ldap_dn2str(parts, &text, LDAP_DN_FORMAT_LDAPV3 | LDAP_DN_PRETTY) !=
	    LDAP_SUCCESS)
		return NULL;
	return arena_strdup(a, text);
}

char *dn_normalize(struct arena *a, const char *dn)
{
	if (!*dn)
		return arena_strdup(a, "");
	char *text = rewrite_dn(a, dn, fold_dn);
	return text ? text : text_lower(a, dn);
}

char *dn_pretty(struct arena *a, const char *dn)
{
	char *text = *dn ? rewrite_dn(a, dn, fold_types) : NULL;

	return text ? text : arena_strdup(a, dn);
}

bool dn_is_under(const char *dn, const char *base)
{
	size_t length = strlen(dn);
	size_t base_length = strlen(base);

	if (base_length == 0)
		return true;
	if (length < base_length ||
	    strcmp(dn + length - base_length, base) != 0)
		return false;
	return length == base_length || dn[length - base_length - 1] == ',';
}

/* Returns the length of the first RDN. */
static size_t first_rdn_length(const char *dn)
{
	size_t length = strcspn(dn, "\\,");

	while (dn[length] == '\\' && dn[length + 1]) {
		length += 2;
		length += strcspn(dn + length, "\\,");
	}
	return dn[length] == '\\' ? length + 1 : length;
}

size_t dn_rdn_count(const char *dn)
{
	size_t count = *dn ? 1 : 0;

	for (dn += first_rdn_length(dn); *dn; dn += first_rdn_length(dn)) {
		dn++;
		count++;
	}
	return count;
}

char *dn_first_rdns(struct arena *a, const char *dn, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count && dn[length]; i++) {
		length += i > 0;
		length += first_rdn_length(dn + length);
	}
	return arena_memdup(a, dn, length);
}

char *dn_path(struct arena *a, const char *dn)
{
	size_t remaining = strlen(dn) + (*dn ? 1 : 0);
	char *path = arena_alloc(a, remaining + 1);

	while (remaining > 0) {
		size_t rdn_length = first_rdn_length(dn);

		remaining -= rdn_length + 1;
		memcpy(path + remaining, dn, rdn_length);
		path[remaining + rdn_length] = ',';
		dn += rdn_length + (dn[rdn_length] == ',');
	}
	return path;
}

char *dn_path_end(struct arena *a, const char *path)
{
	char *end = arena_strdup(a, path);
	size_t length = strlen(end);

	if (length > 0)
		end[length - 1] = ',' + 1;
	return end;
}
