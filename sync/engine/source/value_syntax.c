/* SPDX-License-Identifier: AGPL-3.0-or-later
 * value_syntax.c: the optional values and their syntax in the catalogue (RFC
 * 4517 3.3, RFC 4519, RFC 2798).  What can safely be read is read: other
 * spaces, hyphens and dashes in numbers, a domain with ø, a per cent sign.  Any
 * other value is left out alone, and listed. */
#include "sync/engine/source/value_syntax.h"

#include <stdint.h>
#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/source/mail_domain.h"
#include "sync/engine/state/not_taken.h"

static const struct {
	const char *cause, *sentence;
} value_causes[] = {
	{ "telephone",
	  "it has a character that a telephone number cannot have" },
	{ "mail-local-part",
	  "the part before @ has a letter that is not in a-z" },
	{ "mail-domain", "its domain is not a valid one" },
	{ "not-percent", "it is not a number from 0 to 100" },
	{ "not-utf8", "it is not valid UTF-8" },
	{ "too-long", "it is longer than 1000 bytes" },
	{ "too-many", "there are more than 50 values" },
	{ "entry-too-large", "the entry has more than 24 KiB of values" },
	{ not_taken_refused, "the catalogue rejects it" },
};

/* ---- characters */

/* Characters that are read as another one; 0: left out, it is invisible. */
static const struct {
	uint32_t first, last;
	char as;
} alike_characters[] = {
	{ 0x09, 0x0d, ' ' },     { 0xa0, 0xa0, ' ' },
	{ 0xad, 0xad, 0 },       { 0x1680, 0x1680, ' ' },
	{ 0x2000, 0x200a, ' ' }, { 0x200b, 0x200f, 0 },
	{ 0x2010, 0x2015, '-' }, { 0x2028, 0x2029, ' ' },
	{ 0x202a, 0x202e, 0 },   { 0x202f, 0x202f, ' ' },
	{ 0x205f, 0x205f, ' ' }, { 0x2060, 0x2069, 0 },
	{ 0x2212, 0x2212, '-' }, { 0x3000, 0x3000, ' ' },
	{ 0xfe58, 0xfe58, '-' }, { 0xfe63, 0xfe63, '-' },
	{ 0xfeff, 0xfeff, 0 },   { 0xff0d, 0xff0d, '-' },
};

static uint32_t value_code_point(const char *bytes, size_t length)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (unsigned char)bytes[0] & masks[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)bytes[i] & 0x3f);
	return code;
}

static void value_append_alike(struct strbuf *t, const char *bytes,
                               size_t length)
{
	uint32_t code = value_code_point(bytes, length);

	for (size_t i = 0; i < LENGTH(alike_characters); i++) {
		if (code < alike_characters[i].first ||
		    code > alike_characters[i].last)
			continue;
		if (alike_characters[i].as)
			strbuf_append_bytes(t, &alike_characters[i].as, 1);
		return;
	}
	strbuf_append_bytes(t, bytes, length);
}

/* Returns the text with plain spaces and hyphens, without blanks around it. */
static char *value_plain(struct arena *a, const char *text)
{
	struct strbuf t = strbuf_init(a);
	size_t left = strlen(text);

	while (left > 0) {
		size_t length = text_utf8_length(text, left);

		if (length == 0)
			length = 1;
		value_append_alike(&t, text, length);
		text += length;
		left -= length;
	}
	char *from = t.data + strspn(t.data, " ");

	while (t.length > 0 && from < t.data + t.length &&
	       t.data[t.length - 1] == ' ')
		t.data[--t.length] = '\0';
	return from;
}

static bool value_is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > 0x7e)
			return false;
	return true;
}

/* ---- syntaxes */

/* DirectoryString (RFC 4517 3.3.6): any text that is not empty. */
static const char *value_read_text(struct arena *a, const char *text,
                                   const char **ret_cause)
{
	(void)a, (void)ret_cause;
	return text;
}

static const char *value_read_number(struct arena *a, const char *text,
                                     const char **ret_cause)
{
	(void)ret_cause;
	return value_plain(a, text);
}

/* Telephone Number: a PrintableString (RFC 4517 3.3.31, 3.3.29), of which more
 * than spaces and hyphens remain when it is compared. */
static const char *value_read_telephone(struct arena *a, const char *text,
                                        const char **ret_cause)
{
	static const char printable[] = "abcdefghijklmnopqrstuvwxyz"
					"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789'()+,-./:? ";
	const char *plain = value_plain(a, text);

	if (plain[strspn(plain, printable)] == '\0' &&
	    plain[strspn(plain, " -")] != '\0')
		return plain;
	*ret_cause = "telephone";
	return NULL;
}

/* IA5String.  RFC 6531 would allow more in the local part, the attribute does
 * not. */
static const char *value_read_mail(struct arena *a, const char *text,
                                   const char **ret_cause)
{
	const char *plain = value_plain(a, text);
	const char *at = strrchr(plain, '@');

	if (value_is_ascii(plain))
		return plain;
	char *local = arena_memdup(a, plain, at ? (size_t)(at - plain) : 0);
	if (!at || !value_is_ascii(local)) {
		*ret_cause = "mail-local-part";
		return NULL;
	}
	const char *domain = mail_domain_ascii(a, at + 1);
	if (domain)
		return arena_printf(a, "%s@%s", local, domain);
	*ret_cause = "mail-domain";
	return NULL;
}

