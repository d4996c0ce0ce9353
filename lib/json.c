/* SPDX-License-Identifier: AGPL-3.0-or-later
 * json.c: JSON (RFC 8259) by Jansson. All JSON from outside is parsed here,
 * within limits. */
#include "lib/json.h"

#include <assert.h>

enum { MAX_JSON_DEPTH = 32 };

static void js_decref(void *value)
{
	json_decref(value);
}

/* Jansson's own depth limit is 2,048, fixed at compile time. Brackets inside
 * strings do not count. */
static bool js_depth_is_allowed(const char *bytes, size_t length)
{
	int depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < length; i++) {
		char c = bytes[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']'))
			depth--;
		if (depth > MAX_JSON_DEPTH)
			return false;
	}
	return true;
}

bool js_parse(struct arena *a, const char *bytes, size_t length,
              json_t **ret_object, struct error *err)
{
	json_error_t error = { 0 };

	if (!bytes || length == 0)
		return error_set(err, ERROR_INVALID, "JSON is empty");
	if (!js_depth_is_allowed(bytes, length))
		return error_set(err, ERROR_INVALID,
		                 "JSON is nested too deeply");
	/* By default Jansson rejects \u0000 and invalid UTF-8. */
	json_t *value =
	    json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
	/* error.text quotes the input, which may contain a secret. */
	if (!value)
		return error_set(err, ERROR_INVALID,
		                 "invalid JSON at line %d, column %d",
		                 error.line, error.column);
	js_own(a, value);
	if (!json_is_object(value))
		return error_set(err, ERROR_INVALID, "JSON is not an object");
	*ret_object = value;
	return true;
}

const char *js_string(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

long long js_number(const json_t *object, const char *name, long long fallback)
{
	const json_t *value = json_object_get(object, name);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool js_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

json_t *js_array(const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return json_is_array(value) ? value : NULL;
}

json_t *js_object(const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return json_is_object(value) ? value : NULL;
}

json_t *js_own(struct arena *a, json_t *value)
{
	assert(value);
	return arena_own(a, value, js_decref);
}

void js_set_string(json_t *object, const char *name, const char *value)
{
	if (value)
		(void)json_object_set_new(object, name, json_string(value));
}
