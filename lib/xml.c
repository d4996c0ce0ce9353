/* SPDX-License-Identifier: AGPL-3.0-or-later
 * xml.c: XML parsing by libxml2. xml_scan checks limits before the parser runs;
 * what only the tree shows is checked here before any value is read. */
#include "lib/xml.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "lib/cleanup.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "lib/xml_scan.h"

DEFINE_CLEANUP(free_xml_string, xmlChar *, xmlFree)
DEFINE_CLEANUP(release_parser, xmlParserCtxtPtr, xmlFreeParserCtxt)

static void xml_free_document(void *document)
{
	xmlFreeDoc(document);
}

/* Replaces libxml2's loader, which would open files and URLs (XXE). */
static xmlParserInputPtr xml_load_no_entity(const char *address, const char *id,
                                            xmlParserCtxtPtr parser)
{
	(void)address;
	(void)id;
	(void)parser;
	return NULL;
}

static void xml_init_parser(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(xml_load_no_entity);
}

static const xmlNode *xml_as_node(const struct xml *e)
{
	return (const xmlNode *)e;
}

static const struct xml *xml_next_element(const xmlNode *n)
{
	while (n && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return (const struct xml *)n;
}

/* State of the check of a whole tree. */
struct xml_tree_check {
	struct arena *arena;
	enum xml_source source;
	VECTOR(const char *) ids;
	struct error *err;
};

static bool xml_reject(struct xml_tree_check *check, const char *what)
{
	return error_set(check->err, ERROR_INVALID, "XML: %s", what);
}

/* A namespace that is not an absolute URI makes canonicalization fail, and code
 * that ignores the error then hashes nothing (CVE-2025-66475). */
static bool xml_namespace_is_valid(const xmlNs *ns)
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

static bool xml_check_id(struct xml_tree_check *check, const xmlAttr *attribute)
{
	const char *name = (const char *)attribute->name;

	if (strcasecmp(name, "ID") != 0)
		return true;
	if (attribute->ns)
		return xml_reject(check, "ID attribute in a namespace");
	own(free_xml_string) xmlChar *value =
	    xmlNodeListGetString(attribute->doc, attribute->children, 1);

	if (strcmp(name, "ID") == 0 && !xml_is_ncname((const char *)value))
		return xml_reject(check, "ID is not an xs:ID");
	*vector_append(check->arena, &check->ids) =
	    arena_strdup(check->arena, value ? (const char *)value : "");
	return true;
}

static bool xml_element_is_valid(struct xml_tree_check *check, const xmlNode *e)
{
	for (const xmlNs *ns = e->nsDef; ns; ns = ns->next)
		if (!xml_namespace_is_valid(ns))
			return xml_reject(check,
			                  "namespace is not an absolute URI");
	for (const xmlAttr *t = e->properties; t; t = t->next)
		if (!xml_check_id(check, t))
			return false;
	return true;
}

static bool xml_node_is_allowed(const struct xml_tree_check *check,
                                const xmlNode *n)
{
	if (n->type == XML_ELEMENT_NODE || n->type == XML_TEXT_NODE)
		return true;
	return check->source == XML_FILE && (n->type == XML_COMMENT_NODE ||
	                                     n->type == XML_CDATA_SECTION_NODE);
}

/* xml_scan limits the depth. */
static bool xml_check_tree(struct xml_tree_check *check, const xmlNode *e)
{
	if (!xml_element_is_valid(check, e))
		return false;
	for (const xmlNode *n = e->children; n; n = n->next) {
		if (!xml_node_is_allowed(check, n))
			return xml_reject(check, "node type not allowed");
		if (n->type == XML_ELEMENT_NODE && !xml_check_tree(check, n))
			return false;
	}
	return true;
}

static int xml_compare_ids(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool xml_ids_are_unique(struct xml_tree_check *check)
{
	if (check->ids.count < 2)
		return true;
	qsort(check->ids.at, check->ids.count, sizeof(*check->ids.at),
	      xml_compare_ids);
	for (size_t i = 1; i < check->ids.count; i++)
		if (strcmp(check->ids.at[i - 1], check->ids.at[i]) == 0)
			return xml_reject(check, "duplicate ID");
	return true;
}

/* xmlReadMemory() would accept an undeclared prefix as a name with a colon:
 * check nsWellFormed too. */
static bool xml_parse_document(struct arena *a, const char *bytes,
                               size_t length, xmlDocPtr *ret_document,
                               struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, xml_init_parser);
	own(release_parser) xmlParserCtxtPtr parser = xmlNewParserCtxt();

	if (!parser)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "XML: cannot create parser");
	xmlDocPtr document = xmlCtxtReadMemory(
	    parser, bytes, (int)length, NULL, "UTF-8",
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

	if (document)
		arena_own(a, document, xml_free_document);
	if (!document || !parser->wellFormed || !parser->nsWellFormed)
		return error_set(err, ERROR_INVALID, "XML: not well-formed");
	*ret_document = document;
	return true;
}

bool xml_parse(struct arena *a, const char *bytes, size_t length,
               size_t max_length, enum xml_source source,
               const struct xml **ret_root, struct error *err)
{
	struct xml_tree_check check = { .arena = a,
		                        .source = source,
		                        .err = err };
	xmlDocPtr document = NULL;

	if (!xml_scan(bytes, length, max_length, source, &bytes, &length,
	              err) ||
	    !xml_parse_document(a, bytes, length, &document, err))
		return false;
	xmlNodePtr root = xmlDocGetRootElement(document);

	if (!root || document->intSubset || document->extSubset)
		return xml_reject(&check,
		                  "document type declaration not allowed");
	if (!xml_check_tree(&check, root) || !xml_ids_are_unique(&check))
		return false;
	*ret_root = xml_next_element(root);
	return true;
}

bool xml_is(const struct xml *e, const char *ns_uri, const char *name)
{
	const xmlNode *n = xml_as_node(e);

	return n && n->ns && text_equal((const char *)n->ns->href, ns_uri) &&
	       text_equal((const char *)n->name, name);
}

const struct xml *xml_first_child(const struct xml *e)
{
	return e ? xml_next_element(xml_as_node(e)->children) : NULL;
}

const struct xml *xml_next_sibling(const struct xml *e)
{
	return e ? xml_next_element(xml_as_node(e)->next) : NULL;
}

static const struct xml *xml_find_sibling(const struct xml *e,
                                          const char *ns_uri, const char *name)
{
	while (e && !xml_is(e, ns_uri, name))
		e = xml_next_sibling(e);
	return e;
}

const struct xml *xml_child(const struct xml *e, const char *ns_uri,
                            const char *name)
{
	return xml_find_sibling(xml_first_child(e), ns_uri, name);
}

const struct xml *xml_next_same_name(const struct xml *e)
{
	const xmlNode *n = xml_as_node(e);

	if (!n || !n->ns)
		return NULL;
	return xml_find_sibling(xml_next_sibling(e), (const char *)n->ns->href,
	                        (const char *)n->name);
}

size_t xml_count(const struct xml *e, const char *ns_uri, const char *name)
{
	size_t count = 0;

	for (e = xml_child(e, ns_uri, name); e; e = xml_next_same_name(e))
		count++;
	return count;
}

size_t xml_count_all(const struct xml *e, const char *ns_uri, const char *name)
{
	size_t count = xml_is(e, ns_uri, name) ? 1 : 0;

	for (e = xml_first_child(e); e; e = xml_next_sibling(e))
		count += xml_count_all(e, ns_uri, name);
	return count;
}

char *xml_attribute(struct arena *a, const struct xml *e, const char *name)
{
	own(free_xml_string) xmlChar *value = NULL;

	if (e)
		value = xmlGetNoNsProp((xmlNode *)xml_as_node(e),
		                       (const xmlChar *)name);
	return arena_strdup(a, (const char *)value);
}

char *xml_text(struct arena *a, const struct xml *e)
{
	own(free_xml_string) xmlChar *text = NULL;

	if (e)
		text = xmlNodeGetContent(xml_as_node(e));
	return arena_strdup(a, (const char *)text);
}

char *xml_text_trimmed(struct arena *a, const struct xml *e)
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

static bool xml_is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool xml_is_ncname(const char *text)
{
	if (!text || !xml_is_name_start(*text))
		return false;
	for (; *text; text++)
		if (!xml_is_name_start(*text) &&
		    !(*text >= '0' && *text <= '9') && *text != '-' &&
		    *text != '.')
			return false;
	return true;
}

/* XML 1.0 section 2.2 excludes control characters, U+FFFE and U+FFFF. */
bool xml_is_valid_text(const char *text)
{
	if (!text || !text_is_utf8(text, strlen(text)))
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 && !strchr("\t\n\r", *c))
			return false;
	return !strstr(text, "\xEF\xBF\xBE") && !strstr(text, "\xEF\xBF\xBF");
}
