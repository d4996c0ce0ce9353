/* SPDX-License-Identifier: AGPL-3.0-or-later
 * xml_scan.c: checks XML before the parser. It separates tags from text,
 * counts, and rejects forbidden constructs and everything it does not
 * recognise. The parser checks well-formedness. */
#include "lib/xml_scan.h"

#include <string.h>
#include <strings.h>

#include "lib/text.h"

struct scan {
	const char *at, *end;
	enum xml_source source;
	size_t elements;
	size_t depth;
	bool over; /* the root has been closed */
	struct fault *why;
};

static bool refuse(const struct scan *s, const char *what)
{
	return fault(s->why, FAULT_INVALID, "XML: %s", what);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct scan *s)
{
	while (s->at < s->end && is_blank(*s->at))
		s->at++;
}

static bool sees(const struct scan *s, const char *mark)
{
	size_t length = strlen(mark);

	return (size_t)(s->end - s->at) >= length &&
	       memcmp(s->at, mark, length) == 0;
}

/* Advances past the next delimiter; returns false if there is none. */
static bool go_behind(struct scan *s, const char *mark)
{
	const char *found =
	    memmem(s->at, (size_t)(s->end - s->at), mark, strlen(mark));

	if (!found)
		return false;
	s->at = found + strlen(mark);
	return true;
}

/* The five predefined entities (XML 1.0 section 4.6) and character
 * references. */
static bool references_are_known(const struct scan *s, const char *from,
                                 const char *to)
{
	static const char *const known[] = { "&amp;",  "&lt;",   "&gt;",
		                             "&quot;", "&apos;", "&#" };

	while ((from = memchr(from, '&', (size_t)(to - from)))) {
		struct scan here = { .at = from, .end = to };
		bool good = false;

		for (size_t i = 0; i < LENGTH(known); i++)
			good = good || sees(&here, known[i]);
		if (!good)
			return refuse(s,
			              "a reference that is none of the five");
		from++;
	}
	return true;
}

static bool scan_text(struct scan *s)
{
	const char *from = s->at;
	const char *found = memchr(from, '<', (size_t)(s->end - from));

	s->at = found ? found : s->end;
	if (s->depth > 0)
		return references_are_known(s, from, s->at);
	for (; from < s->at; from++)
		if (!is_blank(*from))
			return refuse(s, "text outside the root");
	return true;
}

static bool ends_name(char c)
{
	return is_blank(c) || strchr("=/<>'\"&", c) != NULL;
}

static size_t name_length(const struct scan *s)
{
	const char *at = s->at;

	while (at < s->end && !ends_name(*at))
		at++;
	return (size_t)(at - s->at);
}

static bool scan_value(struct scan *s)
{
	if (s->at == s->end || (*s->at != '"' && *s->at != '\''))
		return refuse(s, "an attribute without quotes");
	char quote = *s->at++;
	const char *from = s->at;
	const char *to = memchr(from, quote, (size_t)(s->end - from));

	if (!to)
		return refuse(s, "an attribute without an end");
	if (memchr(from, '<', (size_t)(to - from)))
		return refuse(s, "a < in an attribute");
	s->at = to + 1;
	return references_are_known(s, from, to);
}

static bool scan_attribute(struct scan *s, size_t *attributes,
                           size_t *namespaces)
{
	size_t length = name_length(s);

	if (length == 0)
		return refuse(s, "an attribute without a name");
	bool declares = sees(s, "xmlns");
	size_t *count = declares ? namespaces : attributes;

	if (++*count > (declares ? XML_NAMESPACES : XML_ATTRIBUTES))
		return refuse(s, "too many attributes on one element");
	s->at += length;
	skip_blanks(s);
	if (!sees(s, "="))
		return refuse(s, "an attribute without a value");
	s->at++;
	skip_blanks(s);
	return scan_value(s);
}

static bool enter_element(struct scan *s)
{
	if (s->depth == 0 && s->over)
		return refuse(s, "two roots");
	if (s->source == XML_MESSAGE && ++s->elements > XML_ELEMENTS)
		return refuse(s, "too many elements");
	if (++s->depth > XML_DEPTH)
		return refuse(s, "too deep");
	return true;
}

