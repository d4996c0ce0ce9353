/* SPDX-License-Identifier: AGPL-3.0-or-later
 * escape_fuzz.c: arbitrary text escaped for each output language and parsed by
 * an independent implementation: libldap for filters and DNs, Jansson for JSON,
 * libxml2 for XML and HTML, curl for URLs. The parsed value equals the text,
 * and nothing else is in the document. */
#include "tests/fuzz/fuzz.h"

#include <curl/curl.h>
#include <jansson.h>
#include <lber.h>
#include <ldap.h>
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#include "lib/escape.h"
#include "lib/xml.h"

/* Exported by libldap, not declared in its headers: encodes a filter in BER. */
int ldap_pvt_put_filter(BerElement *ber, const char *filter);

enum { EQUALITY = 0xa3 }; /* RFC 4511 4.5.1: equalityMatch [3] */

static void filter_round(struct arena *a, const char *text)
{
	char *filter =
	    arena_printf(a, "(uid=%s)", escape_string(a, escape_filter, text));
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval whole, name, value;

	assert(ldap_pvt_put_filter(ber, filter) == 0);
	assert(ber_flatten2(ber, &whole, 1) == 0);
	BerElement *read = ber_init(&whole);
	ber_tag_t tag = ber_scanf(read, "{mm}", &name, &value);

	assert(tag != LBER_ERROR);
	/* The filter stays an equality match with any value. */
	assert((unsigned char)whole.bv_val[0] == EQUALITY);
	assert(name.bv_len == 3 && memcmp(name.bv_val, "uid", 3) == 0);
	assert(value.bv_len == strlen(text));
	assert(memcmp(value.bv_val, text, value.bv_len) == 0);
	ber_free(read, 1);
	ber_memfree(whole.bv_val);
	ber_free(ber, 1);
}

static void dn_round(struct arena *a, const char *text)
{
	char *dn = arena_printf(a, "cn=%s,dc=tinn,dc=example",
	                        escape_string(a, escape_dn, text));
	LDAPDN parts = NULL;

	assert(ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS);
	assert(parts[0] && parts[1] && parts[2] && !parts[3]);
	assert(parts[0][0] && !parts[0][1]);
	assert(parts[0][0]->la_value.bv_len == strlen(text));
	assert(memcmp(parts[0][0]->la_value.bv_val, text, strlen(text)) == 0);
	ldap_dnfree(parts);
}

static void json_round(struct arena *a, const char *text)
{
	char *json =
	    arena_printf(a, "[\"%s\"]", escape_string(a, escape_json, text));
	json_t *read = json_loads(json, JSON_REJECT_DUPLICATES, NULL);

	assert(read && json_array_size(read) == 1);
	assert(strcmp(json_string_value(json_array_get(read, 0)), text) == 0);
	json_decref(read);
}

static void xml_round(struct arena *a, const char *text)
{
	char *xml = arena_printf(a, "<a b=\"%s\">%s</a>",
	                         escape_string(a, escape_xml_attribute, text),
	                         escape_string(a, escape_xml, text));
	xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), NULL, "UTF-8",
	                              XML_PARSE_NOERROR);

	assert(doc);
	xmlNodePtr root = xmlDocGetRootElement(doc);
	xmlChar *inner = xmlNodeGetContent(root);
	xmlChar *value = xmlGetProp(root, (const xmlChar *)"b");

	assert(!xmlFirstElementChild(root) && !root->properties->next);
	assert(strcmp((char *)inner, text) == 0);
	assert(strcmp((char *)value, text) == 0);
	xmlFree(inner);
	xmlFree(value);
	xmlFreeDoc(doc);
}

/* Inside an attribute with either quote, and as text. */
static void html_round(struct arena *a, const char *text)
{
	char *safe = escape_string(a, escape_html, text);

	assert(!strpbrk(safe, "<>\"'"));
	char *html = arena_printf(a, "<p title=\"%s\" lang='%s'>%s</p>", safe,
	                          safe, safe);
	htmlDocPtr doc =
	    htmlReadMemory(html, (int)strlen(html), NULL, "UTF-8",
	                   HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING);

	assert(doc);
	xmlNodePtr body = xmlDocGetRootElement(doc)->children;
	xmlNodePtr p = body->children;

	assert(strcmp((char *)p->name, "p") == 0 && !p->next);
	assert(!xmlFirstElementChild(p));
	xmlChar *title = xmlGetProp(p, (const xmlChar *)"title");
	xmlChar *lang = xmlGetProp(p, (const xmlChar *)"lang");

	assert(strcmp((char *)title, text) == 0);
	assert(strcmp((char *)lang, text) == 0);
	xmlFree(title);
	xmlFree(lang);
	xmlFreeDoc(doc);
}

static void url_round(struct arena *a, const char *text)
{
	char *safe = escape_string(a, escape_url, text);
	int length;
	char *back = curl_easy_unescape(NULL, safe, 0, &length);

	assert((size_t)length == strlen(text) && strcmp(back, text) == 0);
	for (const char *c = safe; *c; c++)
		assert(!strchr("&=+#?/:@<>\"' \r\n", *c));
	curl_free(back);
}

static void log_is_one_line(struct arena *a, const char *text)
{
	char *safe = escape_string(a, escape_log, text);

	assert(text_is_utf8(safe, strlen(safe)));
	assert(text_is_utf8(escape_string(a, escape_utf8, text),
	                    strlen(escape_string(a, escape_utf8, text))));
	for (const char *c = safe; *c; c++)
		assert((unsigned char)*c >= ' ' && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	char *text = fuzz_string(a, data, size < 2048 ? size : 2048);

	log_is_one_line(a, text);
	url_round(a, text);
	if (text_is_utf8(text, strlen(text)) && *text) {
		filter_round(a, text);
		dn_round(a, text);
		json_round(a, text);
	}
	if (xml_is_valid_text(text)) {
		xml_round(a, text);
		html_round(a, text);
	}
	arena_close(a);
	return 0;
}
