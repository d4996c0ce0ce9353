/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn.c: parses, normalises and compares DNs (RFC 4514).  Not with
 * ldap_str2dn(): the signer reads the configuration too, and must not be linked
 * with libldap.  Tests compare the results with libldap's. */
#include "region/ldap/dn.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/cleanup.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

/* One attribute type and value of an RDN. */
struct dn_ava {
	char *type;
	char *value; /* decoded; can contain NUL */
	size_t length;
	bool is_ber;     /* written as # and hexadecimal digits */
	bool begins_rdn; /* not after a plus sign */
};

typedef VECTOR(struct dn_ava) dn_ava_vector;

static const char ldh_characters[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
static const char hex_digits[] = "0123456789abcdefABCDEF";

/* ---- parse */

static int dn_hex_value(char c)
{
	const char *at = c ? strchr(hex_digits, c) : NULL;
	int value = at ? (int)(at - hex_digits) : -1;

	return value > 15 ? value - 6 : value;
}

/* Appends the byte of two hexadecimal digits; returns false if at does not
 * begin with them. */
static bool dn_read_hex_pair(const char *at, struct strbuf *out)
{
	int high = dn_hex_value(at[0]);
	int low = high < 0 ? -1 : dn_hex_value(at[1]);
	char byte = (char)(high * 16 + low);

	if (low < 0)
		return false;
	strbuf_append_bytes(out, &byte, 1);
	return true;
}

static const char *dn_skip_spaces(const char *at)
{
	return at + strspn(at, " \t\n\r"); /* as libldap */
}

static bool dn_is_end(char c)
{
	return c == '\0' || c == ',' || c == '+';
}

/* Reads "#" hexstring from *at on. */
static bool dn_read_hex_value(const char **at, struct strbuf *out)
{
	const char *p = *at + 1;

	for (; dn_read_hex_pair(p, out); p += 2)
		continue;
	*at = p;
	return out->length > 0;
}

/* Reads one character of a string value, with its escape. */
static bool dn_read_character(const char **at, struct strbuf *out)
{
	const char *p = *at;

	if (*p == '\\' && p[1] && strchr(" \"#+,;<=>\\", p[1])) {
		strbuf_append_bytes(out, p + 1, 1);
		*at = p + 2;
		return true;
	}
	if (*p == '\\') {
		*at = p + 3;
		return dn_read_hex_pair(p + 1, out);
	}
	strbuf_append_bytes(out, p, 1);
	*at = p + 1;
	return !strchr("\";<>", *p);
}

/* Reads a string value; spaces at its end count only if they are escaped. */
static bool dn_read_string_value(const char **at, struct strbuf *out)
{
	while (!dn_is_end(**at)) {
		const char *after = dn_skip_spaces(*at);

		if (dn_is_end(*after)) {
			*at = after;
			break;
		}
		if (!dn_read_character(at, out))
			return false;
	}
	return true;
}

static bool dn_read_ava(struct arena *a, const char **at, struct dn_ava *ret)
{
	struct strbuf value = strbuf_init(a);
	const char *type = dn_skip_spaces(*at);
	size_t type_length = strspn(type, ldh_characters);
	const char *p = dn_skip_spaces(type + type_length);

	if (type_length == 0 || *p != '=')
		return false;
	p = dn_skip_spaces(p + 1);
	bool is_ber = *p == '#';

	if (is_ber ? !dn_read_hex_value(&p, &value)
	           : !dn_read_string_value(&p, &value))
		return false;
	*at = dn_skip_spaces(p);
	*ret = (struct dn_ava){
		.type = text_lower(a, arena_memdup(a, type, type_length)),
		.value = value.data,
		.length = value.length,
		.is_ber = is_ber,
	};
	return dn_is_end(**at);
}

/* Returns false for a string that is not a DN, and for an empty one. */
static bool dn_parse(struct arena *a, const char *dn, dn_ava_vector *ret)
{
	bool begins_rdn = true;

	for (;;) {
		struct dn_ava ava;

		if (!dn_read_ava(a, &dn, &ava))
			return false;
		ava.begins_rdn = begins_rdn;
		*vector_append(a, ret) = ava;
		if (!*dn)
			return true;
		begins_rdn = *dn++ == ',';
	}
}

/* ---- write */

/* The same characters as libldap (RFC 4514 2.4). */
static bool dn_needs_escape(const struct dn_ava *ava, size_t i)
{
	const char c = ava->value[i];
	bool is_edge = i == 0 || i + 1 == ava->length;

	if (c == '\0' || strchr("\"+,;<=>\\", c) || (i == 0 && c == '#'))
		return true;
	return is_edge && strchr(" \t\n\r", c);
}

static void dn_write_ava(struct strbuf *out, const struct dn_ava *ava)
{
	strbuf_appendf(out, "%s=%s", ava->type, ava->is_ber ? "#" : "");
	for (size_t i = 0; i < ava->length; i++) {
		unsigned char c = (unsigned char)ava->value[i];

		if (ava->is_ber)
			strbuf_appendf(out, "%02X", c);
		else if (dn_needs_escape(ava, i))
			strbuf_appendf(out, "\\%02X", c);
		else
			strbuf_append_bytes(out, &c, 1);
	}
}

static char *dn_write(struct arena *a, const dn_ava_vector *dn)
{
	struct strbuf out = strbuf_init(a);

	for (size_t i = 0; i < dn->count; i++) {
		if (i > 0)
			strbuf_append(&out, dn->at[i].begins_rdn ? "," : "+");
		dn_write_ava(&out, &dn->at[i]);
	}
	return out.data;
}

/* ---- normalise */

static void dn_fold_value(struct arena *a, struct dn_ava *ava)
{
	size_t length;
	char *folded;

	if (ava->is_ber || ava->length == 0)
		return;
	folded = name_fold_bytes(a, ava->value, ava->length, &length);
	/* Only spaces: one, which is not the empty value. */
	ava->value = length > 0 ? folded : arena_strdup(a, " ");
	ava->length = length > 0 ? length : 1;
}

static int dn_compare_avas(const void *x, const void *y)
{
	const struct dn_ava *one = x, *other = y;
	size_t shorter =
	    one->length < other->length ? one->length : other->length;
	int types = strcmp(one->type, other->type);
	int values = memcmp(one->value, other->value, shorter);

	if (types != 0)
		return types;
	if (values != 0)
		return values;
	return one->length < other->length ? -1 : one->length > other->length;
}

/* The values of an RDN are a set: their order does not matter. */
static void dn_sort_rdns(dn_ava_vector *dn)
{
	for (size_t i = 0, next; i < dn->count; i = next) {
		for (next = i + 1; next < dn->count && !dn->at[next].begins_rdn;
		     next++)
			continue;
		dn->at[i].begins_rdn = false;
		qsort(&dn->at[i], next - i, sizeof(*dn->at), dn_compare_avas);
		dn->at[i].begins_rdn = true;
	}
}

char *dn_normalize(struct arena *a, const char *dn)
{
	dn_ava_vector avas = { 0 };

	if (!dn_parse(a, dn, &avas))
		return name_fold_case(a, dn);
	for (size_t i = 0; i < avas.count; i++)
		dn_fold_value(a, &avas.at[i]);
	dn_sort_rdns(&avas);
	return dn_write(a, &avas);
}

char *dn_pretty(struct arena *a, const char *dn)
{
	dn_ava_vector avas = { 0 };

	return dn_parse(a, dn, &avas) ? dn_write(a, &avas)
	                              : arena_strdup(a, dn);
}

/* ---- compare */

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

bool dn_is_within(const char *inner, const char *outer)
{
	own(close_arena) struct arena *a = arena_open();

	if (!inner || !outer)
		return !outer;
	return dn_is_under(dn_normalize(a, inner), dn_normalize(a, outer));
}

/* ---- RDNs and paths */

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
