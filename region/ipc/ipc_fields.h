/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_fields.h: reads and writes the bodies of messages by a table of their
 * fields.  make-ipc-messages.awk makes the tables of ipc_messages.def. */
#ifndef REGION_IPC_IPC_FIELDS_H
#define REGION_IPC_IPC_FIELDS_H

#include "lib/json.h"

enum ipc_field_type {
	IPC_TEXT = 0, /* const char * */
	IPC_NUMBER,   /* long long */
	IPC_BOOL,     /* bool */
	IPC_FLAG,     /* bool; the member is absent or true */
	IPC_NAME,     /* an enum; 0: absent */
	IPC_OBJECT,   /* json_t *, any object */
	IPC_STRUCT,   /* a pointer to a struct of shape */
};

/* A field is NULL or 0 where it is absent, and only an optional one may be. A
 * list is a pointer to its elements, with their count beside it. */
struct ipc_field {
	const char *name; /* of the JSON member */
	enum ipc_field_type type;
	bool is_list, is_optional;
	size_t max; /* bytes of a text, elements of a list; 0: the frame's */
	size_t offset, count_offset;
	const char *const *names; /* of an enum, by its values */
	size_t name_count;
	const struct ipc_shape *shape; /* of a struct */
};

/* The fields of a struct. */
struct ipc_shape {
	const char *name; /* "verify-password request" */
	size_t size;
	const struct ipc_field *fields;
	size_t field_count;
};

/* Reads object, which belongs to a, into *ret, a struct of this shape whose
 * texts are those of object.  On error ERROR_INVALID, with the names of the
 * shape and the field: a member that is unknown, missing, of another type or
 * too long; *ret is unchanged. */
bool ipc_fields_read(struct arena *a, const json_t *object,
                     const struct ipc_shape *shape, void *ret,
                     struct error *err) must_check;

/* Sets *ret to a new object of the struct at from, which the caller releases.
 * On error ERROR_INVALID, as above: what is written can be read. */
bool ipc_fields_write(const struct ipc_shape *shape, const void *from,
                      json_t **ret, struct error *err) must_check;

#endif
