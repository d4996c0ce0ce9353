/* SPDX-License-Identifier: AGPL-3.0-or-later
 * xml_scan.c: checks XML before the parser. It separates tags from text,
 * counts, and rejects forbidden constructs and everything it does not
 * recognise. The parser checks well-formedness. */
#include "lib/xml_scan.h"

#include <string.h>
#include <strings.h>

#include "lib/strbuf.h"

struct xml_scanner {
	const char *at, *end;
	enum xml_source source;
	size_t elements;
	size_t depth;
	bool root_closed;
	struct error *err;
};

static bool xml_scan_reject(const struct xml_scanner *s, const char *what)
{
	return error_set(s->err, ERROR_INVALID, "XML: %s", what);
}

static bool xml_scan_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void xml_scan_skip_blanks(struct xml_scanner *s)
{
	while (s->at < s->end && xml_scan_is_blank(*s->at))
		s->at++;
}

static bool xml_scan_matches(const struct xml_scanner *s, const char *token)
{
	size_t length = strlen(token);

	return (size_t)(s->end - s->at) >= length &&
	       memcmp(s->at, token, length) == 0;
}

/* Advances past the next delimiter; returns false if there is none. */
static bool xml_scan_skip_past(struct xml_scanner *s, const char *token)
{
	const char *found =
	    memmem(s->at, (size_t)(s->end - s->at), token, strlen(token));

	if (!found)
		return false;
	s->at = found + strlen(token);
	return true;
}

/* The five predefined entities (XML 1.0 section 4.6) and character
 * references. */
static bool xml_scan_check_references(const struct xml_scanner *s,
                                      const char *from, const char *to)
{
	static const char *const known[] = { "&amp;",  "&lt;",   "&gt;",
		                             "&quot;", "&apos;", "&#" };

	while ((from = memchr(from, '&', (size_t)(to - from)))) {
		struct xml_scanner here = { .at = from, .end = to };
		bool good = false;

		for (size_t i = 0; i < LENGTH(known); i++)
			good = good || xml_scan_matches(&here, known[i]);
		if (!good)
			return xml_scan_reject(
			    s, "entity reference not allowed; only the five "
			       "predefined entities are");
		from++;
	}
	return true;
}

static bool xml_scan_text(struct xml_scanner *s)
{
	const char *from = s->at;
	const char *found = memchr(from, '<', (size_t)(s->end - from));

	s->at = found ? found : s->end;
	if (s->depth > 0)
		return xml_scan_check_references(s, from, s->at);
	for (; from < s->at; from++)
		if (!xml_scan_is_blank(*from))
			return xml_scan_reject(s,
			                       "text outside the root element");
	return true;
}

static bool xml_scan_ends_name(char c)
{
	return xml_scan_is_blank(c) || strchr("=/<>'\"&", c) != NULL;
}

static size_t xml_scan_name_length(const struct xml_scanner *s)
{
	const char *at = s->at;

	while (at < s->end && !xml_scan_ends_name(*at))
		at++;
	return (size_t)(at - s->at);
}

static bool xml_scan_attribute_value(struct xml_scanner *s)
{
	if (s->at == s->end || (*s->at != '"' && *s->at != '\''))
		return xml_scan_reject(s, "attribute value is not quoted");
	char quote = *s->at++;
	const char *from = s->at;
	const char *to = memchr(from, quote, (size_t)(s->end - from));

	if (!to)
		return xml_scan_reject(s, "attribute value is not terminated");
	if (memchr(from, '<', (size_t)(to - from)))
		return xml_scan_reject(s, "'<' in an attribute value");
	s->at = to + 1;
	return xml_scan_check_references(s, from, to);
}

static bool xml_scan_attribute(struct xml_scanner *s, size_t *attributes,
                               size_t *namespaces)
{
	size_t length = xml_scan_name_length(s);

	if (length == 0)
		return xml_scan_reject(s, "attribute name is missing");
	bool declares = xml_scan_matches(s, "xmlns");
	size_t *count = declares ? namespaces : attributes;

	if (++*count >
	    (declares ? XML_SCAN_MAX_NAMESPACES : XML_SCAN_MAX_ATTRIBUTES))
		return xml_scan_reject(s, "too many attributes on one element");
	s->at += length;
	xml_scan_skip_blanks(s);
	if (!xml_scan_matches(s, "="))
		return xml_scan_reject(s, "attribute value is missing");
	s->at++;
	xml_scan_skip_blanks(s);
	return xml_scan_attribute_value(s);
}

static bool xml_scan_open_element(struct xml_scanner *s)
{
	if (s->depth == 0 && s->root_closed)
		return xml_scan_reject(s, "more than one root element");
	if (s->source == XML_MESSAGE && ++s->elements > XML_SCAN_MAX_ELEMENTS)
		return xml_scan_reject(s, "too many elements");
	if (++s->depth > XML_SCAN_MAX_DEPTH)
		return xml_scan_reject(s, "elements nested too deeply");
	return true;
}

