/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_dn.c: normalises DNs (RFC 4514) so that they compare as strings.  A
 * string that is not a DN is only lower-cased. */
#include <ctype.h>
#include <string.h>

#include "lib/text.h"
#include "region/directory_ldap.h"

OWNER(release_dn, LDAPDN, ldap_dnfree)

/* Lower-cases A to Z and U+00C0 to U+00DE, which in UTF-8 are 0xC3 and one more
 * byte (0x97 is the multiplication sign), and reduces runs of spaces to one, as
 * caseIgnoreMatch does (RFC 4517 4.2.11).  Returns the new length, never more
 * than before. */
static size_t fold(char *text, size_t length)
{
	size_t to = 0;
	bool wide = false;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == ' ' && to > 0 && text[to - 1] == ' ')
			continue;
		if (wide && c >= 0x80 && c <= 0x9e && c != 0x97)
			text[to++] = (char)(c + 0x20);
		else
			text[to++] = (char)(c < 0x80 ? tolower(c) : c);
		wide = c == 0xc3;
	}
	return to;
}

static void fold_dn(LDAPDN dn)
{
	for (size_t r = 0; dn[r]; r++) {
		for (size_t v = 0; dn[r][v]; v++) {
			LDAPAVA *ava = dn[r][v];

			ava->la_attr.bv_len =
			    fold(ava->la_attr.bv_val, ava->la_attr.bv_len);
			ava->la_value.bv_len =
			    fold(ava->la_value.bv_val, ava->la_value.bv_len);
		}
	}
}

static void fold_types(LDAPDN dn)
{
	for (size_t r = 0; dn[r]; r++)
		for (size_t v = 0; dn[r][v]; v++)
			dn[r][v]->la_attr.bv_len = fold(
			    dn[r][v]->la_attr.bv_val, dn[r][v]->la_attr.bv_len);
}

/* Returns the DN with its parts folded; NULL if it does not parse. */
static char *rewritten(struct arena *a, const char *dn,
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
	return arena_copy(a, text);
}

char *dn_normal(struct arena *a, const char *dn)
{
	if (!*dn)
		return arena_copy(a, "");
	char *text = rewritten(a, dn, fold_dn);
	return text ? text : text_lower(a, dn);
}

char *dn_pretty(struct arena *a, const char *dn)
{
	char *text = *dn ? rewritten(a, dn, fold_types) : NULL;

	return text ? text : arena_copy(a, dn);
}

bool dn_is_under(const char *dn, const char *base)
{
	size_t length = strlen(dn);
	size_t below = strlen(base);

	if (below == 0)
		return true;
	if (length < below || strcmp(dn + length - below, base) != 0)
		return false;
	return length == below || dn[length - below - 1] == ',';
}

/* Returns the length of the first RDN. */
static size_t first_name(const char *dn)
{
	size_t length = strcspn(dn, "\\,");

	while (dn[length] == '\\' && dn[length + 1]) {
		length += 2;
		length += strcspn(dn + length, "\\,");
	}
	return dn[length] == '\\' ? length + 1 : length;
}

size_t dn_depth(const char *dn)
{
	size_t depth = *dn ? 1 : 0;

	for (dn += first_name(dn); *dn; dn += first_name(dn)) {
		dn++;
		depth++;
	}
	return depth;
}

char *dn_head(struct arena *a, const char *dn, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count && dn[length]; i++) {
		length += i > 0;
		length += first_name(dn + length);
	}
	return arena_bytes(a, dn, length);
}

char *dn_path(struct arena *a, const char *dn)
{
	size_t left = strlen(dn) + (*dn ? 1 : 0);
	char *path = arena_alloc(a, left + 1);

	while (left > 0) {
		size_t name = first_name(dn);

		left -= name + 1;
		memcpy(path + left, dn, name);
		path[left + name] = ',';
		dn += name + (dn[name] == ',');
	}
	return path;
}

char *dn_path_end(struct arena *a, const char *path)
{
	char *end = arena_copy(a, path);
	size_t length = strlen(end);

	if (length > 0)
		end[length - 1] = ',' + 1;
	return end;
}
