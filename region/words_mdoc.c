/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_mandoc.c: formats the keyword tables as the list in portvakt.conf(5),
 * in mdoc(7). */
#include <string.h>

#include "lib/text.h"
#include "region/policy.h"
#include "region/region_words.h"

/* mdoc treats a line that starts with . or ' as a request, a backslash as an
 * escape, and a quote as the end of an argument. */
static void add_escaped(struct text *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		text_add(out, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			text_add(out, "\\e");
		else if (*text == '"')
			text_add(out, "\\(dq");
		else
			text_add_bytes(out, text, 1);
	}
}

static const char *note_on(const struct conf_word *w)
{
	if (w->required)
		return "Must be said.\n";
	return w->times == CONF_OFTEN ? "May be said more than once.\n" : "";
}

/* Each sentence ends its line in mdoc(7). */
static void add_sentences(struct text *out, const char *text)
{
	struct arena *a = out->arena;
	const char *at;

	for (; (at = strstr(text, ".  ")); text = at + 3) {
		add_escaped(out, arena_bytes(a, text, (size_t)(at - text) + 1));
		text_add(out, "\n");
	}
	add_escaped(out, text);
	text_add(out, "\n");
}

static void add_word(struct text *out, const struct conf_word *w)
{
	text_add(out, ".It Ic \"");
	add_escaped(out, text_equal(w->name, "*") ? "WHO may enter SERVICE ..."
	                                          : conf_usage(out->arena, w));
	text_add(out, "\"\n");
	add_sentences(out, w->means);
	text_add(out, note_on(w));
	if (w->otherwise)
		text_addf(out, "Default:\n.Ql %s .\n", w->otherwise);
}

static void add_block(struct text *out, const char *name,
                      const struct conf_word *words)
{
	text_addf(out, ".Ss %s\n.Bl -tag -width Ds\n", name);
	for (const struct conf_word *w = words; w->name; w++)
		add_word(out, w);
	text_add(out, ".El\n");
	for (const struct conf_word *w = words; w->name; w++)
		if (w->block)
			add_block(out,
			          arena_print(out->arena, "Inside %s", w->name),
			          w->block);
}

static void add_conditions(struct text *out)
{
	const struct portvakt_word *w;

	text_add(out, ".Ss Conditions\n.Bl -tag -width Ds\n");
	for (size_t i = 0; (w = policy_built_in_at(i)); i++) {
		text_addf(out, ".It Ic %s\n", w->name);
		add_sentences(out, w->explained);
	}
	text_add(out, ".El\n");
}

static void add_reasons(struct text *out)
{
	static const char *const reasons[] = {
#define REASON(word, status) word,
#include "region/reasons.def"
#undef REASON
	};

	text_add(out,
	         ".Ss Reasons\n"
	         "What a receipt or an error page may give as the reason:\n"
	         ".Bl -item -compact\n");
	for (size_t i = 0; i < LENGTH(reasons); i++)
		text_addf(out, ".It\n.Ql %s\n", reasons[i]);
	text_add(out, ".El\n");
}

char *region_words_mdoc(struct arena *a)
{
	struct text out = text_in(a);

	add_block(&out, "Top level", region_words);
	add_conditions(&out);
	add_reasons(&out);
	return out.at;
}
