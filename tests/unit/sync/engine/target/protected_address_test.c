/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "lib/json.h"
#include "lib/strbuf.h"
#include "sync/engine/target/protected_address.h"

static void of_several_values_the_strictest_protects(void **state)
{
	static const struct {
		const char *values[3], *code;
	} rows[] = {
		{ { NULL }, NULL },
		{ { "0" }, NULL },
		{ { "7" }, "7" },
		{ { "0", "7" }, "7" },
		{ { "7", "STRENGT FORTROLIG" }, "6" },
		{ { "0", "unreadable" }, "6" },
		{ { "6", "7" }, "6" },
		{ { "4", "nei" }, NULL },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		json_t *fields = js_own(a, json_object());
		json_t *list = json_array();
		const struct source_entry entry = { .attributes = fields };

		for (size_t v = 0; v < 3 && rows[i].values[v]; v++)
			(void)json_array_append_new(
			    list, json_string(rows[i].values[v]));
		(void)json_object_set_new(fields, "protected", list);
		if (!text_equal(protected_address_code(a, &entry),
		                rows[i].code))
			fail_msg("row %zu", i);
	}
	arena_close(a);
}

TESTS(of_several_values_the_strictest_protects)
