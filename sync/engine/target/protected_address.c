/* SPDX-License-Identifier: AGPL-3.0-or-later
 * protected_address.c: protected addresses (codes 6 and 7 of the population
 * register).  Protection ends only if a source removes it and an operator
 * accepts that. */
#include "sync/engine/target/protected_address.h"

#include "lib/strbuf.h"
#include "sync/engine/source/source_entry.h"

/* Values that mean no protection; 4 is a client's, not a person's. */
static const char *const not_protected[] = { "0",   "4",     "no",
	                                     "nei", "false", "ugradert" };

static const char *protected_value_code(struct arena *a, const char *value)
{
	const char *lower = text_lower(a, value);

	if (text_equal(lower, "7") || text_equal(lower, "fortrolig"))
		return "7";
	for (size_t i = 0; i < LENGTH(not_protected); i++)
		if (text_equal(lower, not_protected[i]))
			return NULL;
	return "6";
}

const char *protected_address_code(struct arena *a,
                                   const struct source_entry *entry)
{
	const json_t *values = js_array(entry->attributes, "protected");
	const char *code = NULL;

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *text = json_string_value(json_array_get(values, i));

		if (text)
			code = protected_address_stricter(
			    protected_value_code(a, text), code);
	}
	return code;
}

const char *protected_address_stricter(const char *one, const char *other)
{
	if (text_equal(one, "6") || !other)
		return one;
	return other;
}
