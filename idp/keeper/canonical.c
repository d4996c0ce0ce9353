/* SPDX-License-Identifier: AGPL-3.0-or-later
 * c14n_reader.c: a small strict parser of exclusive canonical XML (RFC 3741).
 * The order of attributes is not checked. */
#include "idp/keeper/canonical.h"

#include <string.h>

#include "lib/text.h"

enum { DEEPEST = 32, MOST_ATTRIBUTES = 32, LONGEST_NAME = 128 };

/* A namespace declaration, in scope on its element and below. */
struct space {
	const struct space *outer;
	const char *prefix; /* "" for the default namespace */
	const char *uri;
};

struct reader {
	struct arena *arena;
	const char *at;
	struct fault *why;
};

static bool wrong(struct reader *r, const char *what)
{
	return fault(r->why, FAULT_REFUSED, "not canonical XML: %s", what);
}

static bool skip(struct reader *r, const char *literal)
{
	if (!text_starts(r->at, literal))
		return false;
	r->at += strlen(literal);
	return true;
}

/* Reads an ASCII name; SAML uses no others. */
static bool read_name(struct reader *r, const char **ret_name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char more[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				   "0123456789.-:";
	size_t length = strspn(r->at, more);

	if (length == 0 || length > LONGEST_NAME || !strchr(first, *r->at))
		return wrong(r, "a name");
	const char *name = arena_bytes(r->arena, r->at, length);
	const char *colon = strchr(name, ':');

	if (colon &&
	    (!colon[1] || strchr(colon + 1, ':') || !strchr(first, colon[1])))
		return wrong(r, "a prefix");
	r->at += length;
	*ret_name = name;
	return true;
}

/* Reads a reference that canonical XML uses (Canonical XML 1.0, 2.3); any other
 * is an error. */
static bool read_reference(struct reader *r, bool in_attribute,
                           struct text *out)
{
	static const struct {
		const char *written, *meant;
		bool in_text, in_attribute;
	} rows[] = {
		{ "&amp;", "&", true, true },    { "&lt;", "<", true, true },
		{ "&gt;", ">", true, false },    { "&#xD;", "\r", true, true },
		{ "&quot;", "\"", false, true }, { "&#x9;", "\t", false, true },
		{ "&#xA;", "\n", false, true },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (!(in_attribute ? rows[i].in_attribute : rows[i].in_text))
			continue;
		if (skip(r, rows[i].written)) {
			text_add(out, rows[i].meant);
			return true;
		}
	}
	return wrong(r, "a reference");
}

/* Reads text or an attribute value up to its delimiter. */
static bool read_letters(struct reader *r, bool in_attribute, struct text *out)
{
	const char *const stops = in_attribute ? "\"<&\t\n\r" : "<>&\r";

	for (;;) {
		size_t plain = strcspn(r->at, stops);

		text_add_bytes(out, r->at, plain);
		r->at += plain;
		if (*r->at != '&')
			return true;
		if (!read_reference(r, in_attribute, out))
			return false;
	}
}

static bool read_value(struct reader *r, const char **ret_value)
{
	struct text value = text_in(r->arena);

	if (!skip(r, "=\""))
		return wrong(r, "an attribute without a value");
	if (!read_letters(r, true, &value))
		return false;
	if (!skip(r, "\""))
		return wrong(r, "an attribute's value");
	*ret_value = value.at;
	return true;
}

static bool add_attribute(struct reader *r, struct element *e, const char *name,
                          const char *value)
{
	struct attribute_of *new = arena_new(r->arena, struct attribute_of);

	if (element_attribute(e, name))
		return wrong(r, "an attribute twice");
	*new = (struct attribute_of){ e->attributes, name, value };
	e->attributes = new;
	return true;
}

static bool add_space(struct reader *r, const struct space **spaces,
                      const char *prefix, const char *uri)
{
	struct space *new = arena_new(r->arena, struct space);

	if (*prefix && !*uri)
		return wrong(r, "a prefix of nothing");
	if (text_equal(prefix, "xml") || text_equal(prefix, "xmlns"))
		return wrong(r, "a prefix that may not be declared");
	*new = (struct space){ *spaces, prefix, uri };
	*spaces = new;
	return true;
}

static bool read_attributes(struct reader *r, struct element *e,
                            const struct space **spaces)
{
	for (int count = 0; skip(r, " "); count++) {
		const char *name, *value;
		bool good;

		if (count == MOST_ATTRIBUTES)
			return wrong(r, "too many attributes");
		if (!read_name(r, &name) || !read_value(r, &value))
			return false;
		if (text_equal(name, "xmlns"))
			good = add_space(r, spaces, "", value);
		else if (text_starts(name, "xmlns:"))
			good = add_space(r, spaces, name + strlen("xmlns:"),
			                 value);
		else
			good = add_attribute(r, e, name, value);
		if (!good)
			return false;
	}
	return true;
}

static bool find_space(struct reader *r, const struct space *spaces,
                       struct element *e, const char *name)
{
	const char *colon = strchr(name, ':');
	const char *prefix =
	    colon ? arena_bytes(r->arena, name, (size_t)(colon - name)) : "";

	e->name = colon ? colon + 1 : name;
	e->space = "";
	for (; spaces; spaces = spaces->outer) {
		if (text_equal(spaces->prefix, prefix)) {
			e->space = spaces->uri;
			return true;
		}
	}
	return !colon || wrong(r, "a prefix that is not declared");
}

static bool read_element(struct reader *r, struct element *parent,
                         const struct space *spaces, int depth,
                         struct element **ret_element);

/* Reads text and child elements up to the end tag. */
static bool read_inside(struct reader *r, struct element *e,
                        const struct space *spaces, int depth)
{
	struct text text = text_in(r->arena);

	for (;;) {
		struct element *child;

		if (!read_letters(r, false, &text))
			return false;
		if (r->at[0] != '<')
			return wrong(r, "a letter that must be written "
			                "otherwise, or no end");
		if (r->at[1] == '/')
			break;
		if (!read_element(r, e, spaces, depth + 1, &child))
			return false;
		if (e->last)
			e->last->next = child;
		else
			e->first = child;
		e->last = child;
	}
	e->text = text.at;
	return true;
}

static bool read_element(struct reader *r, struct element *parent,
                         const struct space *spaces, int depth,
                         struct element **ret_element)
{
	struct element *e = arena_new(r->arena, struct element);
	const char *name;

	e->parent = parent;
	if (depth > DEEPEST)
		return wrong(r, "too deep");
	if (!skip(r, "<") || !read_name(r, &name) ||
	    !read_attributes(r, e, &spaces) || !find_space(r, spaces, e, name))
		return false;
	if (!skip(r, ">"))
		return wrong(r, "a start tag");
	if (!read_inside(r, e, spaces, depth))
		return false;
	if (!skip(r, "</") || !skip(r, name) || !skip(r, ">"))
		return wrong(r, "an end tag");
	*ret_element = e;
	return true;
}

static bool has_control_letters(const char *xml)
{
	for (; *xml; xml++)
		if ((unsigned char)*xml < 0x20 && *xml != '\n' && *xml != '\t')
			return true;
	return false;
}

bool canonical_read(struct arena *a, const char *xml, struct element **ret_root,
                    struct fault *why)
{
	struct reader r = { .arena = a, .at = xml, .why = why };
	struct element *root;

	if (!text_is_utf8(xml, strlen(xml)) || has_control_letters(xml))
		return wrong(&r, "letters");
	if (!read_element(&r, NULL, NULL, 0, &root))
		return false;
	if (*r.at)
		return wrong(&r, "something behind the root");
	*ret_root = root;
	return true;
}

/* ---- queries */

const char *element_attribute(const struct element *e, const char *name)
{
	const struct attribute_of *t = e ? e->attributes : NULL;

	for (; t; t = t->next)
		if (text_equal(t->name, name))
			return t->value;
	return NULL;
}

bool element_is(const struct element *e, const char *space, const char *name)
{
	return e && text_equal(e->space, space) && text_equal(e->name, name);
}

const struct element *element_child(const struct element *e, const char *space,
                                    const char *name)
{
	const struct element *c = e ? e->first : NULL;

	while (c && !element_is(c, space, name))
		c = c->next;
	return c;
}

int element_count(const struct element *e, const char *space, const char *name)
{
	int count = element_is(e, space, name);

	for (const struct element *c = e->first; c; c = c->next)
		count += element_count(c, space, name);
	return count;
}
