/* SPDX-License-Identifier: AGPL-3.0-or-later
 * json.h: the door to jansson.  Its json_* functions may be used by whoever
 * includes this; reading strangers' bytes goes through js_read, which sets
 * the limits. */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <jansson.h>

#include "lib/arena.h"
#include "lib/fault.h"
#include "lib/own.h"

OWNER(release_json, json_t *, json_decref)

/* The one JSON object in these bytes, living in a.  INVALID for duplicate
 * names, depth over 32, invalid UTF-8, U+0000, or anything but an object. */
bool js_read(struct arena *a, const char *bytes, size_t length,
             json_t **ret_object, struct fault *why) must_check;

/* Compact text with sorted names, living in a. */
char *js_write(struct arena *a, const json_t *value);

/* The same behind what stands in t, names in the order in which they came. */
struct text;
void js_add(struct text *t, const json_t *value);

/* Members of an object: NULL, fallback or false where the name is absent or
 * its value of another type.  Strings live as long as the object. */
const char *js_string(const json_t *object, const char *name);
long long js_number(const json_t *object, const char *name, long long fallback);
bool js_true(const json_t *object, const char *name);
json_t *js_array(const json_t *object, const char *name);  /* NULL if none */
json_t *js_object(const json_t *object, const char *name); /* NULL if none */

/* Gives value to the arena to release; returns it.  For what json_pack made. */
json_t *js_keep(struct arena *a, json_t *value);

/* Sets a string member; NULL for value leaves the name out. */
void js_put(json_t *object, const char *name, const char *value);

#endif
