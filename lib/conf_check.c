/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_schema.c: checks statements against keyword tables and reports all
 * errors at once. */
#include "lib/conf_check.h"

#include <string.h>

#include "lib/conf_type.h"
#include "lib/list.h"
#include "lib/text.h"

const struct conf_word conf_anything[] = {
	{ .name = "*",
	  .most = CONF_MANY,
	  .times = CONF_OFTEN,
	  .block = conf_anything,
	  .means = "Any statement." },
	{ .name = NULL },
};

/* State of a check; parent names the block in errors. */
struct check {
	struct conf_complaints *wrong;
	const struct conf_block *block;
	const struct conf_word *words;
	const struct conf_statement *owner; /* NULL: top level */
};

static const char *owner_name(const struct check *c)
{
	return c->owner ? c->owner->words[0] : "this file";
}

/* ---- suggestions */

enum { LONGEST_SUGGESTION = 32 };

static size_t least_of(size_t x, size_t y, size_t z)
{
	size_t least = x < y ? x : y;

	return least < z ? least : z;
}

/* Edit distance with transpositions (optimal string alignment). */
static size_t distance(const char *x, const char *y)
{
	size_t d[LONGEST_SUGGESTION + 1][LONGEST_SUGGESTION + 1];
	size_t m = strlen(x), n = strlen(y);

	if (m > LONGEST_SUGGESTION || n > LONGEST_SUGGESTION)
		return SIZE_MAX;
	for (size_t i = 0; i <= m; i++)
		d[i][0] = i;
	for (size_t k = 0; k <= n; k++)
		d[0][k] = k;
	for (size_t i = 1; i <= m; i++)
		for (size_t k = 1; k <= n; k++) {
			d[i][k] =
			    least_of(d[i - 1][k] + 1, d[i][k - 1] + 1,
			             d[i - 1][k - 1] + (x[i - 1] != y[k - 1]));
			if (i > 1 && k > 1 && x[i - 1] == y[k - 2] &&
			    x[i - 2] == y[k - 1] &&
			    d[i - 2][k - 2] + 1 < d[i][k])
				d[i][k] = d[i - 2][k - 2] + 1;
		}
	return d[m][n];
}

char *conf_did_you_mean(struct arena *a, const char *said,
                        const char *const *known)
{
	const char *nearest = NULL;
	size_t length = strlen(said);
	/* Accept up to one wrong character in three. */
	size_t best = (length + 2) / 3 + 1;

	for (; *known; known++) {
		size_t far = distance(said, *known);

		if (far >= best)
			continue;
		best = far;
		nearest = *known;
	}
	if (!nearest)
		return arena_copy(a, "");
	return arena_print(a, "; did you mean \"%s\"?", nearest);
}

static const char *suggest(struct arena *a, const char *said,
                           const struct conf_word *words)
{
	LIST(const char *) known = { 0 };

	for (; words->name; words++)
		if (!text_equal(words->name, "*"))
			*list_add(a, &known) = words->name;
	*list_add(a, &known) = NULL;
	return conf_did_you_mean(a, said, known.at);
}

/* ---- one statement */

/* Returns a suggestion among the argument's choices, or "". */
static const char *suggest_one_of(struct arena *a, const struct conf_arg *arg,
                                  const char *said)
{
	if (arg->type != CONF_ONE_OF)
		return "";
	char **known = text_split(a, arg->words, " ", NULL);

	return conf_did_you_mean(a, said, (const char *const *)known);
}

static const struct conf_arg *arg_at(const struct conf_word *w, size_t i)
{
	size_t last = w->least > 0 ? (size_t)w->least - 1 : 0;

	if (w->most <= CONF_ARGS || i < last)
		return &w->args[i];
	return &w->args[last < CONF_ARGS ? last : CONF_ARGS - 1];
}

static void check_argument(const struct check *c, const struct conf_word *w,
                           const struct conf_statement *s, size_t i)
{
	struct arena *a = c->wrong->arena;
	const struct conf_arg *arg = arg_at(w, i - 1);
	const char *said = s->words[i];

	if (conf_type_good(arg, said))
		return;
	/* A value here may be the secret itself: do not print it. */
	if (arg->type == CONF_SECRET) {
		conf_complain(c->wrong, s, i,
		              "a secret is named, never written here: "
		              "%s @name",
		              s->words[i - 1]);
		return;
	}
	conf_complain(c->wrong, s, i, "%s wants %s, not \"%.100s\"%s",
	              s->words[0], conf_type_wants(a, arg), said,
	              suggest_one_of(a, arg, said));
}

