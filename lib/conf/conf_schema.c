/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_schema.c: checks statements against keyword tables and reports all
 * errors at once. */
#include "lib/conf/conf_schema.h"

#include <string.h>

#include "lib/conf/conf_type.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

const struct conf_keyword conf_any_statement[] = {
	{ .name = "*",
	  .max_args = CONF_UNLIMITED,
	  .occurrence = CONF_REPEATABLE,
	  .block = conf_any_statement,
	  .description = "Any statement." },
	{ .name = NULL },
};

/* State of a check; parent names the block in errors. */
struct conf_schema_context {
	struct conf_errors *errors;
	const struct conf_block *block;
	const struct conf_keyword *keywords;
	const struct conf_statement *parent; /* NULL: top level */
};

/* Returns where the block is, for an error: "in directory". */
static const char *conf_schema_place(const struct conf_schema_context *c)
{
	if (!c->parent)
		return "at top level";
	return arena_printf(c->errors->arena, "in %s", c->parent->args[0]);
}

/* ---- suggestions */

enum { MAX_SUGGESTION_LENGTH = 32 };

static size_t min_of_three(size_t x, size_t y, size_t z)
{
	size_t min = x < y ? x : y;

	return min < z ? min : z;
}

/* Edit distance with transpositions (optimal string alignment). */
static size_t edit_distance(const char *x, const char *y)
{
	size_t d[MAX_SUGGESTION_LENGTH + 1][MAX_SUGGESTION_LENGTH + 1];
	size_t m = strlen(x), n = strlen(y);

	if (m > MAX_SUGGESTION_LENGTH || n > MAX_SUGGESTION_LENGTH)
		return SIZE_MAX;
	for (size_t i = 0; i <= m; i++)
		d[i][0] = i;
	for (size_t k = 0; k <= n; k++)
		d[0][k] = k;
	for (size_t i = 1; i <= m; i++)
		for (size_t k = 1; k <= n; k++) {
			d[i][k] = min_of_three(d[i - 1][k] + 1, d[i][k - 1] + 1,
			                       d[i - 1][k - 1] +
			                           (x[i - 1] != y[k - 1]));
			if (i > 1 && k > 1 && x[i - 1] == y[k - 2] &&
			    x[i - 2] == y[k - 1] &&
			    d[i - 2][k - 2] + 1 < d[i][k])
				d[i][k] = d[i - 2][k - 2] + 1;
		}
	return d[m][n];
}

char *conf_did_you_mean(struct arena *a, const char *value,
                        const char *const *known)
{
	const char *nearest = NULL;
	size_t length = strlen(value);
	/* Accept up to one wrong character in three. */
	size_t best = (length + 2) / 3 + 1;

	for (; *known; known++) {
		size_t far = edit_distance(value, *known);

		if (far >= best)
			continue;
		best = far;
		nearest = *known;
	}
	if (!nearest)
		return arena_strdup(a, "");
	return arena_printf(a, "; did you mean \"%s\"?", nearest);
}

static const char *conf_schema_suggest_keyword(
    struct arena *a, const char *value, const struct conf_keyword *keywords)
{
	VECTOR(const char *) known = { 0 };

	for (; keywords->name; keywords++)
		if (!text_equal(keywords->name, "*"))
			*vector_append(a, &known) = keywords->name;
	*vector_append(a, &known) = NULL;
	return conf_did_you_mean(a, value, known.at);
}

/* ---- one statement */

/* Returns a suggestion among the argument's choices, or "". */
static const char *conf_schema_suggest_choice(struct arena *a,
                                              const struct conf_arg *arg,
                                              const char *value)
{
	if (arg->type != CONF_ONE_OF)
		return "";
	char **known = text_split(a, arg->choices, " ", NULL);

	return conf_did_you_mean(a, value, (const char *const *)known);
}

static const struct conf_arg *conf_schema_arg(
    const struct conf_keyword *keyword, size_t i)
{
	size_t last = keyword->min_args > 0 ? (size_t)keyword->min_args - 1 : 0;

	if (keyword->max_args <= CONF_MAX_ARGS || i < last)
		return &keyword->args[i];
	return &keyword->args[last < CONF_MAX_ARGS ? last : CONF_MAX_ARGS - 1];
}

/* ---- former names */

