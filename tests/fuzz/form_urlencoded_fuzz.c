/* SPDX-License-Identifier: AGPL-3.0-or-later
 * form_urlencoded_fuzz.c: arbitrary bytes as a form. Parameters parsed, escaped
 * and parsed again are the same, without NUL or invalid UTF-8.
 *
 * with: idp/http/form_urlencoded.c
 */
#include "tests/fuzz/fuzz.h"

#include "idp/http/form_urlencoded.h"
#include "lib/escape.h"

static char *escaped_parameters(struct arena *a,
                                const struct http_field *parameters,
                                size_t count)
{
	struct strbuf t = strbuf_init(a);

	for (size_t i = 0; i < count; i++) {
		escape_url(&t, parameters[i].name);
		strbuf_append(&t, "=");
		escape_url(&t, parameters[i].value);
		strbuf_append(&t, "&");
	}
	return t.data;
}

static void as_form(struct arena *a, const char *bytes, size_t length)
{
	struct error err = { 0 };
	struct http_field *parameters, *again;
	size_t count, count_again;

	if (!form_decode(a, bytes, length, &parameters, &count, &err)) {
		assert(err.kind == ERROR_INVALID && err.reason);
		return;
	}
	assert(count <= FORM_PARAMS_MAX);
	char *text = escaped_parameters(a, parameters, count);

	assert(form_decode(a, text, strlen(text), &again, &count_again, &err));
	assert(count == count_again);
	for (size_t i = 0; i < count; i++) {
		assert(strcmp(parameters[i].name, again[i].name) == 0);
		assert(strcmp(parameters[i].value, again[i].value) == 0);
		assert(text_is_utf8(parameters[i].value,
		                    strlen(parameters[i].value)));
	}
}

/* No %00 was decoded: the values have as many characters as the bytes, an
 * escape counted as one. */
static void nothing_is_cut(struct arena *a, const char *bytes, size_t length)
{
	struct error err = { 0 };
	struct http_field *parameters;
	size_t count, letters = 0, sent = 0;

	if (!form_decode(a, bytes, length, &parameters, &count, &err))
		return;
	for (size_t i = 0; i < count; i++)
		letters +=
		    strlen(parameters[i].name) + strlen(parameters[i].value);
	for (size_t i = 0; i < length; i++)
		sent += bytes[i] != '&' && bytes[i] != '%';
	for (size_t i = 0; i < length; i++)
		sent -= bytes[i] == '%';
	/* The first = of each parameter is not counted. */
	assert(letters <= sent && sent - letters <= count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	const char *bytes = fuzz_exact(a, data, size);

	as_form(a, bytes, size);
	nothing_is_cut(a, bytes, size);
	arena_close(a);
	return 0;
}
