/* SPDX-License-Identifier: AGPL-3.0-or-later
 * binding_send.c: sends SAML messages by the HTTP Redirect and POST bindings
 * (SAML Bindings 3.4 and 3.5). */
#include <string.h>

#include "idp/page/page.h"
#include "idp/saml/binding.h"
#include "idp/saml/names.h"
#include "lib/base64.h"
#include "lib/escape.h"
#include "lib/inflate.h"
#include "lib/text.h"

/* ---- Redirect ---- */

static char *query_of(struct arena *a, const char *word, const char *xml,
                      const char *relay)
{
	struct text query = text_in(a);
	size_t length;
	unsigned char *bytes = deflate_raw(a, xml, strlen(xml), &length);

	text_addf(&query, "%s=", word);
	escape_url(&query, base64_write(a, bytes, length));
	if (relay) {
		text_add(&query, "&RelayState=");
		escape_url(&query, relay);
	}
	text_add(&query, "&SigAlg=");
	escape_url(&query, SIG_RSA_SHA256);
	return query.at;
}

bool binding_address(struct visit *v, const struct issuer *i, const char *to,
                     const char *word, const char *xml, const char *relay,
                     const char **ret_address, struct fault *why)
{
	const char *query = query_of(v->arena, word, xml, relay);
	json_t *question =
	    js_keep(v->arena,
	            json_pack("{s:s, s:s}", "issuer", i->name, "query", query));
	json_t *answer;

	if (!ask(v->staff->keeper, v->arena, ASK_SIGN_QUERY, v->region->hash,
	         question, &answer, why))
		return false;
	const char *signature = js_string(answer, "signature");

	if (!signature)
		return fault_for(why, FAULT_UNAVAILABLE, "keeper-away",
		                 "the keeper gave no signature");
	*ret_address = arena_print(v->arena, "%s%c%s&Signature=%s", to,
	                           strchr(to, '?') ? '&' : '?', query,
	                           escaped(v->arena, escape_url, signature));
	return true;
}

/* ---- POST ---- */

void binding_post(struct visit *v, const struct service *s, const char *to,
                  const char *xml, const char *relay)
{
	const struct pair fields[] = {
		{ "SAMLResponse", base64_write(v->arena, xml, strlen(xml)) },
		{ "RelayState", relay },
	};

	page_post(v, to, s->display, fields, relay ? 2 : 1);
}