static bool xml_scan_close_element(struct xml_scanner *s)
{
	if (s->depth == 0)
		return xml_scan_reject(s, "end tag without a start tag");
	s->depth--;
	s->root_closed = s->depth == 0;
	return true;
}

static bool xml_scan_start_tag(struct xml_scanner *s)
{
	size_t attributes = 0, namespaces = 0;

	s->at++;
	size_t length = xml_scan_name_length(s);

	if (length == 0)
		return xml_scan_reject(s, "tag name is missing");
	if (!xml_scan_open_element(s))
		return false;
	s->at += length;
	for (;;) {
		xml_scan_skip_blanks(s);
		if (xml_scan_matches(s, "/>")) {
			s->at += 2;
			return xml_scan_close_element(s);
		}
		if (xml_scan_matches(s, ">")) {
			s->at++;
			return true;
		}
		if (!xml_scan_attribute(s, &attributes, &namespaces))
			return false;
	}
}

static bool xml_scan_end_tag(struct xml_scanner *s)
{
	if (!xml_scan_skip_past(s, ">"))
		return xml_scan_reject(s, "tag is not terminated");
	return xml_scan_close_element(s);
}

static bool xml_scan_comment(struct xml_scanner *s)
{
	/* CVE-2017-11427: a comment splits a name while the signature stays
	 * valid. */
	if (s->source == XML_MESSAGE)
		return xml_scan_reject(s, "comment not allowed");
	return xml_scan_skip_past(s, "-->") ||
	       xml_scan_reject(s, "comment is not terminated");
}

static bool xml_scan_cdata(struct xml_scanner *s)
{
	if (s->source == XML_MESSAGE || s->depth == 0)
		return xml_scan_reject(s, "CDATA section not allowed");
	return xml_scan_skip_past(s, "]]>") ||
	       xml_scan_reject(s, "CDATA section is not terminated");
}

static bool xml_scan_next(struct xml_scanner *s)
{
	if (*s->at != '<')
		return xml_scan_text(s);
	if (xml_scan_matches(s, "<!--"))
		return xml_scan_comment(s);
	if (xml_scan_matches(s, "<![CDATA["))
		return xml_scan_cdata(s);
	if (xml_scan_matches(s, "<!"))
		return xml_scan_reject(s,
		                       "document type declaration not allowed");
	if (xml_scan_matches(s, "<?"))
		return xml_scan_reject(s, "processing instruction not allowed");
	if (xml_scan_matches(s, "</"))
		return xml_scan_end_tag(s);
	return xml_scan_start_tag(s);
}

/* declared: the position of "encoding" in the XML declaration. */
static bool xml_scan_encoding_is_utf8(const char *declared, const char *end)
{
	struct xml_scanner here = { .at = declared + strlen("encoding"),
		                    .end = end };

	xml_scan_skip_blanks(&here);
	if (!xml_scan_matches(&here, "="))
		return false;
	here.at++;
	xml_scan_skip_blanks(&here);
	return (size_t)(end - here.at) > 6 && strchr("'\"", *here.at) &&
	       strncasecmp(here.at + 1, "UTF-8", 5) == 0 &&
	       here.at[6] == *here.at;
}

/* The XML declaration is not a processing instruction. */
static bool xml_scan_declaration(struct xml_scanner *s)
{
	const char *from = s->at;

	if (!xml_scan_matches(s, "<?xml") || s->end - s->at < 6 ||
	    !xml_scan_is_blank(s->at[5]))
		return true;
	if (!xml_scan_skip_past(s, "?>"))
		return xml_scan_reject(s, "XML declaration is not terminated");
	const char *declared =
	    memmem(from, (size_t)(s->at - from), "encoding", 8);

	if (declared && !xml_scan_encoding_is_utf8(declared, s->at))
		return xml_scan_reject(s, "encoding is not UTF-8");
	return true;
}

bool xml_scan(const char *bytes, size_t length, size_t max_length,
              enum xml_source source, const char **ret_from, size_t *ret_length,
              struct error *err)
{
	struct xml_scanner s = {
		.at = bytes, .end = bytes + length, .source = source, .err = err
	};

	if (length == 0 || length > max_length)
		return xml_scan_reject(&s, length == 0
		                               ? "document is empty"
		                               : "document is too large");
	if (!text_is_utf8(bytes, length))
		return xml_scan_reject(&s, "document is not valid UTF-8");
	if (xml_scan_matches(&s, "\xEF\xBB\xBF"))
		s.at += 3;
	const char *from = s.at;

	if (!xml_scan_declaration(&s))
		return false;
	while (s.at < s.end)
		if (!xml_scan_next(&s))
			return false;
	if (!s.root_closed)
		return xml_scan_reject(&s, "root element is not closed");
	*ret_from = from;
	*ret_length = (size_t)(s.end - from);
	return true;
}
