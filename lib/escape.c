/* SPDX-License-Identifier: AGPL-3.0-or-later
 * escape.c: one escaping function per output language. Each has a table of the
 * special bytes of its specification; other bytes are copied. */
#include "lib/escape.h"

#include <stdio.h>
#include <string.h>

struct escape_rule {
	char byte;
	const char *replacement;
};

static const struct escape_rule html_rules[] = {
	{ '&', "&amp;" },  { '<', "&lt;" },   { '>', "&gt;" },
	{ '"', "&quot;" }, { '\'', "&#39;" }, { 0, NULL },
};

/* Canonical XML 1.0 section 2.3, text nodes and attribute nodes. */
static const struct escape_rule xml_rules[] = {
	{ '&', "&amp;" },  { '<', "&lt;" }, { '>', "&gt;" },
	{ '\r', "&#xD;" }, { 0, NULL },
};
static const struct escape_rule xml_attribute_rules[] = {
	{ '&', "&amp;" },  { '<', "&lt;" },   { '"', "&quot;" },
	{ '\t', "&#x9;" }, { '\n', "&#xA;" }, { '\r', "&#xD;" },
	{ 0, NULL },
};

static const struct escape_rule json_rules[] = {
	{ '"', "\\\"" }, { '\\', "\\\\" }, { '\b', "\\b" }, { '\f', "\\f" },
	{ '\n', "\\n" }, { '\r', "\\r" },  { '\t', "\\t" }, { 0, NULL },
};

/* RFC 4515 section 3. NUL cannot occur in a C string. */
static const struct escape_rule filter_rules[] = {
	{ '*', "\\2a" },  { '(', "\\28" }, { ')', "\\29" },
	{ '\\', "\\5c" }, { 0, NULL },
};

/* RFC 4514 section 2.4; '=' because some servers split at it. */
static const struct escape_rule dn_rules[] = {
	{ '"', "\\\"" }, { '+', "\\+" },   { ',', "\\," },
	{ ';', "\\;" },  { '<', "\\<" },   { '>', "\\>" },
	{ '=', "\\=" },  { '\\', "\\\\" }, { 0, NULL },
};

static const struct escape_rule *escape_find_rule(
    const struct escape_rule *rules, char byte)
{
	for (; rules->replacement; rules++)
		if (rules->byte == byte)
			return rules;
	return NULL;
}

enum { MAX_ESCAPE_RULES = 16, MAX_UTF8_LENGTH = 4 };

/* Copies runs of plain bytes at once. */
static void escape_append(struct strbuf *out, const char *text,
                          const struct escape_rule *rules)
{
	char stops[MAX_ESCAPE_RULES] = "";

	for (size_t i = 0; rules[i].replacement && i < MAX_ESCAPE_RULES - 1;
	     i++)
		stops[i] = rules[i].byte;
	while (text && *text) {
		size_t plain = strcspn(text, stops);

		strbuf_append_bytes(out, text, plain);
		text += plain;
		if (*text)
			strbuf_append(
			    out, escape_find_rule(rules, *text++)->replacement);
	}
}

static bool escape_is_control(char byte)
{
	return (unsigned char)byte < 0x20 || (unsigned char)byte == 0x7F;
}

void escape_html(struct strbuf *out, const char *text)
{
	escape_append(out, text, html_rules);
}

void escape_xml(struct strbuf *out, const char *text)
{
	escape_append(out, text, xml_rules);
}

void escape_xml_attribute(struct strbuf *out, const char *text)
{
	escape_append(out, text, xml_attribute_rules);
}

void escape_filter(struct strbuf *out, const char *text)
{
	escape_append(out, text, filter_rules);
}

static bool escape_is_unreserved(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') ||
	       (byte != '\0' && strchr("-._~", byte));
}

void escape_url(struct strbuf *out, const char *text)
{
	while (text && *text) {
		size_t plain = 0;

		while (escape_is_unreserved(text[plain]))
			plain++;
		strbuf_append_bytes(out, text, plain);
		text += plain;
		if (*text)
			strbuf_appendf(out, "%%%02X", (unsigned char)*text++);
	}
}

void escape_json(struct strbuf *out, const char *text)
{
	for (; text && *text; text++) {
		const struct escape_rule *rule =
		    escape_find_rule(json_rules, *text);

		if (rule)
			strbuf_append(out, rule->replacement);
		else if (escape_is_control(*text))
			strbuf_appendf(out, "\\u%04x", (unsigned char)*text);
		else
			strbuf_append_bytes(out, text, 1);
	}
}

/* RFC 4514 section 2.4: a space at either end and a leading # are escaped. */
static bool escape_is_dn_edge(const char *start, const char *at)
{
	if (*at == ' ')
		return at == start || at[1] == '\0';
	return *at == '#' && at == start;
}

void escape_dn(struct strbuf *out, const char *text)
{
	for (const char *at = text; at && *at; at++) {
		const struct escape_rule *rule =
		    escape_find_rule(dn_rules, *at);

		if (rule)
			strbuf_append(out, rule->replacement);
		else if (escape_is_dn_edge(text, at))
			strbuf_appendf(out, "\\%c", *at);
		else if (escape_is_control(*at))
			strbuf_appendf(out, "\\%02x", (unsigned char)*at);
		else
			strbuf_append_bytes(out, at, 1);
	}
}

/* C1 controls, U+0080 to U+009F: terminals interpret them. */
static bool escape_is_c1_control(const char *at, size_t length)
{
	return length == 2 && at[0] == '\xC2' && (unsigned char)at[1] < 0xA0;
}

const char *escape_log_next(const char *text, char escaped[ESCAPE_LOG_SIZE])
{
	size_t length = text_utf8_length(text, strnlen(text, MAX_UTF8_LENGTH));

	if (*text == '"' || *text == '\\')
		(void)snprintf(escaped, ESCAPE_LOG_SIZE, "\\%c", *text);
	else if (escape_is_c1_control(text, length))
		(void)snprintf(escaped, ESCAPE_LOG_SIZE, "\\x%02x\\x%02x",
		               (unsigned char)text[0], (unsigned char)text[1]);
	else if (length == 0 || escape_is_control(*text))
		(void)snprintf(escaped, ESCAPE_LOG_SIZE, "\\x%02x",
		               (unsigned char)*text);
	else
		(void)snprintf(escaped, ESCAPE_LOG_SIZE, "%.*s", (int)length,
		               text);
	return text + (length ? length : 1);
}

bool escape_log_is_plain(const char *text)
{
	if (!text || !*text)
		return false;
	for (const char *at = text; *at; at++)
		if (escape_is_control(*at) || strchr(" \"\\=", *at))
			return false;
	return text_is_utf8(text, strlen(text));
}

void escape_log(struct strbuf *out, const char *text)
{
	char escaped[ESCAPE_LOG_SIZE];

	while (text && *text) {
		text = escape_log_next(text, escaped);
		strbuf_append(out, escaped);
	}
}

void escape_utf8(struct strbuf *out, const char *text)
{
	while (text && *text) {
		size_t length =
		    text_utf8_length(text, strnlen(text, MAX_UTF8_LENGTH));

		if (length == 0)
			strbuf_appendf(out, "\\x%02x", (unsigned char)*text);
		else
			strbuf_append_bytes(out, text, length);
		text += length ? length : 1;
	}
}

char *escape_string(struct arena *a,
                    void (*escape)(struct strbuf *, const char *),
                    const char *text)
{
	struct strbuf out = strbuf_init(a);

	escape(&out, text);
	return out.data;
}
