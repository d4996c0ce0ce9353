/* SPDX-License-Identifier: AGPL-3.0-or-later
 * xml.c: XML parsing by libxml2. xml_scan checks limits before the parser runs;
 * what only the tree shows is checked here before any value is read. */
#include "lib/xml.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "lib/list.h"
#include "lib/own.h"
#include "lib/text.h"
#include "lib/xml_scan.h"

OWNER(release_letters, xmlChar *, xmlFree)
OWNER(release_parser, xmlParserCtxtPtr, xmlFreeParserCtxt)

static void give_back_document(void *document)
{
	xmlFreeDoc(document);
}

/* Loads no external entity. */
static xmlParserInputPtr load_nothing(const char *address, const char *id,
                                      xmlParserCtxtPtr parser)
{
	(void)address;
	(void)id;
	(void)parser;
	return NULL;
}

static void begin(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing);
}

static const xmlNode *as_node(const struct xml *e)
{
	return (const xmlNode *)e;
}

static const struct xml *as_element(const xmlNode *n)
{
	while (n && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return (const struct xml *)n;
}

/* State of the check of a whole tree. */
struct look {
	struct arena *arena;
	enum xml_source source;
	LIST(const char *) ids;
	struct fault *why;
};

static bool refuse(struct look *l, const char *what)
{
	return fault(l->why, FAULT_INVALID, "XML: %s", what);
}

/* A namespace that is not an absolute URI makes canonicalization fail, and code
 * that ignores the error then hashes nothing (CVE-2025-66475). */
static bool space_is_good(const xmlNs *ns)
{
	const char *uri = (const char *)ns->href;

	if (!uri || !*uri)
		return ns->prefix == NULL;
	for (const char *c = uri; *c; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7F)
			return false;
	return strspn(uri, "abcdefghijklmnopqrstuvwxyz"
	                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                   "0123456789+-.") < strcspn(uri, "/?#") &&
	       strchr(uri, ':') != NULL;
}

static bool note_id(struct look *l, const xmlAttr *attribute)
{
	const char *name = (const char *)attribute->name;

	if (strcasecmp(name, "ID") != 0)
		return true;
	if (attribute->ns)
		return refuse(l, "an ID in a namespace");
	own(release_letters) xmlChar *value =
	    xmlNodeListGetString(attribute->doc, attribute->children, 1);

	if (strcmp(name, "ID") == 0 && !xml_is_name((const char *)value))
		return refuse(l, "an ID that is no name");
	*list_add(l->arena, &l->ids) =
	    arena_copy(l->arena, value ? (const char *)value : "");
	return true;
}

static bool element_is_good(struct look *l, const xmlNode *e)
{
	for (const xmlNs *ns = e->nsDef; ns; ns = ns->next)
		if (!space_is_good(ns))
			return refuse(l, "a namespace that is no URI");
	for (const xmlAttr *t = e->properties; t; t = t->next)
		if (!note_id(l, t))
			return false;
	return true;
}

static bool node_may_be(const struct look *l, const xmlNode *n)
{
	if (n->type == XML_ELEMENT_NODE || n->type == XML_TEXT_NODE)
		return true;
	return l->source == XML_FILE && (n->type == XML_COMMENT_NODE ||
	                                 n->type == XML_CDATA_SECTION_NODE);
}

/* xml_scan limits the depth. */
static bool look_at(struct look *l, const xmlNode *e)
{
	if (!element_is_good(l, e))
		return false;
	for (const xmlNode *n = e->children; n; n = n->next) {
		if (!node_may_be(l, n))
			return refuse(l, "a kind of node that has no place");
		if (n->type == XML_ELEMENT_NODE && !look_at(l, n))
			return false;
	}
	return true;
}

static int compare_ids(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool ids_are_unique(struct look *l)
{
	if (l->ids.count < 2)
		return true;
	qsort(l->ids.at, l->ids.count, sizeof(*l->ids.at), compare_ids);
	for (size_t i = 1; i < l->ids.count; i++)
		if (strcmp(l->ids.at[i - 1], l->ids.at[i]) == 0)
			return refuse(l, "an ID that occurs twice");
	return true;
}

/* xmlReadMemory() would accept an undeclared prefix as a name with a colon:
 * check nsWellFormed too. */
static bool parse(struct arena *a, const char *bytes, size_t length,
                  xmlDocPtr *ret_document, struct fault *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, begin);
	own(release_parser) xmlParserCtxtPtr parser = xmlNewParserCtxt();

	if (!parser)
		return fault(why, FAULT_UNAVAILABLE, "XML: no parser");
	xmlDocPtr document = xmlCtxtReadMemory(
	    parser, bytes, (int)length, NULL, "UTF-8",
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

	if (document)
		arena_keep(a, document, give_back_document);
	if (!document || !parser->wellFormed || !parser->nsWellFormed)
		return fault(why, FAULT_INVALID, "XML: not well formed");
	*ret_document = document;
	return true;
}

bool xml_read(struct arena *a, const char *bytes, size_t length, size_t most,
              enum xml_source source, const struct xml **ret_root,
              struct fault *why)
{
	struct look l = { .arena = a, .source = source, .why = why };
	xmlDocPtr document = NULL;

	if (!xml_scan(bytes, length, most, source, &bytes, &length, why) ||
	    !parse(a, bytes, length, &document, why))
		return false;
	xmlNodePtr root = xmlDocGetRootElement(document);

	if (!root || document->intSubset || document->extSubset)
		return refuse(&l, "a document type");
	if (!look_at(&l, root) || !ids_are_unique(&l))
		return false;
	*ret_root = as_element(root);
	return true;
}

bool xml_is(const struct xml *e, const char *space, const char *name)
{
	const xmlNode *n = as_node(e);

	return n && n->ns && text_equal((const char *)n->ns->href, space) &&
	       text_equal((const char *)n->name, name);
}

const struct xml *xml_first(const struct xml *e)
{
	return e ? as_element(as_node(e)->children) : NULL;
}

const struct xml *xml_next(const struct xml *e)
{
	return e ? as_element(as_node(e)->next) : NULL;
}

static const struct xml *same_from(const struct xml *e, const char *space,
                                   const char *name)
{
	while (e && !xml_is(e, space, name))
		e = xml_next(e);
	return e;
}

const struct xml *xml_child(const struct xml *e, const char *space,
                            const char *name)
{
	return same_from(xml_first(e), space, name);
}

const struct xml *xml_again(const struct xml *e)
{
	const xmlNode *n = as_node(e);

	if (!n || !n->ns)
		return NULL;
	return same_from(xml_next(e), (const char *)n->ns->href,
	                 (const char *)n->name);
}

size_t xml_count(const struct xml *e, const char *space, const char *name)
{
	size_t count = 0;

	for (e = xml_child(e, space, name); e; e = xml_again(e))
		count++;
	return count;
}

size_t xml_count_all(const struct xml *e, const char *space, const char *name)
{
	size_t count = xml_is(e, space, name) ? 1 : 0;

	for (e = xml_first(e); e; e = xml_next(e))
		count += xml_count_all(e, space, name);
	return count;
}

char *xml_get(struct arena *a, const struct xml *e, const char *name)
{
	own(release_letters) xmlChar *value = NULL;

	if (e)
		value = xmlGetNoNsProp((xmlNode *)as_node(e),
		                       (const xmlChar *)name);
	return arena_copy(a, (const char *)value);
}

char *xml_text(struct arena *a, const struct xml *e)
{
	own(release_letters) xmlChar *text = NULL;

	if (e)
		text = xmlNodeGetContent(as_node(e));
	return arena_copy(a, (const char *)text);
}

char *xml_word(struct arena *a, const struct xml *e)
{
	static const char blanks[] = " \t\r\n";
	char *text = xml_text(a, e);

	if (!text)
		return NULL;
	text += strspn(text, blanks);
	for (size_t length = strlen(text);
	     length > 0 && strchr(blanks, text[length - 1]); length--)
		text[length - 1] = '\0';
	return text;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool xml_is_name(const char *text)
{
	if (!text || !is_letter(*text))
		return false;
	for (; *text; text++)
		if (!is_letter(*text) && !(*text >= '0' && *text <= '9') &&
		    *text != '-' && *text != '.')
			return false;
	return true;
}

/* XML 1.0 section 2.2 excludes control characters, U+FFFE and U+FFFF. */
bool xml_may_hold(const char *text)
{
	if (!text || !text_is_utf8(text, strlen(text)))
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 && !strchr("\t\n\r", *c))
			return false;
	return !strstr(text, "\xEF\xBF\xBE") && !strstr(text, "\xEF\xBF\xBF");
}
