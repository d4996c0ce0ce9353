/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reply_stream.c: sends a file to portvaktctl in chunks, and writes LDIF (RFC
 * 2849). */
#include <string.h>

#include "idp/admin/command/reply_stream.h"
#include "lib/base64.h"
#include "lib/strbuf.h"

enum { CHUNK_BYTES = 3800 }; /* fits one response line */

struct reply_stream reply_stream_init(const struct admin_command *cmd)
{
	return (struct reply_stream){ .cmd = cmd,
		                      .pending = strbuf_init(cmd->arena) };
}

/* Returns the length of the next chunk, which splits no UTF-8 character. */
static size_t reply_stream_chunk_length(const char *text, size_t length)
{
	if (length <= CHUNK_BYTES)
		return length;
	length = CHUNK_BYTES;
	while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

static void reply_stream_send_chunks(struct reply_stream *out,
                                     size_t max_pending)
{
	const char *at = out->pending.data;
	size_t remaining = out->pending.length;

	while (remaining > max_pending) {
		size_t length = reply_stream_chunk_length(at, remaining);

		ipc_reply_line(out->cmd->request, "%.*s", (int)length, at);
		at += length;
		remaining -= length;
	}
	memmove(out->pending.data, at, remaining + 1);
	out->pending.length = remaining;
}

void reply_stream_append(struct reply_stream *out, const char *text)
{
	strbuf_append(&out->pending, text);
	reply_stream_send_chunks(out, CHUNK_BYTES);
}

void reply_stream_flush(struct reply_stream *out)
{
	reply_stream_send_chunks(out, 0);
}

/* ---- LDIF */

/* RFC 2849: returns whether the value is a SAFE-STRING without trailing
 * blank. */
static bool ldif_is_safe_string(const struct directory_value *v)
{
	if (v->length > 0 &&
	    (strchr(" :<", v->bytes[0]) || v->bytes[v->length - 1] == ' '))
		return false;
	for (size_t i = 0; i < v->length; i++)
		if ((unsigned char)v->bytes[i] >= 0x80 ||
		    strchr("\r\n", v->bytes[i]))
			return false;
	return true;
}

void ldif_write_value(struct reply_stream *out, const char *name,
                      const struct directory_value *v)
{
	struct arena *a = arena_open();

	if (ldif_is_safe_string(v))
		reply_stream_append(out,
		                    arena_printf(a, "%s: %.*s\n", name,
		                                 (int)v->length, v->bytes));
	else
		reply_stream_append(
		    out, arena_printf(a, "%s:: %s\n", name,
		                      base64_encode(a, v->bytes, v->length)));
	arena_close(a);
}

void ldif_write_text(struct reply_stream *out, const char *name,
                     const char *value)
{
	if (value)
		ldif_write_value(out, name,
		                 &(struct directory_value){
				     (char *)(uintptr_t)value, strlen(value) });
}

/* Returns false for secrets, which are not exported even if the catalogue's
 * access rules let admin read them. */
static bool ldif_attribute_is_exported(const char *name)
{
	static const char *const kept[] = { "portvaktNationalId",
		                            "portvaktJoin", "userPassword",
		                            "norEduPersonNIN" };

	for (size_t i = 0; i < LENGTH(kept); i++)
		if (strcasecmp(name, kept[i]) == 0)
			return false;
	return true;
}

void ldif_write_entry(struct reply_stream *out, const struct directory_entry *e,
                      bool (*keep)(void *data, const char *name,
                                   const struct directory_value *v),
                      void *data)
{
	ldif_write_text(out, "dn", e->dn);
	for (size_t i = 0; i < e->count; i++) {
		const struct directory_attribute *at = &e->attributes[i];

		for (size_t v = 0;
		     ldif_attribute_is_exported(at->name) && v < at->count; v++)
			if (!keep || keep(data, at->name, &at->values[v]))
				ldif_write_value(out, at->name, &at->values[v]);
	}
}
