/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reply_stream.c: sends a file to portvaktctl in chunks, and writes LDIF (RFC
 * 2849). */
#include <string.h>

#include "idp/admin/leaving.h"
#include "lib/base64.h"
#include "lib/text.h"

enum { PIECE = 3800 }; /* fits one response line */

struct parcel parcel_for(const struct act *t)
{
	return (struct parcel){ .act = t, .waiting = text_in(t->arena) };
}

/* Returns the length of the next chunk, which splits no UTF-8 character. */
static size_t piece_of(const char *text, size_t length)
{
	if (length <= PIECE)
		return length;
	length = PIECE;
	while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

static void send_pieces(struct parcel *p, size_t least)
{
	const char *at = p->waiting.at;
	size_t left = p->waiting.length;

	while (left > least) {
		size_t piece = piece_of(at, left);

		answer_line(p->act->question, "%.*s", (int)piece, at);
		at += piece;
		left -= piece;
	}
	memmove(p->waiting.at, at, left + 1);
	p->waiting.length = left;
}

void parcel_add(struct parcel *p, const char *text)
{
	text_add(&p->waiting, text);
	send_pieces(p, PIECE);
}

void parcel_send(struct parcel *p)
{
	send_pieces(p, 0);
}

/* ---- LDIF */

/* RFC 2849: returns whether the value is a SAFE-STRING without trailing
 * blank. */
static bool is_safe(const struct directory_value *v)
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

void ldif_value(struct parcel *p, const char *name,
                const struct directory_value *v)
{
	struct arena *a = arena_open();

	if (is_safe(v))
		parcel_add(p, arena_print(a, "%s: %.*s\n", name, (int)v->length,
		                          v->bytes));
	else
		parcel_add(p,
		           arena_print(a, "%s:: %s\n", name,
		                       base64_write(a, v->bytes, v->length)));
	arena_close(a);
}

void ldif_text(struct parcel *p, const char *name, const char *value)
{
	if (value)
		ldif_value(p, name,
		           &(struct directory_value){ (char *)(uintptr_t)value,
		                                      strlen(value) });
}

/* Returns false for secrets, which are not exported even if the catalogue's
 * access rules let admin read them. */
static bool may_leave(const char *name)
{
	static const char *const kept[] = { "portvaktNationalId",
		                            "portvaktJoin", "userPassword",
		                            "norEduPersonNIN" };

	for (size_t i = 0; i < LENGTH(kept); i++)
		if (strcasecmp(name, kept[i]) == 0)
			return false;
	return true;
}

void ldif_entry(struct parcel *p, const struct directory_entry *e,
                bool (*keep)(void *with, const char *name,
                             const struct directory_value *v),
                void *with)
{
	ldif_text(p, "dn", e->dn);
	for (size_t i = 0; i < e->count; i++) {
		const struct directory_attribute *at = &e->attributes[i];

		for (size_t v = 0; may_leave(at->name) && v < at->count; v++)
			if (!keep || keep(with, at->name, &at->values[v]))
				ldif_value(p, at->name, &at->values[v]);
	}
}
