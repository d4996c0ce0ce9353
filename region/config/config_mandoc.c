/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_mandoc.c: formats the keyword tables as the list in portvakt.conf(5),
 * in mdoc(7). */
#include <string.h>

#include "lib/strbuf.h"
#include "region/config/config_keywords.h"
#include "region/config/policy_parse.h"

/* mdoc treats a line that starts with . or ' as a request, a backslash as an
 * escape, and a quote as the end of an argument. */
static void mdoc_add_escaped(struct strbuf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		strbuf_append(out, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			strbuf_append(out, "\\e");
		else if (*text == '"')
			strbuf_append(out, "\\(dq");
		else
			strbuf_append_bytes(out, text, 1);
	}
}

static const char *mdoc_occurrence_note(const struct conf_keyword *w)
{
	if (w->required)
		return "Required.\n";
	return w->occurrence == CONF_REPEATABLE ? "Can be repeated.\n" : "";
}

/* Each sentence ends its line in mdoc(7). */
static void mdoc_add_sentences(struct strbuf *out, const char *text)
{
	struct arena *a = out->arena;
	const char *at;

	for (; (at = strstr(text, ".  ")); text = at + 3) {
		mdoc_add_escaped(
		    out, arena_memdup(a, text, (size_t)(at - text) + 1));
		strbuf_append(out, "\n");
	}
	mdoc_add_escaped(out, text);
	strbuf_append(out, "\n");
}

static void mdoc_add_keyword(struct strbuf *out, const struct conf_keyword *w)
{
	strbuf_append(out, ".It Ic \"");
	mdoc_add_escaped(
	    out,
	    text_equal(w->name, "*")
		? "AFFILIATION may [not] enter SERVICE ... [when CONDITION ...]"
		: conf_schema_usage(out->arena, w));
	strbuf_append(out, "\"\n");
	mdoc_add_sentences(out, w->description);
	strbuf_append(out, mdoc_occurrence_note(w));
	if (w->default_value)
		strbuf_appendf(out, "Default:\n.Ql %s .\n", w->default_value);
}

static void mdoc_add_block(struct strbuf *out, const char *name,
                           const struct conf_keyword *keywords)
{
	strbuf_appendf(out, ".Ss %s\n.Bl -tag -width Ds\n", name);
	for (const struct conf_keyword *w = keywords; w->name; w++)
		mdoc_add_keyword(out, w);
	strbuf_append(out, ".El\n");
	for (const struct conf_keyword *w = keywords; w->name; w++)
		if (w->block)
			mdoc_add_block(
			    out, arena_printf(out->arena, "Inside %s", w->name),
			    w->block);
}

static void mdoc_add_conditions(struct strbuf *out)
{
	const struct portvakt_condition *w;

	strbuf_append(out, ".Ss Conditions\n.Bl -tag -width Ds\n");
	for (size_t i = 0; (w = policy_builtin_condition_at(i)); i++) {
		strbuf_appendf(out, ".It Ic %s\n", w->name);
		mdoc_add_sentences(out, w->description);
	}
	strbuf_append(out, ".El\n");
}

static void mdoc_add_reasons(struct strbuf *out)
{
	static const char *const reasons[] = {
#define REASON(code, status) code,
#include "region/config/reasons.def"
#undef REASON
	};

	strbuf_append(out, ".Ss Reasons\n"
	                   "The reason codes of error pages and audit events:\n"
	                   ".Bl -item -compact\n");
	for (size_t i = 0; i < LENGTH(reasons); i++)
		strbuf_appendf(out, ".It\n.Ql %s\n", reasons[i]);
	strbuf_append(out, ".El\n");
}

char *config_mandoc(struct arena *a)
{
	struct strbuf out = strbuf_init(a);

	mdoc_add_block(&out, "Top level", config_keywords);
	mdoc_add_conditions(&out);
	mdoc_add_reasons(&out);
	return out.data;
}
