/* SPDX-License-Identifier: AGPL-3.0-or-later
 * messages_fuzz.c: an arbitrary JSON object into the reader of every message.
 * What a reader accepts is written back as the same object; what it refuses is
 * an error that names the message. */
#include "tests/fuzz/fuzz.h"

#include "ipc_messages.h"
#include "lib/json.h"

static void read_as(struct arena *a, const json_t *object,
                    const struct ipc_shape *shape)
{
	void *read = arena_alloc(a, shape->size);
	struct error err = { 0 };
	json_t *written = NULL;

	if (!ipc_fields_read(a, object, shape, read, &err)) {
		assert(err.kind == ERROR_INVALID);
		assert(strncmp(err.text, shape->name, strlen(shape->name)) ==
		       0);
		return;
	}
	assert(ipc_fields_write(shape, read, &written, &err));
	assert(json_equal(object, written));
	json_decref(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct ipc_envelope envelope;
	json_t *object;

	if (js_parse(a, fuzz_exact(a, data, size), size, &object, NULL)) {
		for (size_t i = 0; i < ipc_shape_count; i++)
			read_as(a, object, ipc_shapes[i]);
		if (ipc_envelope_take(a, object, &envelope, NULL))
			assert(!json_object_get(object, "conf") &&
			       !json_object_get(object, "request"));
	}
	arena_close(a);
	return 0;
}
