/* SPDX-License-Identifier: AGPL-3.0-or-later
 * page.c: renders an HTML page and its Content-Security-Policy (CSP 3). */
#include "idp/page/page.h"

#include <string.h>
#include <unistd.h>

#include "idp/http/cookies.h"
#include "idp/page/assets.h"
#include "idp/page/branding.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/strbuf.h"
#include "pages.h"

enum language page_language(const struct request_context *ctx)
{
	for (size_t i = 0; i < LANGUAGE_COUNT; i++)
		if (text_equal(message_languages[i], ctx->language))
			return (enum language)i;
	return LANGUAGE_NB;
}

const char *page_message(const struct request_context *ctx, enum message_id id)
{
	return id < MSG_COUNT ? message_texts[page_language(ctx)][id] : "";
}

/* message_names is sorted. */
static enum message_id message_id_by_name(const char *name)
{
	size_t low = 0, high = MSG_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(message_names[middle], name);

		if (order == 0)
			return (enum message_id)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return MSG_COUNT;
}

enum message_id page_message_id(const char *kind, const char *name)
{
	char whole[64];
	size_t k = strlen(kind), n = strlen(name);

	if (k + n + 2 > sizeof(whole))
		return MSG_COUNT;
	memcpy(whole, kind, k);
	whole[k] = '-';
	memcpy(whole + k + 1, name, n + 1);
	return message_id_by_name(whole);
}

char *page_format_time(struct request_context *ctx, int64_t when)
{
	struct tm t = clock_oslo(when);
	const char *format = page_language(ctx) == LANGUAGE_EN
	                         ? "%02d.%02d.%d, %02d:%02d"
	                         : "%02d.%02d.%d kl. %02d.%02d";

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return arena_printf(ctx->arena, format, t.tm_mday, t.tm_mon + 1,
	                    t.tm_year + 1900, t.tm_hour, t.tm_min);
#pragma GCC diagnostic pop
}

/* ---- frame -------------------------------------------------------------- */

static bool language_is_offered(const struct config *cfg, const char *language)
{
	for (char **l = cfg->languages; l && *l; l++)
		if (text_equal(*l, language))
			return true;
	return !cfg->languages || !cfg->languages[0];
}

static size_t page_list_languages(struct request_context *ctx,
                                  const struct page *page,
                                  struct frame_languages *languages)
{
	size_t count = 0;

	for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
		const char *code = message_languages[i];
		struct frame_languages *one = &languages[count];

		if (!language_is_offered(ctx->cfg, code))
			continue;
		count++;
		one->code = code;
		one->name = message_texts[i][MSG_language_name];
		one->here = i == page_language(ctx);
		one->address = arena_printf(
		    ctx->arena, "/language?to=%s&back=%s%s%s", code,
		    page->return_page,
		    page->txn && page->txn->secret ? "&t=" : "",
		    page->txn && page->txn->secret ? page->txn->secret : "");
	}
	return count;
}

/* On a computer that several people use, each page names the person. */
static const char *page_shared_person(struct request_context *ctx)
{
	const struct session *s = ctx->session;

	if (!ctx->on_login_host ||
	    !request_cookie(ctx->request, SESSION_COOKIE))
		return NULL;
	if (!s && (!context_is_shared(ctx) || !session_find(ctx, &s, NULL)))
		return NULL;
	return s && s->is_shared ? s->person->display : NULL;
}

void page_render(struct request_context *ctx, const struct page *page)
{
	struct frame_languages languages[LANGUAGE_COUNT] = { 0 };
	struct strbuf out = strbuf_init(ctx->arena);
	const struct config *cfg = ctx->cfg;
	struct frame_page frame = {
		.lang = ctx->language,
		.title = page->title,
		.owner = page->m ? page->m->display : cfg->display,
		.region = cfg->display,
		.style = asset_style,
		.icon = asset_icon,
		.municipality_style = branding_css_name(ctx, page->m),
		.mark = page_logo(ctx, page->m),
		.mark_alt = "",
		.contact = page->m && page->m->contact ? page->m->contact
		                                       : cfg->contact,
		.person = page_shared_person(ctx),
		.languages_shown = page->return_page && ctx->on_login_host,
		.languages = languages,
		.body = page->body,
	};

	if (!page->m)
		frame.mark = asset_icon;
	if (frame.languages_shown)
		frame.languages_count =
		    page_list_languages(ctx, page, languages);
	fill_frame(&out, page_language(ctx), &frame);
	response_html(ctx->response, page->status, out.data);
	ctx->response->csp = page->csp;
	response_add_header(ctx->response, "Content-Language", ctx->language);
}