static void check_arguments(const struct check *c, const struct conf_word *w,
                            const struct conf_statement *s)
{
	size_t given = s->word_count - 1;
	size_t most = (size_t)w->most;
	char *usage = conf_usage(c->wrong->arena, w);

	if (given < (size_t)w->least)
		conf_complain(c->wrong, s, 0, "%s is written: %s", s->words[0],
		              usage);
	if (given > most)
		conf_complain(c->wrong, s, most + 1,
		              "this is too much; %s is written: %s",
		              s->words[0], usage);
	for (size_t i = 1; i < s->word_count && i <= most; i++)
		check_argument(c, w, s, i);
}

/* Returns an earlier statement that s duplicates, or NULL. */
static const struct conf_statement *said_before(const struct check *c,
                                                const struct conf_word *w,
                                                const struct conf_statement *s)
{
	if (w->times == CONF_OFTEN ||
	    (w->times == CONF_EACH && s->word_count < 2))
		return NULL;
	for (const struct conf_statement *e = c->block->at; e < s; e++) {
		if (!text_equal(e->words[0], s->words[0]))
			continue;
		if (w->times == CONF_ONCE ||
		    text_equal(e->words[1], s->words[1]))
			return e;
	}
	return NULL;
}

static void check_times(const struct check *c, const struct conf_word *w,
                        const struct conf_statement *s)
{
	const struct conf_statement *before = said_before(c, w, s);
	bool named = w->times == CONF_EACH;
	struct arena *a = c->wrong->arena;

	if (!before)
		return;
	const char *where = text_equal(before->file, s->file)
	                        ? ""
	                        : arena_print(a, " of %s", before->file);

	conf_complain(c->wrong, s, 0, "%s%s%s is already said on line %u%s",
	              s->words[0], named ? " " : "", named ? s->words[1] : "",
	              before->line, where);
}

static void check_block(const struct check *c);

static void check_inside(const struct check *c, const struct conf_word *w,
                         const struct conf_statement *s)
{
	const struct check inner = { .wrong = c->wrong,
		                     .block = &s->block,
		                     .words = w->block,
		                     .owner = s };

	if (w->block)
		check_block(&inner);
	else if (s->has_block)
		conf_complain(c->wrong, s, 0, "%s has no block", s->words[0]);
}

static const struct conf_word *find_word(const struct conf_word *words,
                                         const char *name)
{
	for (; words->name; words++)
		if (text_equal(words->name, name) ||
		    text_equal(words->name, "*"))
			return words;
	return NULL;
}

static void check_statement(const struct check *c,
                            const struct conf_statement *s)
{
	const struct conf_word *w = find_word(c->words, s->words[0]);
	size_t before = c->wrong->count;

	if (!w) {
		conf_complain(c->wrong, s, 0, "%s knows no \"%.100s\"%s",
		              owner_name(c), s->words[0],
		              suggest(c->wrong->arena, s->words[0], c->words));
		return;
	}
	check_times(c, w, s);
	check_arguments(c, w, s);
	if (w->also && c->wrong->count == before)
		w->also(s, c->wrong);
	check_inside(c, w, s);
}

/* ---- a block */

static void check_required(const struct check *c)
{
	for (const struct conf_word *w = c->words; w->name; w++) {
		if (!w->required || conf_find(c->block, w->name))
			continue;
		if (c->owner)
			conf_complain(c->wrong, c->owner, 0, "%s lacks %s",
			              owner_name(c), w->name);
		else
			conf_complain_at(c->wrong, c->block->file, 1, 1,
			                 "%s lacks %s", owner_name(c), w->name);
	}
}

static void check_block(const struct check *c)
{
	for (size_t i = 0; i < c->block->count; i++)
		check_statement(c, &c->block->at[i]);
	check_required(c);
}

void conf_check(const struct conf_block *top, const struct conf_word *words,
                struct conf_complaints *wrong)
{
	const struct check c = { .wrong = wrong, .block = top, .words = words };

	check_block(&c);
	conf_sort(wrong);
}

/* ---- the manual */

char *conf_usage(struct arena *a, const struct conf_word *w)
{
	struct text out = text_in(a);
	bool many = w->most > CONF_ARGS;
	int shown = many ? (w->least > 0 ? w->least : 1) : w->most;

	text_add(&out, w->name);
	for (int i = 0; i < shown; i++)
		text_addf(&out, i < w->least ? " %s" : " [%s]",
		          conf_type_called(a, arg_at(w, (size_t)i)));
	text_add(&out, many ? " ..." : "");
	text_add(&out, w->block ? " { ... }" : "");
	return out.at;
}
