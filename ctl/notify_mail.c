/* SPDX-License-Identifier: AGPL-3.0-or-later
 * notify_mail.c: the mail to one municipality (RFC 5322, RFC 2047), in its
 * language. */
#include "ctl/notify.h"

#include <string.h>

#include "ctl/report.h"
#include "lib/base64.h"
#include "lib/strbuf.h"

enum notify_text { SUBJECT, OPENING, DOUBTS, JOINS, CLOSING, NOTIFY_TEXTS };

/* clang-format off */
static const char *const notify_texts[NOTIFY_TEXTS][3] = {
	[SUBJECT] = { "Portvakt: noe venter på svar i {}", "Portvakt: noko ventar på svar i {}", "Portvakt: action required for {}" },
	[OPENING] = { "Dette gjelder personer i {}:", "Dette gjeld personar i {}:", "This is about people of {}:" },
	[DOUBTS] = { "{} er det tvil om ({}). Se: portvaktctl quarantine list",
	             "{} er det tvil om ({}). Sjå: portvaktctl quarantine list",
	             "{} in doubt ({}). See: portvaktctl quarantine list" },
	[JOINS] = { "{} er koblet med en annen kommune det siste døgnet. Se: portvaktctl link list {}",
	            "{} er kopla med ein annan kommune det siste døgnet. Sjå: portvaktctl link list {}",
	            "{} were joined with another municipality in the last 24 hours. See: portvaktctl link list {}" },
	[CLOSING] = { "Kommandoene kjøres av {}. Meldingen har ingen navn eller numre; den kommer én gang i døgnet så lenge noe venter.",
	              "Kommandoane blir køyrde av {}. Meldinga har ingen namn eller nummer; ho kjem éin gong i døgnet så lenge noko ventar.",
	              "The commands are run by {}. This message has no names or numbers; it is sent once a day while something waits." },
};
/* clang-format on */

enum { ENCODED_BYTES = 42 }; /* an encoded-word has at most 75 characters */

/* Returns text as encoded-words (RFC 2047), broken between characters. */
static char *notify_encode_header(struct arena *a, const char *text)
{
	struct strbuf t = strbuf_init(a);
	size_t length = strlen(text);

	for (size_t at = 0; at < length;) {
		size_t n =
		    length - at < ENCODED_BYTES ? length - at : ENCODED_BYTES;

		while (n > 1 && at + n < length &&
		       ((unsigned char)text[at + n] & 0xc0) == 0x80)
			n--;
		strbuf_appendf(&t, "%s=?UTF-8?B?%s?=", at ? "\n " : "",
		               base64_encode(a, text + at, n));
		at += n;
	}
	return t.data;
}

static void notify_append_header(struct strbuf *t, struct arena *a,
                                 const struct municipality *m, int language)
{
	strbuf_append(t, "To: ");
	for (size_t i = 0; m->notify[i]; i++)
		strbuf_appendf(t, "%s%s", i ? ",\n " : "", m->notify[i]);
	strbuf_appendf(
	    t,
	    "\nSubject: %s\nAuto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n\n",
	    notify_encode_header(a,
	                         report_fill(a, notify_texts[SUBJECT][language],
	                                     m->display, "")));
}

static void notify_append_held(struct strbuf *t, struct arena *a,
                               const json_t *held, int language)
{
	for (size_t i = 0; i < json_array_size(held); i++) {
		const json_t *row = json_array_get(held, i);

		strbuf_appendf(t, "- %s\n",
		               report_held_text(a, js_string(row, "reason"),
		                                js_string(row, "directory"),
		                                js_number(row, "people", 0),
		                                language));
	}
}

static const char *notify_number(struct arena *a, int64_t n)
{
	return arena_printf(a, "%lld", (long long)n);
}

static void notify_append_doubts(struct strbuf *t, struct arena *a,
                                 const json_t *doubts, int language)
{
	for (size_t i = 0; i < json_array_size(doubts); i++) {
		const json_t *row = json_array_get(doubts, i);

		strbuf_appendf(
		    t, "- %s: %s\n", js_string(row, "directory"),
		    report_fill(a, notify_texts[DOUBTS][language],
		                notify_number(a, js_number(row, "people", 0)),
		                js_string(row, "reason")));
	}
}

char *notify_format_mail(struct arena *a, const struct config *cfg,
                         const struct notification *n)
{
	const struct municipality *m = n->municipality;
	int language = report_language_index(m->language);
	struct strbuf t = strbuf_init(a);

	notify_append_header(&t, a, m, language);
	strbuf_appendf(
	    &t, "%s\n\n",
	    report_fill(a, notify_texts[OPENING][language], m->display, ""));
	notify_append_held(&t, a, n->held, language);
	notify_append_doubts(&t, a, n->doubts, language);
	if (n->joins > 0)
		strbuf_appendf(&t, "- %s\n",
		               report_fill(a, notify_texts[JOINS][language],
		                           notify_number(a, n->joins),
		                           m->name));
	strbuf_appendf(
	    &t, "\n%s\n",
	    report_fill(a, notify_texts[CLOSING][language], cfg->contact, ""));
	return t.data;
}
