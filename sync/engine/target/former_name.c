/* SPDX-License-Identifier: AGPL-3.0-or-later
 * former_name.c: keeps family names that a person had before: entries of other
 * directories may still have them (docs/decisions/0017). */
#include "sync/engine/target/former_name.h"

#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"

enum { MAX_FORMER_NAMES = 5 };

static const char former[] = "portvaktFormerName";

struct former_names {
	const char *names[MAX_FORMER_NAMES];
	size_t count;
};

static void former_name_add(struct arena *a, struct former_names *n,
                            const char *present, const char *name)
{
	const char *folded = name ? name_fold(a, name) : "";

	if (n->count == MAX_FORMER_NAMES || !*folded ||
	    text_equal(folded, name_fold(a, present ? present : "")))
		return;
	for (size_t i = 0; i < n->count; i++)
		if (text_equal(folded, name_fold(a, n->names[i])))
			return;
	n->names[n->count++] = name;
}

/* The newest name first: it is kept. */
void former_name_update(struct arena *a, json_t *attrs, const json_t *before)
{
	const char *present = entry_json_value(attrs, "sn");
	const char *last = entry_json_value(before, "sn");
	const json_t *known = js_array(before, former);
	struct former_names n = { 0 };

	if (text_equal(present, last))
		return;
	former_name_add(a, &n, present, last);
	for (size_t i = 0; i < json_array_size(known); i++)
		former_name_add(a, &n, present,
		                json_string_value(json_array_get(known, i)));
	entry_json_set_values(attrs, former, n.names, n.count);
}
