/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_fields.c: JSON objects to structs and back, strictly: a message that is
 * not as its definition is an error at both ends. */
#include "region/ipc/ipc_fields.h"

#include <stdint.h>
#include <string.h>

#include "lib/strbuf.h"

/* Where an error is: a struct inside a message has a path. */
struct ipc_place {
	const char *message, *path;
	const struct ipc_field *field;
};

static bool ipc_field_error(const struct ipc_place *at, const char *problem,
                            struct error *err)
{
	return error_set(err, ERROR_INVALID, "%s: %s%s %s", at->message,
	                 at->path, at->field->name, problem);
}

static bool ipc_field_too_long(const struct ipc_place *at, size_t length,
                               struct error *err)
{
	return at->field->max == 0 || length <= at->field->max ||
	       ipc_field_error(at, "is too long", err);
}

/* ---- reading */

static bool ipc_struct_read(struct arena *a, const char *message,
                            const char *path, const json_t *object,
                            const struct ipc_shape *shape, void *ret,
                            struct error *err);

static bool ipc_read_text(const struct ipc_place *at, const json_t *value,
                          void *ret, struct error *err)
{
	const char *text = json_string_value(value);

	if (!text)
		return ipc_field_error(at, "is not a text", err);
	if (!at->field->is_list &&
	    !ipc_field_too_long(at, json_string_length(value), err))
		return false;
	memcpy(ret, &text, sizeof(text));
	return true;
}

static bool ipc_read_number(const struct ipc_place *at, const json_t *value,
                            void *ret, struct error *err)
{
	const long long number = json_integer_value(value);

	if (!json_is_integer(value))
		return ipc_field_error(at, "is not a number", err);
	memcpy(ret, &number, sizeof(number));
	return true;
}

static bool ipc_read_bool(const struct ipc_place *at, const json_t *value,
                          void *ret, struct error *err)
{
	const bool is_true = json_is_true(value);

	if (!json_is_boolean(value))
		return ipc_field_error(at, "is not true or false", err);
	memcpy(ret, &is_true, sizeof(is_true));
	return true;
}

static bool ipc_read_flag(const struct ipc_place *at, const json_t *value,
                          void *ret, struct error *err)
{
	const bool is_true = true;

	if (!json_is_true(value))
		return ipc_field_error(at, "is neither true nor absent", err);
	memcpy(ret, &is_true, sizeof(is_true));
	return true;
}

static bool ipc_read_name(const struct ipc_place *at, const json_t *value,
                          void *ret, struct error *err)
{
	const char *text = json_string_value(value);
	unsigned number = 1;

	if (!text)
		return ipc_field_error(at, "is not a text", err);
	while (number < at->field->name_count &&
	       !text_equal(at->field->names[number], text))
		number++;
	if (number == at->field->name_count)
		return ipc_field_error(at, "is none of its names", err);
	memcpy(ret, &number, sizeof(number));
	return true;
}

static bool ipc_read_object(const struct ipc_place *at, const json_t *value,
                            void *ret, struct error *err)
{
	if (!json_is_object(value))
		return ipc_field_error(at, "is not an object", err);
	memcpy(ret, &value, sizeof(value));
	return true;
}

static const char *ipc_inner_path(struct arena *a, const struct ipc_place *at)
{
	return arena_printf(a, "%s%s.", at->path, at->field->name);
}

/* Reads the struct itself; a pointer to it is made by the caller. */
static bool ipc_read_inner(struct arena *a, const struct ipc_place *at,
                           const json_t *value, void *ret, struct error *err)
{
	if (!json_is_object(value))
		return ipc_field_error(at, "is not an object", err);
	return ipc_struct_read(a, at->message, ipc_inner_path(a, at), value,
	                       at->field->shape, ret, err);
}

static const struct {
	size_t size; /* of the member, or of an element of a list */
	bool (*read)(const struct ipc_place *at, const json_t *value, void *ret,
	             struct error *err);
} ipc_types[] = {
	[IPC_TEXT] = { sizeof(const char *), ipc_read_text },
	[IPC_NUMBER] = { sizeof(long long), ipc_read_number },
	[IPC_BOOL] = { sizeof(bool), ipc_read_bool },
	[IPC_FLAG] = { sizeof(bool), ipc_read_flag },
	[IPC_NAME] = { sizeof(unsigned), ipc_read_name },
	[IPC_OBJECT] = { sizeof(json_t *), ipc_read_object },
	[IPC_STRUCT] = { 0, NULL },
};

static size_t ipc_element_size(const struct ipc_field *field)
{
	return field->type == IPC_STRUCT ? field->shape->size
	                                 : ipc_types[field->type].size;
}

