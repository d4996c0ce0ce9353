/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_fields.c with every shape of ipc_messages.def: an object is made
 * of the shape's fields, and then spoilt in each way. */
#include "tests/unit/test.h"

#include <stdio.h>

#include "ipc_messages.h"
#include "lib/strbuf.h"

static struct arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_open();
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

static json_t *sample_object(const struct ipc_shape *shape, bool whole);

/* Returns a value of the field's type, or of its elements'. */
static json_t *sample_value(const struct ipc_field *field)
{
	switch (field->type) {
	case IPC_TEXT:
		return json_string("blåbær");
	case IPC_NUMBER:
		return json_integer(1234567890123);
	case IPC_BOOL:
		return json_false();
	case IPC_FLAG:
		return json_true();
	case IPC_NAME:
		return json_string(field->names[1]);
	case IPC_OBJECT:
		return json_pack("{s:[i]}", "open", 1);
	case IPC_STRUCT:
		break;
	}
	return sample_object(field->shape, true);
}

static json_t *sample_field(const struct ipc_field *field)
{
	return field->is_list ? json_pack("[o]", sample_value(field))
	                      : sample_value(field);
}

/* Returns an object with all fields, or with the required ones only. */
static json_t *sample_object(const struct ipc_shape *shape, bool whole)
{
	json_t *object = json_object();

	for (size_t i = 0; i < shape->field_count; i++)
		if (whole || !shape->fields[i].is_optional)
			(void)json_object_set_new(
			    object, shape->fields[i].name,
			    sample_field(&shape->fields[i]));
	return object;
}

static json_t *sample(const struct ipc_shape *shape)
{
	return js_own(arena, sample_object(shape, true));
}

/* Reads the object, writes what was read and compares. */
static void assert_round_trip(const struct ipc_shape *shape,
                              const json_t *object)
{
	void *read = arena_alloc(arena, shape->size);
	struct error err = { 0 };
	json_t *written = NULL;

	if (!ipc_fields_read(arena, object, shape, read, &err) ||
	    !ipc_fields_write(shape, read, &written, &err))
		fail_msg("%s", err.text);
	js_own(arena, written);
	if (!json_equal(object, written))
		fail_msg("%s: %s is not %s", shape->name,
		         js_dump(arena, written), js_dump(arena, object));
}

static void assert_refused(const struct ipc_shape *shape, const json_t *object,
                           const char *field, const char *problem)
{
	void *read = arena_alloc(arena, shape->size);
	struct error err = { 0 };

	if (ipc_fields_read(arena, object, shape, read, &err))
		fail_msg("%s: %s was read: %s", shape->name, field,
		         js_dump(arena, object));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_string_equal(
	    err.text,
	    arena_printf(arena, "%s: %s %s", shape->name, field, problem));
}

static void every_message_is_read_and_written_back(void **state)
{
	(void)state;
	assert_true(ipc_shape_count > 80);
	for (size_t i = 0; i < ipc_shape_count; i++) {
		assert_round_trip(ipc_shapes[i], sample(ipc_shapes[i]));
		assert_round_trip(
		    ipc_shapes[i],
		    js_own(arena, sample_object(ipc_shapes[i], false)));
	}
}

static void an_unknown_field_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ipc_shape_count; i++) {
		json_t *object = sample(ipc_shapes[i]);

		(void)json_object_set_new(object, "surplus", json_null());
		assert_refused(ipc_shapes[i], object, "surplus", "is unknown");
	}
}

static void a_missing_field_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ipc_shape_count; i++)
		for (size_t j = 0; j < ipc_shapes[i]->field_count; j++) {
			const struct ipc_field *field =
			    &ipc_shapes[i]->fields[j];
			json_t *object = sample(ipc_shapes[i]);

			(void)json_object_del(object, field->name);
			if (field->is_optional)
				assert_round_trip(ipc_shapes[i], object);
			else
				assert_refused(ipc_shapes[i], object,
				               field->name, "is missing");
		}
}

/* A value that no field of that type has. */
static void a_field_of_another_type_is_refused(void **state)
{
	static const char *const problems[] = {
		[IPC_TEXT] = "is not a text",
		[IPC_NUMBER] = "is not a number",
		[IPC_BOOL] = "is not true or false",
		[IPC_FLAG] = "is neither true nor absent",
		[IPC_NAME] = "is not a text",
		[IPC_OBJECT] = "is not an object",
		[IPC_STRUCT] = "is not an object",
	};

	(void)state;
	for (size_t i = 0; i < ipc_shape_count; i++)
		for (size_t j = 0; j < ipc_shapes[i]->field_count; j++) {
			const struct ipc_field *field =
			    &ipc_shapes[i]->fields[j];
			json_t *object = sample(ipc_shapes[i]);

			(void)json_object_set_new(object, field->name,
			                          json_null());
			assert_refused(ipc_shapes[i], object, field->name,
			               field->is_list ? "is not a list"
			                              : problems[field->type]);
			if (!field->is_list)
				continue;
			(void)json_object_set_new(object, field->name,
			                          json_pack("[n]"));
			assert_refused(ipc_shapes[i], object, field->name,
			               problems[field->type]);
		}
}

static void a_name_that_an_enum_does_not_have_is_refused(void **state)
{
	size_t names = 0;

	(void)state;
	for (size_t i = 0; i < ipc_shape_count; i++)
		for (size_t j = 0; j < ipc_shapes[i]->field_count; j++) {
			const struct ipc_field *field =
			    &ipc_shapes[i]->fields[j];
			json_t *object = sample(ipc_shapes[i]);

			if (field->type != IPC_NAME)
				continue;
			(void)json_object_set_new(
			    object, field->name,
			    field->is_list ? json_pack("[s]", "surplus")
					   : json_string("surplus"));
			assert_refused(ipc_shapes[i], object, field->name,
			               "is none of its names");
			names++;
		}
	assert_true(names > 10);
}

