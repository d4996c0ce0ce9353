/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of proved_links.c. */
#include "tests/unit/test.h"

#include <string.h>

#include "idp/revocation/proved_links.h"
#include "lib/strbuf.h"

enum { MAX_LINKS = 4 };

/* One letter for each link. */
static bool update(struct entry_slot *slot, const char *links)
{
	struct directory_value values[MAX_LINKS];
	char texts[MAX_LINKS][2] = { "" };
	struct directory_attribute attribute = {
		.name = (char[]){ "portvaktProvedLink" },
		.values = values,
		.count = strlen(links)
	};
	const struct directory_entry e = {
		.dn = (char[]){ "portvaktId=f,portvaktId=p,ou=people" },
		.attributes = &attribute,
		.count = attribute.count > 0 ? 1 : 0
	};

	for (size_t i = 0; i < attribute.count; i++) {
		texts[i][0] = links[i];
		values[i] = (struct directory_value){ texts[i], 1 };
	}
	return proved_links_update(slot, &e);
}

static void a_missing_link_and_an_added_one_are_distinguished(void **state)
{
	static const struct {
		const char *before, *after;
		bool missing;
	} rows[] = {
		{ "", "", false },     { "", "a", false },
		{ "", "abc", false },  { "a", "a", false },
		{ "ab", "ba", false }, { "a", "ab", false },
		{ "a", "", true },     { "ab", "a", true },
		{ "a", "b", true },    { "ab", "ac", true },
		{ "ab", "cd", true },  { "a", "bc", true },
		{ "ab", "acd", true }, { "ab", "abc", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct entry_slot slot = { 0 };

		assert_false(update(&slot, rows[i].before));
		if (update(&slot, rows[i].after) != rows[i].missing)
			fail_msg("%s, then %s", rows[i].before, rows[i].after);
		assert_false(update(&slot, rows[i].after));
	}
}

static void a_slot_has_64_bytes(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct entry_slot), 64);
}

TESTS(a_missing_link_and_an_added_one_are_distinguished, a_slot_has_64_bytes)