static bool ipc_read_element(struct arena *a, const struct ipc_place *at,
                             const json_t *value, void *ret, struct error *err)
{
	if (at->field->type == IPC_STRUCT)
		return ipc_read_inner(a, at, value, ret, err);
	return ipc_types[at->field->type].read(at, value, ret, err);
}

static bool ipc_read_list(struct arena *a, const struct ipc_place *at,
                          const json_t *value, char *ret_struct,
                          struct error *err)
{
	const size_t size = ipc_element_size(at->field);
	const size_t count = json_array_size(value);

	if (!json_is_array(value))
		return ipc_field_error(at, "is not a list", err);
	if (!ipc_field_too_long(at, count, err))
		return false;
	/* An empty list is not an absent one. */
	char *list = arena_alloc_array(a, count + 1, size);

	for (size_t i = 0; i < count; i++)
		if (!ipc_read_element(a, at, json_array_get(value, i),
		                      list + i * size, err))
			return false;
	memcpy(ret_struct + at->field->offset, &list, sizeof(list));
	memcpy(ret_struct + at->field->count_offset, &count, sizeof(count));
	return true;
}

static bool ipc_read_field(struct arena *a, const struct ipc_place *at,
                           const json_t *value, char *ret_struct,
                           struct error *err)
{
	if (!value)
		return at->field->is_optional ||
		       ipc_field_error(at, "is missing", err);
	if (at->field->is_list)
		return ipc_read_list(a, at, value, ret_struct, err);
	if (at->field->type != IPC_STRUCT)
		return ipc_read_element(a, at, value,
		                        ret_struct + at->field->offset, err);
	void *inner = arena_alloc(a, at->field->shape->size);

	memcpy(ret_struct + at->field->offset, &inner, sizeof(inner));
	return ipc_read_element(a, at, value, inner, err);
}

/* All fields are read, so an object with more members has an unknown one. */
static bool ipc_refuse_unknown(const char *message, const char *path,
                               const json_t *object,
                               const struct ipc_shape *shape, struct error *err)
{
	json_t *any = (json_t *)(uintptr_t)object;

	for (void *i = json_object_iter(any); i;
	     i = json_object_iter_next(any, i)) {
		size_t at = 0;

		while (at < shape->field_count &&
		       !text_equal(shape->fields[at].name,
		                   json_object_iter_key(i)))
			at++;
		if (at == shape->field_count)
			return error_set(err, ERROR_INVALID,
			                 "%s: %s%.40s is unknown", message,
			                 path, json_object_iter_key(i));
	}
	return true;
}

static bool ipc_struct_read(struct arena *a, const char *message,
                            const char *path, const json_t *object,
                            const struct ipc_shape *shape, void *ret,
                            struct error *err)
{
	size_t known = 0;

	for (size_t i = 0; i < shape->field_count; i++) {
		const struct ipc_place at = { message, path,
			                      &shape->fields[i] };
		const json_t *value = json_object_get(object, at.field->name);

		if (!ipc_read_field(a, &at, value, ret, err))
			return false;
		known += value != NULL;
	}
	return known == json_object_size(object) ||
	       ipc_refuse_unknown(message, path, object, shape, err);
}

bool ipc_fields_read(struct arena *a, const json_t *object,
                     const struct ipc_shape *shape, void *ret,
                     struct error *err)
{
	void *read = arena_alloc(a, shape->size);

	if (!ipc_struct_read(a, shape->name, "", object, shape, read, err))
		return false;
	memcpy(ret, read, shape->size);
	return true;
}

/* ---- writing */

static bool ipc_struct_write(const char *message, const struct ipc_shape *shape,
                             const void *from, json_t **ret, struct error *err);

static bool ipc_write_text(const struct ipc_place *at, const void *from,
                           json_t **ret, struct error *err)
{
	const char *text;

	memcpy(&text, from, sizeof(text));
	if (!text)
		return ipc_field_error(at, "is missing", err);
	if (!at->field->is_list && !ipc_field_too_long(at, strlen(text), err))
		return false;
	*ret = json_string(text);
	return *ret || ipc_field_error(at, "is not UTF-8", err);
}

static bool ipc_write_number(const struct ipc_place *at, const void *from,
                             json_t **ret, struct error *err)
{
	long long number;

	(void)at, (void)err;
	memcpy(&number, from, sizeof(number));
	*ret = json_integer(number);
	return true;
}