/* Returns a text of length bytes, or a list of as many elements. */
static json_t *sample_of_length(const struct ipc_field *field, size_t length)
{
	json_t *list = json_array();

	if (field->is_list) {
		while (json_array_size(list) < length)
			(void)json_array_append_new(list, sample_value(field));
		return list;
	}
	json_decref(list);
	char *text = arena_alloc(arena, length + 1);

	memset(text, 'x', length);
	return json_string(text);
}

static void a_field_that_is_too_long_is_refused(void **state)
{
	size_t limits = 0;

	(void)state;
	for (size_t i = 0; i < ipc_shape_count; i++)
		for (size_t j = 0; j < ipc_shapes[i]->field_count; j++) {
			const struct ipc_field *field =
			    &ipc_shapes[i]->fields[j];
			json_t *object = sample(ipc_shapes[i]);

			if (field->max == 0)
				continue;
			(void)json_object_set_new(
			    object, field->name,
			    sample_of_length(field, field->max));
			assert_round_trip(ipc_shapes[i], object);
			(void)json_object_set_new(
			    object, field->name,
			    sample_of_length(field, field->max + 1));
			assert_refused(ipc_shapes[i], object, field->name,
			               "is too long");
			limits++;
		}
	assert_true(limits > 30);
}

static void an_error_inside_a_list_has_its_path(void **state)
{
	static const char body[] =
	    "{\"items\":[{\"kind\":\"code\",\"key\":\"k\",\"digest\":7}]}";
	struct mac_create_request request;
	struct error err = { 0 };
	json_t *object;

	(void)state;
	assert_true(js_parse(arena, body, strlen(body), &object, NULL));
	assert_false(mac_create_request_read(arena, object, &request, &err));
	assert_string_equal(err.text,
	                    "mac-create request: items.digest is not a text");
}

/* What could not be read again is not written. */
static void a_struct_that_is_not_as_defined_is_not_written(void **state)
{
	static const char *const three[] = { "1", "2", "3" };
	static const struct mac_item item = { .kind = MAC_KIND_CODE };
	const struct link_proved_request many = {
		.person = "p",
		.affiliations = three,
		.affiliations_count = 3,
		.how = LOGIN_METHOD_PWD,
		.receipt = "r",
	};
	struct verify_password_request password = { .login = "kari" };
	const struct mac_create_request mac = { .items = &item,
		                                .items_count = 1 };
	struct subject_identifier_request subject = { "i", 99, "s", "id" };
	struct error err = { 0 };
	json_t *written = NULL;

	(void)state;
	assert_false(link_proved_request_write(&many, &written, &err));
	assert_string_equal(err.text,
	                    "link-proved request: affiliations is too long");
	assert_false(verify_password_request_write(&password, &written, &err));
	assert_string_equal(err.text,
	                    "verify-password request: password is missing");
	password.password = "\xF8";
	assert_false(verify_password_request_write(&password, &written, &err));
	assert_string_equal(err.text,
	                    "verify-password request: password is not UTF-8");
	assert_false(mac_create_request_write(&mac, &written, &err));
	assert_string_equal(err.text, "mac-create request: key is missing");
	assert_false(
	    subject_identifier_request_write(&subject, &written, &err));
	assert_string_equal(
	    err.text, "subject-identifier request: kind is none of its names");
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_null(written);
}

static void an_optional_list_may_be_empty_or_absent(void **state)
{
	struct sync_entries_reply reply;
	json_t *object = js_own(arena, json_pack("{s:[]}", "buckets_needed"));

	(void)state;
	assert_round_trip(ipc_shapes[0], sample(ipc_shapes[0]));
	assert_true(sync_entries_reply_read(arena, object, &reply, NULL));
	assert_non_null(reply.buckets_needed);
	assert_int_equal(reply.buckets_needed_count, 0);
	assert_true(sync_entries_reply_read(arena, js_own(arena, json_object()),
	                                    &reply, NULL));
	assert_null(reply.buckets_needed);
}

static void a_name_has_its_value_and_back(void **state)
{
	(void)state;
	assert_string_equal(password_result_name(PASSWORD_RESULT_MUST_CHANGE),
	                    "must-change");
	assert_int_equal(password_result_from_name("must-change"),
	                 PASSWORD_RESULT_MUST_CHANGE);
	assert_int_equal(password_result_from_name("surplus"), 0);
	assert_int_equal(password_result_from_name(NULL), 0);
	assert_null(password_result_name(PASSWORD_RESULT_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_is_read_and_written_back),
		cmocka_unit_test(an_unknown_field_is_refused),
		cmocka_unit_test(a_missing_field_is_refused),
		cmocka_unit_test(a_field_of_another_type_is_refused),
		cmocka_unit_test(a_name_that_an_enum_does_not_have_is_refused),
		cmocka_unit_test(a_field_that_is_too_long_is_refused),
		cmocka_unit_test(an_error_inside_a_list_has_its_path),
		cmocka_unit_test(
		    a_struct_that_is_not_as_defined_is_not_written),
		cmocka_unit_test(an_optional_list_may_be_empty_or_absent),
		cmocka_unit_test(a_name_has_its_value_and_back),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_arena,
	                                   close_arena);
}
