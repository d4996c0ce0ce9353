/* SPDX-License-Identifier: AGPL-3.0-or-later
 * json_fuzz.c: arbitrary bytes as a JSON object. A parsed object has no
 * duplicate name and no excess depth; writing and parsing it returns the same
 * value. */
#include "tests/fuzz/fuzz.h"

#include "lib/json.h"

enum { DEPTH = 32 };

static void is_shallow(const json_t *value, int depth)
{
	const char *name;
	json_t *inner;
	size_t i;

	assert(depth <= DEPTH);
	json_object_foreach((json_t *)(uintptr_t)value, name, inner)
	    is_shallow(inner, depth + 1);
	json_array_foreach((json_t *)(uintptr_t)value, i, inner)
	    is_shallow(inner, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct error err = { 0 };
	json_t *object, *again;

	if (js_parse(a, fuzz_exact(a, data, size), size, &object, &err)) {
		assert(json_is_object(object));
		is_shallow(object, 1);
		char *text = js_dump(a, object);

		char *theirs =
		    json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);

		assert(strcmp(text, theirs) == 0);
		free(theirs);
		assert(js_parse(a, text, strlen(text), &again, &err));
		assert(json_equal(object, again));
	} else {
		assert(err.kind == ERROR_INVALID);
	}
	arena_close(a);
	return 0;
}
