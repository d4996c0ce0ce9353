/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_conversion.c: the conversions of `map`.  A closed set: what needs
 * more belongs in the directory. */
#include "region/config/attribute_conversion.h"

#include <string.h>
#include <strings.h>

#include "lib/conf/conf_schema.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "region/config/attribute_date.h"

/* ---- parsing */

enum conversion {
	TRIM = 1,
	LOWER = 2,
	FIRST = 4,
	DEFAULT = 8,
	DATE = 16,
	ONLY_WHERE = 32,
	ONE_VALUE = TRIM | FIRST | ONLY_WHERE,
	TEXT_VALUE = ONE_VALUE | LOWER,
};

static const struct {
	const char *name;
	enum conversion conversion;
	const char *argument; /* or NULL */
} conversions[] = {
	{ "trim", TRIM, NULL },
	{ "lower", LOWER, NULL },
	{ "first", FIRST, NULL },
	{ "default", DEFAULT, "TEXT" },
	{ "date", DATE, "FORMAT" },
	{ "only-where", ONLY_WHERE, "ATTRIBUTE=VALUE" },
};

/* Fields without a default identify a person, give a right, or end one: there
 * one value for many entries is never meant.  Fewer conversions for fields of
 * which any value, or none, restricts an entry. */
static const struct {
	const char *field;
	int conversions;
} field_conversions[] = {
	{ "login", TEXT_VALUE },
	{ "name", ONE_VALUE },
	{ "given-name", ONE_VALUE },
	{ "family-name", ONE_VALUE },
	{ "language", TEXT_VALUE | DEFAULT },
	{ "mail", TEXT_VALUE },
	{ "phone", ONE_VALUE | DEFAULT },
	{ "title", ONE_VALUE | DEFAULT },
	{ "employee-number", TEXT_VALUE },
	{ "unit", TEXT_VALUE | DEFAULT },
	{ "position", ONE_VALUE | DEFAULT },
	{ "from", ONE_VALUE | DATE },
	{ "until", ONE_VALUE | DATE },
	{ "national-id", ONLY_WHERE },
	{ "acts-for", TRIM | ONLY_WHERE },
	{ "disabled", ONLY_WHERE },
	{ "protected", TRIM | ONLY_WHERE },
	{ "group-name", ONE_VALUE },
	{ "group-code", TEXT_VALUE },
	{ "grep", TRIM | ONLY_WHERE },
};

static int conversion_allowed(const char *field)
{
	for (size_t i = 0; i < LENGTH(field_conversions); i++)
		if (text_equal(field_conversions[i].field, field))
			return field_conversions[i].conversions;
	return 0;
}

/* Returns their names, separated by commas. */
static char *conversion_names(struct arena *a, int allowed)
{
	struct strbuf t = strbuf_init(a);

	for (size_t i = 0; i < LENGTH(conversions); i++)
		if (allowed & (int)conversions[i].conversion)
			strbuf_appendf(&t, "%s%s", t.length > 0 ? ", " : "",
			               conversions[i].name);
	return t.data;
}

static void conversion_report_unknown(const struct conf_statement *s, size_t i,
                                      struct conf_errors *errors)
{
	const char *known[LENGTH(conversions) + 1] = { NULL };

	for (size_t c = 0; c < LENGTH(conversions); c++)
		known[c] = conversions[c].name;
	conf_error_add(
	    errors, s, i, "there is no conversion \"%s\"%s; map accepts %s",
	    s->args[i], conf_did_you_mean(errors->arena, s->args[i], known),
	    conversion_names(errors->arena, ~0));
}

static bool conversion_set_where(struct attribute_conversion *c,
                                 struct arena *a, const char *value)
{
	const char *at = strchr(value, '=');

	if (!at || at == value || !at[1])
		return false;
	c->where_attribute = arena_memdup(a, value, (size_t)(at - value));
	c->where_value = arena_strdup(a, at + 1);
	return true;
}

/* Returns what is expected, or NULL if the argument is valid. */
static const char *conversion_set_argument(struct attribute_conversion *c,
                                           enum conversion which,
                                           struct arena *a, const char *value)
{
	if (which == ONLY_WHERE)
		return conversion_set_where(c, a, value) ? NULL
		                                         : "ATTRIBUTE=VALUE";
	if (which == DATE) {
		c->date_format = attribute_date_format(value);
		return c->date_format ? NULL : "one of: " DATE_FORMATS;
	}
	c->default_value = arena_strdup(a, value);
	return NULL;
}

/* Parses the conversion at argument i.  Returns the number of its arguments. */
static size_t conversion_parse_one(struct arena *a,
                                   struct attribute_conversion *c, int *given,
                                   const struct conf_statement *s, size_t i,
                                   struct conf_errors *errors)
{
	int allowed = conversion_allowed(s->args[1]);
	size_t n = 0;

	while (n < LENGTH(conversions) &&
	       !text_equal(conversions[n].name, s->args[i]))
		n++;
	if (n == LENGTH(conversions)) {
		conversion_report_unknown(s, i, errors);
		return 0;
	}
	enum conversion which = conversions[n].conversion;
	const char *argument = conversions[n].argument;
	const char *value = argument ? conf_syntax_arg(s, i + 1) : NULL;

	if (!(allowed & (int)which))
		conf_error_add(errors, s, i,
		               "\"%s\" is not for %s, which accepts %s",
		               s->args[i], s->args[1],
		               conversion_names(errors->arena, allowed));
	else if (*given & (int)which)
		conf_error_add(errors, s, i, "\"%s\" is given twice",
		               s->args[i]);
	*given |= (int)which;
	if (!argument)
		return 0;
	const char *expected =
	    value ? conversion_set_argument(c, which, a, value) : argument;
	if (expected)
		conf_error_add(errors, s, value ? i + 1 : i, "%s expects %s",
		               s->args[i], expected);
	return 1;
}

