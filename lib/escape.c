/* SPDX-License-Identifier: AGPL-3.0-or-later
 * escape.c: one escaping function per output language. Each has a table of the
 * special bytes of its specification; other bytes are copied. */
#include "lib/escape.h"

#include <string.h>

enum { LOG_MOST = 1024 };

struct mark {
	char byte;
	const char *written;
};

static const struct mark html_marks[] = {
	{ '&', "&amp;" },  { '<', "&lt;" },   { '>', "&gt;" },
	{ '"', "&quot;" }, { '\'', "&#39;" }, { 0, NULL },
};

/* Canonical XML 1.0 section 2.3, text nodes and attribute nodes. */
static const struct mark xml_marks[] = {
	{ '&', "&amp;" },  { '<', "&lt;" }, { '>', "&gt;" },
	{ '\r', "&#xD;" }, { 0, NULL },
};
static const struct mark xml_attribute_marks[] = {
	{ '&', "&amp;" },  { '<', "&lt;" },   { '"', "&quot;" },
	{ '\t', "&#x9;" }, { '\n', "&#xA;" }, { '\r', "&#xD;" },
	{ 0, NULL },
};

static const struct mark json_marks[] = {
	{ '"', "\\\"" }, { '\\', "\\\\" }, { '\b', "\\b" }, { '\f', "\\f" },
	{ '\n', "\\n" }, { '\r', "\\r" },  { '\t', "\\t" }, { 0, NULL },
};

/* RFC 4515 section 3. NUL cannot occur in a C string. */
static const struct mark filter_marks[] = {
	{ '*', "\\2a" },  { '(', "\\28" }, { ')', "\\29" },
	{ '\\', "\\5c" }, { 0, NULL },
};

/* RFC 4514 section 2.4; '=' because some servers split at it. */
static const struct mark dn_marks[] = {
	{ '"', "\\\"" }, { '+', "\\+" },   { ',', "\\," },
	{ ';', "\\;" },  { '<', "\\<" },   { '>', "\\>" },
	{ '=', "\\=" },  { '\\', "\\\\" }, { 0, NULL },
};

static const struct mark *find_mark(const struct mark *marks, char byte)
{
	for (; marks->written; marks++)
		if (marks->byte == byte)
			return marks;
	return NULL;
}

enum { MARKS_MOST = 16 };

/* Copies runs of plain bytes at once. */
static void write_marked(struct text *out, const char *text,
                         const struct mark *marks)
{
	char stops[MARKS_MOST] = "";

	for (size_t i = 0; marks[i].written && i < MARKS_MOST - 1; i++)
		stops[i] = marks[i].byte;
	while (text && *text) {
		size_t plain = strcspn(text, stops);

		text_add_bytes(out, text, plain);
		text += plain;
		if (*text)
			text_add(out, find_mark(marks, *text++)->written);
	}
}

static bool is_control(char byte)
{
	return (unsigned char)byte < 0x20 || (unsigned char)byte == 0x7F;
}

void escape_html(struct text *out, const char *text)
{
	write_marked(out, text, html_marks);
}

void escape_xml(struct text *out, const char *text)
{
	write_marked(out, text, xml_marks);
}

void escape_xml_attribute(struct text *out, const char *text)
{
	write_marked(out, text, xml_attribute_marks);
}

void escape_filter(struct text *out, const char *text)
{
	write_marked(out, text, filter_marks);
}

static bool is_unreserved(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') ||
	       (byte != '\0' && strchr("-._~", byte));
}

void escape_url(struct text *out, const char *text)
{
	while (text && *text) {
		size_t plain = 0;

		while (is_unreserved(text[plain]))
			plain++;
		text_add_bytes(out, text, plain);
		text += plain;
		if (*text)
			text_addf(out, "%%%02X", (unsigned char)*text++);
	}
}

void escape_json(struct text *out, const char *text)
{
	for (; text && *text; text++) {
		const struct mark *mark = find_mark(json_marks, *text);

		if (mark)
			text_add(out, mark->written);
		else if (is_control(*text))
			text_addf(out, "\\u%04x", (unsigned char)*text);
		else
			text_add_bytes(out, text, 1);
	}
}

/* RFC 4514 section 2.4: a space at either end and a leading # are escaped. */
static bool is_edge(const char *start, const char *at)
{
	if (*at == ' ')
		return at == start || at[1] == '\0';
	return *at == '#' && at == start;
}

void escape_dn(struct text *out, const char *text)
{
	for (const char *at = text; at && *at; at++) {
		const struct mark *mark = find_mark(dn_marks, *at);

		if (mark)
			text_add(out, mark->written);
		else if (is_edge(text, at))
			text_addf(out, "\\%c", *at);
		else if (is_control(*at))
			text_addf(out, "\\%02x", (unsigned char)*at);
		else
			text_add_bytes(out, at, 1);
	}
}

void escape_log(struct text *out, const char *text)
{
	const char *end = text ? text + strnlen(text, LOG_MOST) : NULL;
	bool whole = text && text_is_utf8(text, strlen(text));

	for (; text && text < end; text++) {
		bool strange = !whole && (unsigned char)*text >= 0x80;

		if (*text == '\\')
			text_add(out, "\\\\");
		else if (is_control(*text) || strange)
			text_addf(out, "\\x%02x", (unsigned char)*text);
		else
			text_add_bytes(out, text, 1);
	}
}

char *escaped(struct arena *a, void (*escape)(struct text *, const char *),
              const char *text)
{
	struct text out = text_in(a);

	escape(&out, text);
	return out.at;
}