/* Per cent: 33.33 and 33,33 are rounded down, "60 %" is 60. */
static const char *value_read_position(struct arena *a, const char *text,
                                       const char **ret_cause)
{
	static const char digits[] = "0123456789";
	const char *plain = value_plain(a, text);
	size_t whole = strspn(plain, digits);
	const char *rest = plain + whole;
	bool has_fraction = false;
	long long position = 0;

	if (*rest == '.' || *rest == ',') {
		size_t decimals = strspn(rest + 1, digits);

		has_fraction = strspn(rest + 1, "0") < decimals;
		rest += decimals > 0 ? 1 + decimals : 0;
	}
	rest += strspn(rest, " ");
	rest += *rest == '%';
	if (*rest == '\0' && text_to_number(arena_memdup(a, plain, whole), 0,
	                                    has_fraction ? 99 : 100, &position))
		return arena_printf(a, "%lld", position);
	*ret_cause = "not-percent";
	return NULL;
}

/* ---- the fields */

static const struct value_field {
	const char *field, *attribute;
	const char *(*read)(struct arena *a, const char *text,
	                    const char **ret_cause);
} value_fields[] = {
	{ "phone", "telephoneNumber", value_read_telephone },
	{ "mail", "mail", value_read_mail },
	{ "employee-number", "employeeNumber", value_read_number },
	{ "position", "portvaktPosition", value_read_position },
	{ "title", "title", value_read_text },
	{ "language", "preferredLanguage", value_read_text },
	{ "name", "displayName", value_read_text },
	{ "given-name", "givenName", value_read_text },
	{ "family-name", "sn", value_read_text },
	{ "login", "portvaktLogin", value_read_text },
	{ "unit", "portvaktUnit", value_read_text },
	{ "acts-for", "portvaktActsFor", value_read_text },
};

/* Other attributes that may be left out; not those of value_fields, "sn" of a
 * person and "cn" of a person, which the schema requires. */
static const char *const other_optional[] = { "o", "portvaktSourceDn",
	                                      "portvaktFormerDn",
	                                      "portvaktReleasedName",
	                                      "portvaktRecentChange" };

static const struct value_field *value_field_find(const char *field)
{
	for (size_t i = 0; i < LENGTH(value_fields); i++)
		if (text_equal(value_fields[i].field, field))
			return &value_fields[i];
	return NULL;
}

const char *value_syntax_read(struct arena *a, const char *field,
                              const char *text, const char **ret_cause)
{
	const struct value_field *f = value_field_find(field);

	return f ? f->read(a, text, ret_cause) : text;
}

/* Numbers without leading zeros and texts in the order of their bytes. */
static bool value_is_less(const struct value_field *f, const char *one,
                          const char *other)
{
	bool is_number = f && f->read == value_read_position;

	if (is_number && strlen(one) != strlen(other))
		return strlen(one) < strlen(other);
	return strcmp(one, other) < 0;
}

const char *value_syntax_select(struct arena *a,
                                const struct source_entry *entry,
                                const char *field, const char *before)
{
	const json_t *values = js_array(entry->attributes, field);
	const struct value_field *f = value_field_find(field);
	const char *least = NULL;

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *text = json_string_value(json_array_get(values, i));
		const char *cause = NULL;
		const char *value =
		    text ? value_syntax_read(a, field, text, &cause) : NULL;

		if (!value || !*value)
			continue;
		if (text_equal(value, before))
			return value;
		if (!least || value_is_less(f, value, least))
			least = value;
	}
	return least;
}

/* ---- not taken */

static void value_note_not_taken(json_t *found, const char *field,
                                 const char *cause)
{
	if (cause && !json_object_get(found, field))
		(void)json_object_set_new(found, field, json_string(cause));
}

/* Each is "FIELD CAUSE". */
static void value_add_left_out(struct arena *a, json_t *found,
                               const struct source_entry *entry)
{
	const json_t *list = js_array(entry->attributes, "left-out");

	for (size_t i = 0; i < json_array_size(list); i++) {
		char **parts = text_split(
		    a, json_string_value(json_array_get(list, i)), " ", NULL);

		if (parts[0] && parts[1])
			value_note_not_taken(found, parts[0], parts[1]);
	}
}

json_t *value_syntax_not_taken(struct arena *a,
                               const struct source_entry *entry)
{
	json_t *found = js_own(a, json_object());

	for (size_t i = 0; i < LENGTH(value_fields); i++) {
		const json_t *values =
		    js_array(entry->attributes, value_fields[i].field);

		for (size_t v = 0; v < json_array_size(values); v++) {
			const char *text =
			    json_string_value(json_array_get(values, v));
			const char *cause = NULL;

			if (text)
				(void)value_fields[i].read(a, text, &cause);
			value_note_not_taken(found, value_fields[i].field,
			                     cause);
		}
	}
	value_add_left_out(a, found, entry);
	return found;
}

bool value_syntax_is_optional(const char *attribute, bool of_person)
{
	if (text_equal(attribute, "sn") || text_equal(attribute, "cn"))
		return !of_person;
	for (size_t i = 0; i < LENGTH(value_fields); i++)
		if (text_equal(value_fields[i].attribute, attribute))
			return true;
	for (size_t i = 0; i < LENGTH(other_optional); i++)
		if (text_equal(other_optional[i], attribute))
			return true;
	return false;
}

const char *value_syntax_field(const char *attribute)
{
	for (size_t i = 0; i < LENGTH(value_fields); i++)
		if (text_equal(value_fields[i].attribute, attribute))
			return value_fields[i].field;
	return attribute;
}

const char *value_syntax_attribute(const char *field)
{
	for (size_t i = 0; i < LENGTH(value_fields); i++)
		if (text_equal(value_fields[i].field, field))
			return value_fields[i].attribute;
	return field;
}

const char *value_syntax_cause(const char *cause)
{
	for (size_t i = 0; i < LENGTH(value_causes); i++)
		if (text_equal(value_causes[i].cause, cause))
			return value_causes[i].sentence;
	return cause;
}