static const struct conf_renamed *conf_schema_find_renamed(
    const struct conf_keyword *keyword, const struct conf_statement *s,
    size_t i)
{
	const struct conf_renamed *renamed =
	    i <= CONF_MAX_ARGS ? keyword->args[i - 1].renamed : NULL;

	for (; renamed && renamed->old_name; renamed++)
		if (text_equal(renamed->old_name, s->args[i]))
			return renamed;
	return NULL;
}

/* Returns true if argument i is a former value; adds the error. */
static bool conf_schema_report_renamed_argument(
    const struct conf_schema_context *c, const struct conf_keyword *keyword,
    const struct conf_statement *s, size_t i)
{
	const struct conf_renamed *renamed =
	    conf_schema_find_renamed(keyword, s, i);

	if (!renamed)
		return false;
	c->errors->renamed++;
	if (renamed->new_name)
		conf_error_add(c->errors, s, i, "\"%s\" is now \"%s\"",
		               renamed->old_name, renamed->new_name);
	else
		conf_error_add(c->errors, s, i,
		               "\"%s\" is no longer used; usage: %s",
		               renamed->old_name,
		               conf_schema_usage(c->errors->arena, keyword));
	return true;
}

static bool conf_schema_is_former(const struct conf_keyword *keyword,
                                  const struct conf_statement *s)
{
	return keyword->formerly && text_equal(keyword->formerly, s->args[0]);
}

static void conf_schema_report_renamed_keyword(
    const struct conf_schema_context *c, const struct conf_keyword *keyword,
    const struct conf_statement *s)
{
	if (!conf_schema_is_former(keyword, s))
		return;
	c->errors->renamed++;
	conf_error_add(c->errors, s, 0, "\"%s\" is now \"%s\"",
	               keyword->formerly, keyword->name);
}

/* ---- arguments */

static void conf_schema_check_argument(const struct conf_schema_context *c,
                                       const struct conf_keyword *keyword,
                                       const struct conf_statement *s, size_t i)
{
	struct arena *a = c->errors->arena;
	const struct conf_arg *arg = conf_schema_arg(keyword, i - 1);
	const char *value = s->args[i];
	bool valid = conf_type_is_valid(arg, value);

	/* Under a former keyword a former value can be valid by its type. */
	if (valid && !conf_schema_is_former(keyword, s))
		return;
	if (conf_schema_report_renamed_argument(c, keyword, s, i) || valid)
		return;
	/* A value here may be the secret itself: do not print it. */
	if (arg->type == CONF_SECRET) {
		conf_error_add(c->errors, s, i,
		               "a secret is not written here, only its name: "
		               "%s @name",
		               s->args[i - 1]);
		return;
	}
	conf_error_add(c->errors, s, i, "%s expects %s, not \"%.100s\"%s",
	               s->args[0], conf_type_expected(a, arg), value,
	               conf_schema_suggest_choice(a, arg, value));
}

static void conf_schema_check_arguments(const struct conf_schema_context *c,
                                        const struct conf_keyword *keyword,
                                        const struct conf_statement *s)
{
	size_t given = s->arg_count - 1;
	size_t max_args = (size_t)keyword->max_args;
	char *usage = conf_schema_usage(c->errors->arena, keyword);

	if (given < (size_t)keyword->min_args)
		conf_error_add(c->errors, s, 0,
		               "%s has too few arguments; usage: %s",
		               s->args[0], usage);
	if (given > max_args &&
	    !conf_schema_report_renamed_argument(c, keyword, s, max_args + 1))
		conf_error_add(c->errors, s, max_args + 1,
		               "too many arguments; usage: %s", usage);
	for (size_t i = 1; i < s->arg_count && i <= max_args; i++)
		conf_schema_check_argument(c, keyword, s, i);
}

/* Returns an earlier statement that s duplicates, or NULL. */
static const struct conf_statement *conf_schema_find_duplicate(
    const struct conf_schema_context *c, const struct conf_keyword *keyword,
    const struct conf_statement *s)
{
	if (keyword->occurrence == CONF_REPEATABLE ||
	    (keyword->occurrence == CONF_ONCE_PER_NAME && s->arg_count < 2))
		return NULL;
	for (const struct conf_statement *e = c->block->statements; e < s;
	     e++) {
		if (!text_equal(e->args[0], s->args[0]))
			continue;
		if (keyword->occurrence == CONF_ONCE ||
		    text_equal(e->args[1], s->args[1]))
			return e;
	}
	return NULL;
}

