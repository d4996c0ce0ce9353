/* SPDX-License-Identifier: AGPL-3.0-or-later
 * json.h: JSON by Jansson. Its json_* functions are available to every
 * includer; JSON from outside is parsed by js_parse only, which enforces the
 * limits. */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <jansson.h>

#include "lib/arena.h"
#include "lib/cleanup.h"
#include "lib/error.h"

struct strbuf;

DEFINE_CLEANUP(release_json, json_t *, json_decref)

/* Parses one JSON object, owned by the arena. On error ERROR_INVALID:
 * duplicate names, depth over 32, invalid UTF-8, U+0000, or a value that is not
 * an object. */
bool js_parse(struct arena *a, const char *bytes, size_t length,
              json_t **ret_object, struct error *err) must_check;

/* Returns the value as compact JSON with sorted names, owned by the arena. */
char *js_dump(struct arena *a, const json_t *value);

/* Appends the value as compact JSON, names in insertion order. */
void js_append(struct strbuf *t, const json_t *value);

/* Return a member's value: NULL, fallback or false if the name is absent or the
 * value has another type. Strings are owned by the object. */
const char *js_string(const json_t *object, const char *name);
long long js_number(const json_t *object, const char *name, long long fallback);
bool js_true(const json_t *object, const char *name);
json_t *js_array(const json_t *object, const char *name);  /* NULL if none */
json_t *js_object(const json_t *object, const char *name); /* NULL if none */

/* Transfers ownership of a value, such as one of json_pack, to the arena.
 * Returns the value. */
json_t *js_own(struct arena *a, json_t *value);

/* Sets a string member; a NULL value leaves the name out. */
void js_set_string(json_t *object, const char *name, const char *value);

#endif
