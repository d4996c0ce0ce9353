/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <string.h>

#include "lib/attr.h"
#include "region/ask.h"
#include "sync/reader/reader.h"

enum { VALUES = 200, BYTES = 990 };

static const char *const names[] = {
	"uid",   "displayName",     "givenName", "sn", "preferredLanguage",
	"mail",  "telephoneNumber", "title",     "ou", "employeeNumber",
	"other",
};

/* Every attribute we read, with far too much in each. */
static struct directory_entry overfull(struct arena *a, char what)
{
	struct directory_entry e = {
		.dn = "uid=mange,ou=ansatte,dc=tinn,dc=example",
		.attributes = arena_array(a, struct directory_attribute,
		                          LENGTH(names) + 1),
		.count = LENGTH(names) + 1,
	};
	struct directory_value *class = arena_new(a, struct directory_value);

	*class = (struct directory_value){ arena_copy(a, "person"), 6 };
	e.attributes[0] =
	    (struct directory_attribute){ "objectClass", class, 1 };
	for (size_t i = 0; i < LENGTH(names); i++) {
		struct directory_value *values =
		    arena_array(a, struct directory_value, VALUES);

		for (size_t v = 0; v < VALUES; v++) {
			values[v].bytes = arena_alloc(a, BYTES + 1);
			memset(values[v].bytes, what, BYTES);
			values[v].length = BYTES;
		}
		e.attributes[i + 1] =
		    (struct directory_attribute){ names[i], values, VALUES };
	}
	return e;
}

static void whatever_is_in_an_entry_it_fits_into_a_frame(void **state)
{
	static const char letters[] = { 'x', '\x01', '"', '\\', '\xff' };
	const struct directory_conf d = { .name = "tinn" };
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(letters); i++) {
		const struct directory_entry e = overfull(a, letters[i]);
		const json_t *entry = fields_entry(a, &d, "anchor", &e);

		assert_true(strlen(js_write(a, entry)) < 40 * 1024);
		assert_string_equal(js_string(entry, "class"), "person");
		assert_int_equal(
		    js_array(js_object(entry, "attributes"), "login") != NULL,
		    letters[i] != '\xff');
	}
	arena_close(a);
}

static void a_name_of_an_entry_that_nobody_can_tell_is_left_out(void **state)
{
	const struct directory_conf d = { .name = "tinn" };
	struct arena *a = arena_open();
	char *dn = arena_alloc(a, 70000);
	const struct directory_entry far = { .dn = memset(dn, 'x', 69999) };
	const struct directory_entry bad = { .dn = "uid=\xff\xfe,dc=tinn" };

	(void)state;
	assert_null(js_string(fields_entry(a, &d, "anchor", &far), "dn"));
	assert_null(js_string(fields_entry(a, &d, "anchor", &bad), "dn"));
	arena_close(a);
}

TESTS(whatever_is_in_an_entry_it_fits_into_a_frame,
      a_name_of_an_entry_that_nobody_can_tell_is_left_out)
