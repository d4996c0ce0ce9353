/* SPDX-License-Identifier: AGPL-3.0-or-later
 * xml_fuzz.c: arbitrary bytes as an XML message. libxml2 with other options is
 * the oracle: an accepted message has no document type, processing instruction,
 * comment, CDATA or entity, exceeds no limit of xml_scan.h, and has no
 * duplicate ID. */
#include "tests/fuzz/fuzz.h"

#include <strings.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "lib/xml_scan.h"

enum { MOST = 64 * 1024, IDS = 4096 };

struct seen {
	size_t elements, ids;
	char *id[IDS];
	struct arena *arena;
};

static void note_ids(struct seen *s, const xmlNode *e)
{
	for (const xmlAttr *t = e->properties; t; t = t->next) {
		if (strcasecmp((const char *)t->name, "ID") != 0 ||
		    s->ids == IDS)
			continue;
		xmlChar *value = xmlNodeGetContent((const xmlNode *)t);

		s->id[s->ids++] = arena_strdup(s->arena, (char *)value);
		xmlFree(value);
	}
}

static void few_attributes(const xmlNode *e)
{
	size_t attributes = 0, spaces = 0;

	for (const xmlAttr *t = e->properties; t; t = t->next)
		attributes++;
	for (const xmlNs *n = e->nsDef; n; n = n->next)
		spaces++;
	assert(attributes <= XML_SCAN_MAX_ATTRIBUTES &&
	       spaces <= XML_SCAN_MAX_NAMESPACES);
}

static void walk(struct seen *s, const xmlNode *n, size_t depth)
{
	for (; n; n = n->next) {
		assert(n->type == XML_ELEMENT_NODE || n->type == XML_TEXT_NODE);
		if (n->type != XML_ELEMENT_NODE)
			continue;
		assert(++s->elements <= XML_SCAN_MAX_ELEMENTS &&
		       depth <= XML_SCAN_MAX_DEPTH);
		few_attributes(n);
		note_ids(s, n);
		walk(s, n->children, depth + 1);
	}
}

static xmlDocPtr parsed(const char *bytes, size_t length)
{
	return xmlReadMemory(bytes, (int)length, NULL, NULL,
	                     XML_PARSE_NONET | XML_PARSE_NOERROR |
	                         XML_PARSE_NOWARNING);
}

static void ids_differ(const struct seen *s)
{
	for (size_t i = 0; i < s->ids; i++)
		for (size_t k = i + 1; k < s->ids; k++)
			assert(strcmp(s->id[i], s->id[k]) != 0);
}

static void same_root(struct arena *a, const struct xml *e, xmlDocPtr doc)
{
	xmlNodePtr root = xmlDocGetRootElement(doc);
	xmlChar *text = xmlNodeGetContent(root);

	assert(strcmp(xml_text(a, e), (char *)text) == 0);
	xmlFree(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct seen s = { .arena = a };
	struct error err = { 0 };
	const char *bytes = fuzz_exact(a, data, size), *from;
	const struct xml *root;
	size_t length;
	bool safe =
	    xml_scan(bytes, size, MOST, XML_MESSAGE, &from, &length, &err);
	bool good = xml_parse(a, bytes, size, MOST, XML_MESSAGE, &root, &err);
	xmlDocPtr doc = safe ? parsed(bytes, size) : NULL;

	assert(safe || !good);
	if (doc) {
		assert(!doc->intSubset && !doc->extSubset);
		walk(&s, doc->children, 1);
	}
	if (good) {
		assert(doc);
		ids_differ(&s);
		same_root(a, root, doc);
	}
	xmlFreeDoc(doc);
	arena_close(a);
	return 0;
}
