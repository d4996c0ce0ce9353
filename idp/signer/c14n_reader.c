/* SPDX-License-Identifier: AGPL-3.0-or-later
 * c14n_reader.c: a small strict parser of exclusive canonical XML (RFC 3741).
 * The order of attributes is not checked. */
#include "idp/signer/c14n_reader.h"

#include <string.h>

#include "lib/strbuf.h"

enum { MAX_DEPTH = 32, MAX_ATTRIBUTES = 32, MAX_NAME_LENGTH = 128 };

/* A namespace declaration, in scope on its element and below. */
struct c14n_namespace {
	const struct c14n_namespace *outer;
	const char *prefix; /* "" for the default namespace */
	const char *uri;
};

struct c14n_reader {
	struct arena *arena;
	const char *at;
	struct error *err;
};

static bool c14n_reader_error(struct c14n_reader *r, const char *what)
{
	return error_set(r->err, ERROR_REFUSED, "not canonical XML: %s", what);
}

static bool c14n_reader_skip(struct c14n_reader *r, const char *literal)
{
	if (!text_starts(r->at, literal))
		return false;
	r->at += strlen(literal);
	return true;
}

/* Reads an ASCII name; SAML uses no others. */
static bool c14n_read_name(struct c14n_reader *r, const char **ret_name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char more[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				   "0123456789.-:";
	size_t length = strspn(r->at, more);

	if (length == 0 || length > MAX_NAME_LENGTH || !strchr(first, *r->at))
		return c14n_reader_error(r, "invalid name");
	const char *name = arena_memdup(r->arena, r->at, length);
	const char *colon = strchr(name, ':');

	if (colon &&
	    (!colon[1] || strchr(colon + 1, ':') || !strchr(first, colon[1])))
		return c14n_reader_error(r, "invalid prefix");
	r->at += length;
	*ret_name = name;
	return true;
}

/* Reads a reference that canonical XML uses (Canonical XML 1.0, 2.3); any other
 * is an error. */
static bool c14n_read_reference(struct c14n_reader *r, bool in_attribute,
                                struct strbuf *out)
{
	static const struct {
		const char *reference, *character;
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
		if (c14n_reader_skip(r, rows[i].reference)) {
			strbuf_append(out, rows[i].character);
			return true;
		}
	}
	return c14n_reader_error(r, "reference not allowed");
}

/* Reads text or an attribute value up to its delimiter. */
static bool c14n_read_characters(struct c14n_reader *r, bool in_attribute,
                                 struct strbuf *out)
{
	const char *const stops = in_attribute ? "\"<&\t\n\r" : "<>&\r";

	for (;;) {
		size_t plain = strcspn(r->at, stops);

		strbuf_append_bytes(out, r->at, plain);
		r->at += plain;
		if (*r->at != '&')
			return true;
		if (!c14n_read_reference(r, in_attribute, out))
			return false;
	}
}

static bool c14n_read_attribute_value(struct c14n_reader *r,
                                      const char **ret_value)
{
	struct strbuf value = strbuf_init(r->arena);

	if (!c14n_reader_skip(r, "=\""))
		return c14n_reader_error(r, "attribute value is missing");
	if (!c14n_read_characters(r, true, &value))
		return false;
	if (!c14n_reader_skip(r, "\""))
		return c14n_reader_error(r, "invalid attribute value");
	*ret_value = value.data;
	return true;
}

static bool c14n_reader_add_attribute(struct c14n_reader *r,
                                      struct c14n_element *e, const char *name,
                                      const char *value)
{
	struct c14n_attribute *new = arena_new(r->arena, struct c14n_attribute);

	if (c14n_attribute_value(e, name))
		return c14n_reader_error(r, "duplicate attribute");
	*new = (struct c14n_attribute){ e->attributes, name, value };
	e->attributes = new;
	return true;
}

static bool c14n_reader_add_namespace(struct c14n_reader *r,
                                      const struct c14n_namespace **namespaces,
                                      const char *prefix, const char *uri)
{
	struct c14n_namespace *new = arena_new(r->arena, struct c14n_namespace);

	if (*prefix && !*uri)
		return c14n_reader_error(r,
		                         "prefix bound to an empty namespace");
	if (text_equal(prefix, "xml") || text_equal(prefix, "xmlns"))
		return c14n_reader_error(
		    r, "prefix xml or xmlns must not be declared");
	*new = (struct c14n_namespace){ *namespaces, prefix, uri };
	*namespaces = new;
	return true;
}

static bool c14n_read_attributes(struct c14n_reader *r, struct c14n_element *e,
                                 const struct c14n_namespace **namespaces)
{
	for (int count = 0; c14n_reader_skip(r, " "); count++) {
		const char *name, *value = NULL;
		bool good;

		if (count == MAX_ATTRIBUTES)
			return c14n_reader_error(r, "too many attributes");
		if (!c14n_read_name(r, &name) ||
		    !c14n_read_attribute_value(r, &value))
			return false;
		if (text_equal(name, "xmlns"))
			good =
			    c14n_reader_add_namespace(r, namespaces, "", value);
		else if (text_starts(name, "xmlns:"))
			good = c14n_reader_add_namespace(
			    r, namespaces, name + strlen("xmlns:"), value);
		else
			good = c14n_reader_add_attribute(r, e, name, value);
		if (!good)
			return false;
	}
	return true;
}

static bool c14n_reader_resolve_name(struct c14n_reader *r,
                                     const struct c14n_namespace *namespaces,
                                     struct c14n_element *e, const char *name)
{
	const char *colon = strchr(name, ':');
	const char *prefix =
	    colon ? arena_memdup(r->arena, name, (size_t)(colon - name)) : "";

	e->name = colon ? colon + 1 : name;
	e->ns = "";
	for (; namespaces; namespaces = namespaces->outer) {
		if (text_equal(namespaces->prefix, prefix)) {
			e->ns = namespaces->uri;
			return true;
		}
	}
	return !colon || c14n_reader_error(r, "prefix is not declared");
}

static bool c14n_read_element(struct c14n_reader *r,
                              struct c14n_element *parent,
                              const struct c14n_namespace *namespaces,
                              int depth, struct c14n_element **ret_element);

/* Reads text and child elements up to the end tag. */
static bool c14n_read_content(struct c14n_reader *r, struct c14n_element *e,
                              const struct c14n_namespace *namespaces,
                              int depth)
{
	struct strbuf text = strbuf_init(r->arena);

	for (;;) {
		struct c14n_element *child;

		if (!c14n_read_characters(r, false, &text))
			return false;
		if (r->at[0] != '<')
			return c14n_reader_error(
			    r, "unescaped character or missing end tag");
		if (r->at[1] == '/')
			break;
		if (!c14n_read_element(r, e, namespaces, depth + 1, &child))
			return false;
		if (e->last)
			e->last->next = child;
		else
			e->first = child;
		e->last = child;
	}
	e->text = text.data;
	return true;
}

static bool c14n_read_element(struct c14n_reader *r,
                              struct c14n_element *parent,
                              const struct c14n_namespace *namespaces,
                              int depth, struct c14n_element **ret_element)
{
	struct c14n_element *e = arena_new(r->arena, struct c14n_element);
	const char *name;

	e->parent = parent;
	if (depth > MAX_DEPTH)
		return c14n_reader_error(r, "elements nested too deeply");
	if (!c14n_reader_skip(r, "<") || !c14n_read_name(r, &name) ||
	    !c14n_read_attributes(r, e, &namespaces) ||
	    !c14n_reader_resolve_name(r, namespaces, e, name))
		return false;
	if (!c14n_reader_skip(r, ">"))
		return c14n_reader_error(r, "invalid start tag");
	if (!c14n_read_content(r, e, namespaces, depth))
		return false;
	if (!c14n_reader_skip(r, "</") || !c14n_reader_skip(r, name) ||
	    !c14n_reader_skip(r, ">"))
		return c14n_reader_error(r, "invalid or mismatched end tag");
	*ret_element = e;
	return true;
}

static bool c14n_has_control_characters(const char *xml)
{
	for (; *xml; xml++)
		if ((unsigned char)*xml < 0x20 && *xml != '\n' && *xml != '\t')
			return true;
	return false;
}

bool c14n_parse(struct arena *a, const char *xml,
                struct c14n_element **ret_root, struct error *err)
{
	struct c14n_reader r = { .arena = a, .at = xml, .err = err };
	struct c14n_element *root;

	if (!text_is_utf8(xml, strlen(xml)) || c14n_has_control_characters(xml))
		return c14n_reader_error(
		    &r, "not UTF-8 or contains control characters");
	if (!c14n_read_element(&r, NULL, NULL, 0, &root))
		return false;
	if (*r.at)
		return c14n_reader_error(&r, "data after the root element");
	*ret_root = root;
	return true;
}

/* ---- queries */

const char *c14n_attribute_value(const struct c14n_element *e, const char *name)
{
	const struct c14n_attribute *t = e ? e->attributes : NULL;

	for (; t; t = t->next)
		if (text_equal(t->name, name))
			return t->value;
	return NULL;
}

bool c14n_element_is(const struct c14n_element *e, const char *ns,
                     const char *name)
{
	return e && text_equal(e->ns, ns) && text_equal(e->name, name);
}

const struct c14n_element *c14n_element_child(const struct c14n_element *e,
                                              const char *ns, const char *name)
{
	const struct c14n_element *c = e ? e->first : NULL;

	while (c && !c14n_element_is(c, ns, name))
		c = c->next;
	return c;
}

int c14n_element_count(const struct c14n_element *e, const char *ns,
                       const char *name)
{
	int count = c14n_element_is(e, ns, name);

	for (const struct c14n_element *c = e->first; c; c = c->next)
		count += c14n_element_count(c, ns, name);
	return count;
}