struct attribute_conversion attribute_conversion_parse(
    struct arena *a, const struct conf_statement *s, struct conf_errors *errors)
{
	enum { FIRST_CONVERSION = 4 };
	struct attribute_conversion c = { 0 };
	int given = 0;

	for (size_t i = FIRST_CONVERSION; i < s->arg_count; i++)
		i += conversion_parse_one(a, &c, &given, s, i, errors);
	c.trim = given & TRIM;
	c.lower = given & LOWER;
	c.first = given & FIRST;
	return c;
}

char *attribute_conversion_format(struct arena *a,
                                  const struct attribute_conversion *c)
{
	struct strbuf t = strbuf_init(a);

	strbuf_append(&t, "");
	if (c->where_attribute)
		strbuf_appendf(&t, " only-where \"%s=%s\"", c->where_attribute,
		               c->where_value);
	strbuf_append(&t, c->trim ? " trim" : NULL);
	strbuf_append(&t, c->first ? " first" : NULL);
	strbuf_append(&t, c->lower ? " lower" : NULL);
	if (c->date_format)
		strbuf_appendf(&t, " date %s", c->date_format);
	if (c->default_value)
		strbuf_appendf(&t, " default \"%s\"", c->default_value);
	return t.data;
}

/* ---- applying */

static bool conversion_is_none(const struct attribute_conversion *c)
{
	return !c->trim && !c->lower && !c->first && !c->default_value &&
	       !c->date_format && !c->where_attribute;
}

static const char *conversion_date(struct arena *a, const char *format,
                                   const char *text, size_t *unreadable)
{
	const char *date = NULL;

	if (attribute_date_convert(a, format, text, &date))
		return date;
	(*unreadable)++;
	return arena_printf(a, "%s (not %s)", text, format);
}

/* Returns the converted value; NULL if there is none. */
static const char *conversion_of_text(struct arena *a,
                                      const struct attribute_conversion *c,
                                      const char *text, size_t *unreadable)
{
	if (c->trim || c->date_format)
		text = name_trim(a, text);
	if (!*text)
		return NULL;
	if (c->lower)
		text = name_fold_case(a, text);
	return c->date_format
	           ? conversion_date(a, c->date_format, text, unreadable)
	           : text;
}

bool attribute_conversion_selects(const struct attribute_conversion *c,
                                  const struct directory_entry *e)
{
	struct arena *a = arena_open();
	const struct directory_attribute *t =
	    c->where_attribute
		? directory_entry_attribute(e, c->where_attribute)
		: NULL;
	bool found = !c->where_attribute;

	for (size_t i = 0; t && i < t->count && !found; i++)
		found = text_equal(
		    name_fold_value(a, name_trim(a, t->values[i].bytes)),
		    name_fold_value(a, c->where_value));
	arena_close(a);
	return found;
}

static bool conversion_is_text(const struct directory_value *v)
{
	return text_is_utf8(v->bytes, v->length);
}

/* Converts v in place; one that is not text is left to the caller.  Returns
 * false if no value remains. */
static bool conversion_of_value(struct arena *a,
                                const struct attribute_conversion *c,
                                struct directory_value *v, size_t *unreadable)
{
	if (!conversion_is_text(v))
		return true;
	const char *text = conversion_of_text(a, c, v->bytes, unreadable);
	if (!text)
		return false;
	v->bytes = arena_strdup(a, text);
	v->length = strlen(text);
	return true;
}

/* The values of an attribute have no order (RFC 4511 4.1.7): the first is the
 * least in byte order, so that it is the same whatever the server sends. */
static void conversion_keep_first(struct directory_attribute *t)
{
	for (size_t i = 1; i < t->count; i++)
		if (conversion_is_text(&t->values[i]) &&
		    (!conversion_is_text(&t->values[0]) ||
		     strcmp(t->values[i].bytes, t->values[0].bytes) < 0))
			t->values[0] = t->values[i];
	t->count = t->count > 0;
}

static struct directory_attribute *conversion_of_attribute(
    struct arena *a, const struct attribute_mapping *m,
    const struct directory_attribute *t, size_t *unreadable)
{
	const struct attribute_conversion *c = &m->conversion;
	size_t count = t ? t->count : 0;
	struct directory_attribute *made =
	    arena_new(a, struct directory_attribute);

	made->name = m->attribute;
	made->values = arena_array(a, struct directory_value, count + 1);
	for (size_t i = 0; i < count; i++) {
		struct directory_value v = t->values[i];

		if (conversion_of_value(a, c, &v, unreadable))
			made->values[made->count++] = v;
	}
	if (c->first)
		conversion_keep_first(made);
	if (made->count == 0 && c->default_value)
		made->values[made->count++] =
		    (struct directory_value){ arena_strdup(a, c->default_value),
			                      strlen(c->default_value) };
	return made;
}

const struct directory_attribute *attribute_conversion_apply(
    struct arena *a, const struct attribute_mapping *m,
    const struct directory_entry *e, size_t *ret_unreadable)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, m->attribute);
	size_t unreadable = 0;

	if (ret_unreadable)
		*ret_unreadable = 0;
	if (conversion_is_none(&m->conversion))
		return t;
	if (!attribute_conversion_selects(&m->conversion, e))
		return NULL;
	t = conversion_of_attribute(a, m, t, &unreadable);
	if (ret_unreadable)
		*ret_unreadable = unreadable;
	return t->count > 0 ? t : NULL;
}
