/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_mandoc.c: formats the keyword tables as the list in portvakt.conf(5),
 * in mdoc(7). */
#include <string.h>

#include "ctl/ctl.h"
#include "lib/strbuf.h"
#include "region/config/config_keywords.h"
#include "region/config/policy_parse.h"

enum { MDOC_LINE_LENGTH = 66 }; /* escapes add a few characters */

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

/* Adds text and a newline; breaks lines that would be too long. */
static void mdoc_add_wrapped(struct strbuf *out, const char *text)
{
	char **tokens = text_split(out->arena, text, " ", NULL);
	size_t column = 0;

	for (; *tokens; tokens++) {
		size_t length = strlen(*tokens);
		bool fits = column + 1 + length <= MDOC_LINE_LENGTH;

		if (column > 0)
			strbuf_append(out, fits ? " " : "\n");
		mdoc_add_escaped(out, *tokens);
		column = column > 0 && fits ? column + 1 + length : length;
	}
	strbuf_append(out, "\n");
}

/* Each sentence ends its line in mdoc(7). */
static void mdoc_add_sentences(struct strbuf *out, const char *text)
{
	struct arena *a = out->arena;
	const char *at;

	for (; (at = strstr(text, ".  ")); text = at + 3)
		mdoc_add_wrapped(
		    out, arena_memdup(a, text, (size_t)(at - text) + 1));
	mdoc_add_wrapped(out, text);
}

static void mdoc_add_keyword(struct strbuf *out, const struct conf_keyword *w)
{
	strbuf_append(out, ".It Ic \"");
	mdoc_add_escaped(
	    out, text_equal(w->name, "*")
		     ? "[trial] SUBJECT may [not|always] enter SERVICE ... "
		       "[when EXPRESSION] [unless EXPRESSION]"
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

/* Claim and SAML attribute of each attribute; scope in brackets. */
static void mdoc_add_attributes(struct strbuf *out)
{
	static const struct {
		const char *name, *claim, *scope, *saml;
	} attributes[] = {
#define ATTRIBUTE(name, catalogue, of, claim, scope, saml_name, friendly_name) \
	{ name, claim, scope, friendly_name },
#include "region/config/attributes.def"
#undef ATTRIBUTE
	};

	strbuf_append(out,
	              ".Ss Attributes\n"
	              "Each with its OpenID Connect claim and scope, and its "
	              "SAML FriendlyName.\n"
	              ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < LENGTH(attributes); i++)
		strbuf_appendf(out, ".It Ic %s\n%s (%s); %s\n",
		               attributes[i].name, attributes[i].claim,
		               attributes[i].scope, attributes[i].saml);
	strbuf_append(out, ".El\n");
}

char *config_mandoc(struct arena *a)
{
	struct strbuf out = strbuf_init(a);

	mdoc_add_block(&out, "Top level", config_keywords);
	mdoc_add_attributes(&out);
	mdoc_add_conditions(&out);
	return out.data;
}