static bool ipc_write_bool(const struct ipc_place *at, const void *from,
                           json_t **ret, struct error *err)
{
	bool is_true;

	(void)at, (void)err;
	memcpy(&is_true, from, sizeof(is_true));
	*ret = json_boolean(is_true);
	return true;
}

static bool ipc_write_name(const struct ipc_place *at, const void *from,
                           json_t **ret, struct error *err)
{
	unsigned number;

	memcpy(&number, from, sizeof(number));
	if (number == 0)
		return ipc_field_error(at, "is missing", err);
	if (number >= at->field->name_count)
		return ipc_field_error(at, "is none of its names", err);
	*ret = json_string(at->field->names[number]);
	return true;
}

static bool ipc_write_object(const struct ipc_place *at, const void *from,
                             json_t **ret, struct error *err)
{
	json_t *object;

	memcpy(&object, from, sizeof(object));
	if (!object)
		return ipc_field_error(at, "is missing", err);
	if (!json_is_object(object))
		return ipc_field_error(at, "is not an object", err);
	*ret = json_incref(object);
	return true;
}

/* from: the struct itself. */
static bool ipc_write_inner(const struct ipc_place *at, const void *from,
                            json_t **ret, struct error *err)
{
	return ipc_struct_write(at->message, at->field->shape, from, ret, err);
}

static bool ipc_write_element(const struct ipc_place *at, const void *from,
                              json_t **ret, struct error *err)
{
	static bool (*const writers[])(const struct ipc_place *at,
	                               const void *from, json_t **ret,
	                               struct error *err) = {
		[IPC_TEXT] = ipc_write_text,    [IPC_NUMBER] = ipc_write_number,
		[IPC_BOOL] = ipc_write_bool,    [IPC_FLAG] = ipc_write_bool,
		[IPC_NAME] = ipc_write_name,    [IPC_OBJECT] = ipc_write_object,
		[IPC_STRUCT] = ipc_write_inner,
	};

	return writers[at->field->type](at, from, ret, err);
}

static bool ipc_write_list(const struct ipc_place *at, const char *list,
                           size_t count, json_t **ret, struct error *err)
{
	own(release_json) json_t *array = json_array();
	json_t *value = NULL;

	if (!ipc_field_too_long(at, count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!ipc_write_element(at,
		                       list + i * ipc_element_size(at->field),
		                       &value, err))
			return false;
		(void)json_array_append_new(array, value);
	}
	*ret = json_incref(array);
	return true;
}

static bool ipc_field_is_absent(const struct ipc_field *field, const char *from)
{
	const void *pointer = NULL;
	unsigned number = 0;

	if (field->is_list || field->type == IPC_TEXT ||
	    field->type == IPC_OBJECT || field->type == IPC_STRUCT) {
		memcpy(&pointer, from, sizeof(pointer));
		return !pointer;
	}
	if (field->type == IPC_NAME)
		memcpy(&number, from, sizeof(number));
	if (field->type == IPC_FLAG)
		number = *(const bool *)from;
	return number == 0 && field->type != IPC_NUMBER &&
	       field->type != IPC_BOOL;
}

static bool ipc_write_field(const struct ipc_place *at, const char *from,
                            json_t **ret, struct error *err)
{
	const char *member = from + at->field->offset, *inner;
	size_t count = 0;

	if (at->field->is_list)
		memcpy(&count, from + at->field->count_offset, sizeof(count));
	/* A required list may be empty. */
	if (ipc_field_is_absent(at->field, member) && count == 0 &&
	    (at->field->is_optional || !at->field->is_list))
		return at->field->is_optional ||
		       ipc_field_error(at, "is missing", err);
	if (!at->field->is_list && at->field->type != IPC_STRUCT)
		return ipc_write_element(at, member, ret, err);
	memcpy(&inner, member, sizeof(inner));
	return at->field->is_list ? ipc_write_list(at, inner, count, ret, err)
	                          : ipc_write_element(at, inner, ret, err);
}

static bool ipc_struct_write(const char *message, const struct ipc_shape *shape,
                             const void *from, json_t **ret, struct error *err)
{
	own(release_json) json_t *object = json_object();

	for (size_t i = 0; i < shape->field_count; i++) {
		const struct ipc_place at = { message, "", &shape->fields[i] };
		json_t *value = NULL;

		if (!ipc_write_field(&at, from, &value, err))
			return false;
		if (value)
			(void)json_object_set_new(object, at.field->name,
			                          value);
	}
	*ret = json_incref(object);
	return true;
}

bool ipc_fields_write(const struct ipc_shape *shape, const void *from,
                      json_t **ret, struct error *err)
{
	return ipc_struct_write(shape->name, shape, from, ret, err);
}