static void conf_schema_check_occurrence(const struct conf_schema_context *c,
                                         const struct conf_keyword *keyword,
                                         const struct conf_statement *s)
{
	const struct conf_statement *before =
	    conf_schema_find_duplicate(c, keyword, s);
	bool named = keyword->occurrence == CONF_ONCE_PER_NAME;
	struct arena *a = c->errors->arena;

	if (!before)
		return;
	const char *where = text_equal(before->file, s->file)
	                        ? ""
	                        : arena_printf(a, " of %s", before->file);

	conf_error_add(c->errors, s, 0, "%s%s%s is already set on line %u%s",
	               s->args[0], named ? " " : "", named ? s->args[1] : "",
	               before->line, where);
}

static void conf_schema_check_block(const struct conf_schema_context *c);

static void conf_schema_check_inner_block(const struct conf_schema_context *c,
                                          const struct conf_keyword *keyword,
                                          const struct conf_statement *s)
{
	const struct conf_schema_context inner = { .errors = c->errors,
		                                   .block = &s->block,
		                                   .keywords = keyword->block,
		                                   .parent = s };

	if (keyword->block)
		conf_schema_check_block(&inner);
	else if (s->has_block)
		conf_error_add(c->errors, s, 0, "%s takes no block",
		               s->args[0]);
}

static const struct conf_keyword *conf_schema_find_keyword(
    const struct conf_keyword *keywords, const char *name)
{
	for (; keywords->name; keywords++)
		if (text_equal(keywords->name, name) ||
		    text_equal(keywords->name, "*") ||
		    (keywords->formerly &&
		     text_equal(keywords->formerly, name)))
			return keywords;
	return NULL;
}

static void conf_schema_check_statement(const struct conf_schema_context *c,
                                        const struct conf_statement *s)
{
	const struct conf_keyword *keyword =
	    conf_schema_find_keyword(c->keywords, s->args[0]);
	size_t before = c->errors->count;

	if (!keyword) {
		conf_error_add(c->errors, s, 0,
		               "unknown keyword \"%.100s\" %s%s", s->args[0],
		               conf_schema_place(c),
		               conf_schema_suggest_keyword(
				   c->errors->arena, s->args[0], c->keywords));
		return;
	}
	conf_schema_report_renamed_keyword(c, keyword, s);
	conf_schema_check_occurrence(c, keyword, s);
	conf_schema_check_arguments(c, keyword, s);
	if (keyword->validate && c->errors->count == before)
		keyword->validate(s, c->errors);
	conf_schema_check_inner_block(c, keyword, s);
}

/* ---- a block */

static void conf_schema_check_required(const struct conf_schema_context *c)
{
	for (const struct conf_keyword *keyword = c->keywords; keyword->name;
	     keyword++) {
		if (!keyword->required ||
		    conf_syntax_find(c->block, keyword->name) ||
		    conf_syntax_find(c->block, keyword->formerly))
			continue;
		if (c->parent)
			conf_error_add(c->errors, c->parent, 0,
			               "%s is missing %s", keyword->name,
			               conf_schema_place(c));
		else
			conf_error_add_at(c->errors, c->block->file, 1, 1,
			                  "%s is missing %s", keyword->name,
			                  conf_schema_place(c));
	}
}

static void conf_schema_check_block(const struct conf_schema_context *c)
{
	for (size_t i = 0; i < c->block->count; i++)
		conf_schema_check_statement(c, &c->block->statements[i]);
	conf_schema_check_required(c);
}

void conf_schema_check(const struct conf_block *top,
                       const struct conf_keyword *keywords,
                       struct conf_errors *errors)
{
	const struct conf_schema_context c = { .errors = errors,
		                               .block = top,
		                               .keywords = keywords };

	conf_schema_check_block(&c);
	conf_errors_sort(errors);
}

/* ---- the manual */

char *conf_schema_usage(struct arena *a, const struct conf_keyword *keyword)
{
	struct strbuf out = strbuf_init(a);
	bool many = keyword->max_args > CONF_MAX_ARGS;
	int shown = many ? (keyword->min_args > 0 ? keyword->min_args : 1)
	                 : keyword->max_args;

	strbuf_append(&out, keyword->name);
	for (int i = 0; i < shown; i++)
		strbuf_appendf(&out, i < keyword->min_args ? " %s" : " [%s]",
		               conf_type_placeholder(
				   a, conf_schema_arg(keyword, (size_t)i)));
	strbuf_append(&out, many ? " ..." : "");
	strbuf_append(&out, keyword->block ? " { ... }" : "");
	return out.data;
}
