/* SPDX-License-Identifier: AGPL-3.0-or-later
 * protected_address.c: protected addresses (codes 6 and 7 of the population
 * register).  Protection ends only if a source removes it and an operator
 * accepts that. */
#include "lib/text.h"
#include "sync/writer/writer.h"

/* Values that mean no protection; 4 is a client's, not a person's. */
static const char *const not_protected[] = { "0",   "4",     "no",
	                                     "nei", "false", "ugradert" };

const char *record_protection(struct arena *a, const struct record *record)
{
	const char *said = record_text(record, "protected");

	if (!said)
		return NULL;
	const char *word = text_lower(a, said);

	if (text_equal(word, "7") || text_equal(word, "fortrolig"))
		return "7";
	for (size_t i = 0; i < LENGTH(not_protected); i++)
		if (text_equal(word, not_protected[i]))
			return NULL;
	return "6";
}

const char *protection_stricter(const char *one, const char *other)
{
	if (text_equal(one, "6") || !other)
		return one;
	return other;
}
