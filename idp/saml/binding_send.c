/* SPDX-License-Identifier: AGPL-3.0-or-later
 * binding_send.c: sends SAML messages by the HTTP Redirect and POST bindings
 * (SAML Bindings 3.4 and 3.5). */
#include <string.h>

#include "idp/page/page.h"
#include "idp/saml/binding.h"
#include "idp/saml/saml_uris.h"
#include "lib/base64.h"
#include "lib/escape.h"
#include "lib/inflate.h"
#include "lib/strbuf.h"

/* ---- Redirect ---- */

static char *saml_binding_query(struct arena *a, const char *param,
                                const char *xml, const char *relay_state)
{
	struct strbuf query = strbuf_init(a);
	size_t length;
	unsigned char *bytes = deflate_raw(a, xml, strlen(xml), &length);

	strbuf_appendf(&query, "%s=", param);
	escape_url(&query, base64_encode(a, bytes, length));
	if (relay_state) {
		strbuf_append(&query, "&RelayState=");
		escape_url(&query, relay_state);
	}
	strbuf_append(&query, "&SigAlg=");
	escape_url(&query, SIG_RSA_SHA256);
	return query.data;
}

bool saml_binding_redirect_url(struct request_context *ctx,
                               const struct issuer *i, const char *to,
                               const char *param, const char *xml,
                               const char *relay_state, const char **ret_url,
                               struct error *err)
{
	const char *query =
	    saml_binding_query(ctx->arena, param, xml, relay_state);
	const struct sign_query_request request = { .issuer = i->name,
		                                    .query = query };
	struct sign_query_reply reply;

	if (!sign_query_call(ctx->backends->signer, ctx->arena, ctx->cfg->hash,
	                     &request, &reply, err))
		return false;
	*ret_url = arena_printf(
	    ctx->arena, "%s%c%s&Signature=%s", to, strchr(to, '?') ? '&' : '?',
	    query, escape_string(ctx->arena, escape_url, reply.signature));
	return true;
}

/* ---- POST ---- */

void saml_binding_post(struct request_context *ctx, const struct service *s,
                       const char *to, const char *xml, const char *relay_state)
{
	const struct http_field fields[] = {
		{ "SAMLResponse", base64_encode(ctx->arena, xml, strlen(xml)) },
		{ "RelayState", relay_state },
	};

	page_post_form(ctx, to, s->display, fields, relay_state ? 2 : 1);
}