static bool leave_element(struct scan *s)
{
	if (s->depth == 0)
		return refuse(s, "an end without a beginning");
	s->depth--;
	s->over = s->depth == 0;
	return true;
}

static bool scan_begin(struct scan *s)
{
	size_t attributes = 0, namespaces = 0;

	s->at++;
	size_t length = name_length(s);

	if (length == 0)
		return refuse(s, "a tag without a name");
	if (!enter_element(s))
		return false;
	s->at += length;
	for (;;) {
		skip_blanks(s);
		if (sees(s, "/>")) {
			s->at += 2;
			return leave_element(s);
		}
		if (sees(s, ">")) {
			s->at++;
			return true;
		}
		if (!scan_attribute(s, &attributes, &namespaces))
			return false;
	}
}

static bool scan_end(struct scan *s)
{
	if (!go_behind(s, ">"))
		return refuse(s, "a tag without an end");
	return leave_element(s);
}

static bool scan_comment(struct scan *s)
{
	/* CVE-2017-11427: a comment splits a name while the signature stays
	 * valid. */
	if (s->source == XML_MESSAGE)
		return refuse(s, "a comment");
	return go_behind(s, "-->") || refuse(s, "a comment without an end");
}

static bool scan_cdata(struct scan *s)
{
	if (s->source == XML_MESSAGE || s->depth == 0)
		return refuse(s, "a CDATA section");
	return go_behind(s, "]]>") ||
	       refuse(s, "a CDATA section without an end");
}

static bool scan_piece(struct scan *s)
{
	if (*s->at != '<')
		return scan_text(s);
	if (sees(s, "<!--"))
		return scan_comment(s);
	if (sees(s, "<![CDATA["))
		return scan_cdata(s);
	if (sees(s, "<!"))
		return refuse(s, "a document type");
	if (sees(s, "<?"))
		return refuse(s, "a processing instruction");
	if (sees(s, "</"))
		return scan_end(s);
	return scan_begin(s);
}

/* Checks the value of the encoding declaration. */
static bool encoding_is_utf8(const char *declared, const char *end)
{
	struct scan here = { .at = declared + strlen("encoding"), .end = end };

	skip_blanks(&here);
	if (!sees(&here, "="))
		return false;
	here.at++;
	skip_blanks(&here);
	return (size_t)(end - here.at) > 6 && strchr("'\"", *here.at) &&
	       strncasecmp(here.at + 1, "UTF-8", 5) == 0 &&
	       here.at[6] == *here.at;
}

/* The XML declaration is not a processing instruction. */
static bool scan_declaration(struct scan *s)
{
	const char *from = s->at;

	if (!sees(s, "<?xml") || s->end - s->at < 6 || !is_blank(s->at[5]))
		return true;
	if (!go_behind(s, "?>"))
		return refuse(s, "a declaration without an end");
	const char *declared =
	    memmem(from, (size_t)(s->at - from), "encoding", 8);

	if (declared && !encoding_is_utf8(declared, s->at))
		return refuse(s, "an encoding that is not UTF-8");
	return true;
}

bool xml_scan(const char *bytes, size_t length, size_t most,
              enum xml_source source, const char **ret_from, size_t *ret_length,
              struct fault *why)
{
	struct scan s = {
		.at = bytes, .end = bytes + length, .source = source, .why = why
	};

	if (length == 0 || length > most)
		return refuse(&s, length == 0 ? "nothing" : "too large");
	if (!text_is_utf8(bytes, length))
		return refuse(&s, "bytes that are not UTF-8");
	if (sees(&s, "\xEF\xBB\xBF"))
		s.at += 3;
	const char *from = s.at;

	if (!scan_declaration(&s))
		return false;
	while (s.at < s.end)
		if (!scan_piece(&s))
			return false;
	if (!s.over)
		return refuse(&s, "no end of the root");
	*ret_from = from;
	*ret_length = (size_t)(s.end - from);
	return true;
}
