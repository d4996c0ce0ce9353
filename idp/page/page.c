/* SPDX-License-Identifier: AGPL-3.0-or-later
 * page.c: renders an HTML page and its Content-Security-Policy (CSP 3). */
#include "idp/page/page.h"

#include <string.h>
#include <unistd.h>

#include "idp/page/assets.h"
#include "idp/page/look.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/text.h"
#include "pages.h"

enum language page_language(const struct visit *v)
{
	for (size_t i = 0; i < LANGUAGE_COUNT; i++)
		if (text_equal(word_languages[i], v->language))
			return (enum language)i;
	return LANGUAGE_NB;
}

const char *page_text(const struct visit *v, enum word w)
{
	return word_texts[page_language(v)][w];
}

/* message_names is sorted. */
static enum word find_word(const char *name)
{
	size_t low = 0, high = WORD_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(word_names[middle], name);

		if (order == 0)
			return (enum word)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return WORD_COUNT;
}

enum word page_word(const char *kind, const char *name)
{
	char whole[64];
	size_t k = strlen(kind), n = strlen(name);

	if (k + n + 2 > sizeof(whole))
		return WORD_COUNT;
	memcpy(whole, kind, k);
	whole[k] = '-';
	memcpy(whole + k + 1, name, n + 1);
	return find_word(whole);
}

char *page_time(struct visit *v, int64_t when)
{
	struct tm t = clock_oslo(when);
	const char *form = page_language(v) == LANGUAGE_EN
	                       ? "%02d.%02d.%d, %02d:%02d"
	                       : "%02d.%02d.%d kl. %02d.%02d";

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return arena_print(v->arena, form, t.tm_mday, t.tm_mon + 1,
	                   t.tm_year + 1900, t.tm_hour, t.tm_min);
#pragma GCC diagnostic pop
}

/* ---- frame -------------------------------------------------------------- */

static bool region_speaks(const struct region *r, const char *language)
{
	for (char **l = r->languages; l && *l; l++)
		if (text_equal(*l, language))
			return true;
	return !r->languages || !r->languages[0];
}

static size_t list_languages(struct visit *v, const struct sheet *s,
                             struct frame_languages *list)
{
	size_t count = 0;

	for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
		const char *code = word_languages[i];
		struct frame_languages *one = &list[count];

		if (!region_speaks(v->region, code))
			continue;
		count++;
		one->code = code;
		one->name = word_texts[i][WORD_language_name];
		one->here = i == page_language(v);
		one->address = arena_print(
		    v->arena, "/language?to=%s&back=%s%s%s", code, s->back,
		    s->ticket && s->ticket->secret ? "&t=" : "",
		    s->ticket && s->ticket->secret ? s->ticket->secret : "");
	}
	return count;
}

void page_put(struct visit *v, const struct sheet *s)
{
	struct frame_languages languages[LANGUAGE_COUNT] = { 0 };
	struct text out = text_in(v->arena);
	const struct region *r = v->region;
	struct frame_page frame = {
		.lang = v->language,
		.title = s->title,
		.owner = s->m ? s->m->display : r->display,
		.region = r->display,
		.style = asset_style,
		.icon = asset_icon,
		.municipality_style = look_style_name(v, s->m),
		.mark = page_mark(v, s->m),
		.mark_alt = "",
		.contact = s->m && s->m->contact ? s->m->contact : r->contact,
		.languages_shown = s->back && v->on_login_host,
		.languages = languages,
		.body = s->body,
	};

	if (!s->m)
		frame.mark = asset_icon;
	if (frame.languages_shown)
		frame.languages_count = list_languages(v, s, languages);
	fill_frame(&out, page_language(v), &frame);
	answer_html(v->answer, s->status, out.at);
	v->answer->csp = s->csp;
	answer_header(v->answer, "Content-Language", v->language);
}

/* ---- forms that redirect to services ------------------------------------ */

/* Returns scheme://host[:port] of a URL; "scheme:" for a private-use scheme
 * (RFC 8252 7.1). */
static char *origin_of(struct arena *a, const char *address)
{
	const char *slashes = strstr(address, "://");
	const char *colon = strchr(address, ':');

	if (!colon)
		return arena_copy(a, "");
	if (!text_starts(address, "https://") &&
	    !text_starts(address, "http://"))
		return arena_bytes(a, address, (size_t)(colon - address) + 1);
	size_t host = strcspn(slashes + 3, "/?#");

	/* RFC 8252 7.3: any port of the loopback interface. */
	if (text_starts(address, "http://127.0.0.1"))
		return arena_copy(a, "http://127.0.0.1:*");
	return arena_bytes(a, address, (size_t)(slashes - address) + 3 + host);
}

static void add_origins(struct text *out, char *const *addresses)
{
	for (; addresses && *addresses; addresses++)
		text_addf(out, " %s", origin_of(out->arena, *addresses));
}

static char *csp_with(struct arena *a, const char *script, const char *targets)
{
	return arena_print(
	    a,
	    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
	    "%s%s%sform-action %s; base-uri 'none'; frame-ancestors 'none'",
	    script ? "script-src '" : "", script ? script : "",
	    script ? "'; " : "", targets);
}

/* A configured value must not inject a directive or a header. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == ';' || *text == ',')
			return false;
	return true;
}

char *page_csp_for(struct visit *v, const struct ticket *t)
{
	struct text targets = text_in(v->arena);

	text_add(&targets, "'self'");
	if (t && t->issuer)
		text_addf(&targets, " %s", t->issuer->url);
	if (t && t->service && t->service->oidc) {
		add_origins(&targets, t->service->oidc->redirects);
		add_origins(&targets, t->service->oidc->after_logout);
	}
	return csp_with(v->arena, NULL,
	                is_plain(targets.at) ? targets.at : "'self'");
}

/* The policy allows this script only, by its hash. */
#define SUBMIT      "document.forms[0].submit()"
#define SUBMIT_HASH "sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE="

void page_post(struct visit *v, const char *address, const char *service,
               const struct pair *fields, size_t count)
{
	struct post_fields *list =
	    arena_array(v->arena, struct post_fields, count + 1);
	struct text body = text_in(v->arena);

	for (size_t i = 0; i < count; i++)
		list[i] =
		    (struct post_fields){ fields[i].name, fields[i].value };
	fill_post(
	    &body, page_language(v),
	    &(struct post_page){ .address = address,
	                         .service = service,
	                         .fields = list,
	                         .fields_count = count,
	                         .script = "<script>" SUBMIT "</script>" });
	const char *origin = origin_of(v->arena, address);

	/* form-action applies to redirects too, and a service may redirect to
	 * another host. */
	page_put(
	    v, &(struct sheet){
		   .status = 200,
		   .title = page_text(v, WORD_post_title),
		   .body = body.at,
		   .csp = csp_with(v->arena, SUBMIT_HASH,
	                           arena_print(v->arena, "https: %s",
	                                       is_plain(origin) ? origin : "")),
	       });
}