/* ---- forms that redirect to services ------------------------------------ */

/* Returns scheme://host[:port] of a URL; "scheme:" for a private-use scheme
 * (RFC 8252 7.1). */
static char *url_origin(struct arena *a, const char *address)
{
	const char *slashes = strstr(address, "://");
	const char *colon = strchr(address, ':');

	if (!colon)
		return arena_strdup(a, "");
	if (!text_starts(address, "https://") &&
	    !text_starts(address, "http://"))
		return arena_memdup(a, address, (size_t)(colon - address) + 1);
	size_t host = strcspn(slashes + 3, "/?#");

	/* RFC 8252 7.3: any port of the loopback interface. */
	if (text_starts(address, "http://127.0.0.1"))
		return arena_strdup(a, "http://127.0.0.1:*");
	return arena_memdup(a, address, (size_t)(slashes - address) + 3 + host);
}

static void append_origins(struct strbuf *out, char *const *addresses)
{
	for (; addresses && *addresses; addresses++)
		strbuf_appendf(out, " %s", url_origin(out->arena, *addresses));
}

static void append_service_origins(struct strbuf *out, const struct service *s)
{
	if (s->oidc) {
		append_origins(out, s->oidc->redirect_uris);
		append_origins(out, s->oidc->post_logout_redirect_uris);
	}
	/* After a change of role the service is opened. */
	if (s->launch_url)
		strbuf_appendf(out, " %s",
		               url_origin(out->arena, s->launch_url));
	if (s->initiate_login_uri)
		strbuf_appendf(out, " %s",
		               url_origin(out->arena, s->initiate_login_uri));
}

static char *csp_build(struct arena *a, const char *script, const char *targets)
{
	return arena_printf(
	    a,
	    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
	    "%s%s%sform-action %s; base-uri 'none'; frame-ancestors 'none'",
	    script ? "script-src '" : "", script ? script : "",
	    script ? "'; " : "", targets);
}

/* A configured value must not inject a directive or a header. */
static bool csp_is_safe(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == ';' || *text == ',')
			return false;
	return true;
}

char *page_csp(struct request_context *ctx, const struct auth_txn *txn)
{
	struct strbuf targets = strbuf_init(ctx->arena);

	strbuf_append(&targets, "'self'");
	if (txn && txn->issuer)
		strbuf_appendf(&targets, " %s", txn->issuer->url);
	if (txn && txn->service)
		append_service_origins(&targets, txn->service);
	return csp_build(ctx->arena, NULL,
	                 csp_is_safe(targets.data) ? targets.data : "'self'");
}

/* The policy allows this script only, by its hash. */
#define SUBMIT_SCRIPT      "document.forms[0].submit()"
#define SUBMIT_SCRIPT_HASH "sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE="

void page_post_form(struct request_context *ctx, const char *address,
                    const char *service, const struct http_field *fields,
                    size_t count)
{
	struct post_fields *list =
	    arena_array(ctx->arena, struct post_fields, count + 1);
	struct strbuf body = strbuf_init(ctx->arena);

	for (size_t i = 0; i < count; i++)
		list[i] =
		    (struct post_fields){ fields[i].name, fields[i].value };
	fill_post(&body, page_language(ctx),
	          &(struct post_page){ .address = address,
	                               .service = service,
	                               .fields = list,
	                               .fields_count = count,
	                               .script = "<script>" SUBMIT_SCRIPT
	                                         "</script>" });
	const char *origin = url_origin(ctx->arena, address);

	/* form-action applies to redirects too, and a service may redirect to
	 * another host. */
	page_render(ctx,
	            &(struct page){
			.status = 200,
			.title = page_message(ctx, MSG_post_title),
			.body = body.data,
			.csp = csp_build(
			    ctx->arena, SUBMIT_SCRIPT_HASH,
			    arena_printf(ctx->arena, "https: %s",
	                                 csp_is_safe(origin) ? origin : "")),
		    });
}
