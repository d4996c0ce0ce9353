/* SPDX-License-Identifier: AGPL-3.0-or-later
 * test_policy.c: `try` checks policies against test cases with invented people.
 * A test case is
 *
 *	NAME FACT ... enters SERVICE [CIRCUMSTANCE ...] RESULT
 *
 * with the facts and circumstances of the tables below. It needs no running
 * process: conditions of plugins return what the test case states. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/list.h"
#include "lib/text.h"
#include "region/decide.h"

/* One test case being parsed. */
struct sentence {
	struct arena *arena;
	const struct region *region;
	const struct conf_statement *s;
	size_t at;
	struct person person;
	struct affiliation affiliation;
	struct circumstance circumstance;
	LIST(char *) roles;
	LIST(char *) units;
	LIST(const char *) given;  /* plugin conditions that permit */
	LIST(const char *) silent; /* and those that return an error */
	enum verdict wanted;
	const char *wanted_reason; /* NULL: any */
	struct conf_complaints *wrong;
};

static const char *next(const struct sentence *t)
{
	return conf_word_at(t->s, t->at);
}

static bool complain(struct sentence *t, const char *what)
{
	conf_complain(t->wrong, t->s, t->at, "%s", what);
	return false;
}

/* ---- facts and circumstances: a keyword and its value */

static bool take_in(struct sentence *t, const char *value)
{
	if (!region_municipality(t->region, value))
		return complain(t, "there is no such municipality");
	t->affiliation.municipality = value;
	return true;
}

static bool take_role(struct sentence *t, const char *value)
{
	*list_add(t->arena, &t->roles) = arena_copy(t->arena, value);
	return true;
}

static bool take_unit(struct sentence *t, const char *value)
{
	*list_add(t->arena, &t->units) = arena_copy(t->arena, value);
	return true;
}

static bool take_position(struct sentence *t, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	long long position;

	if (!text_equal(value + digits, "%") ||
	    !text_to_number(arena_bytes(t->arena, value, digits), 0, 100,
	                    &position))
		return complain(t, "a position is written 20%");
	t->affiliation.position = (int)position;
	return true;
}

static bool take_given(struct sentence *t, const char *value)
{
	*list_add(t->arena, &t->given) = value;
	return true;
}

static bool take_silent(struct sentence *t, const char *value)
{
	*list_add(t->arena, &t->silent) = value;
	return true;
}

static bool take_from(struct sentence *t, const char *value)
{
	const struct network *n = region_network(t->region, value);

	if (!n)
		return complain(t, "there is no such network");
	t->circumstance.address = network_address(t->arena, n);
	t->circumstance.listener = n->listener;
	return true;
}

/* Local time, 2026-11-21T23:05. The offset is constant within two hours except
 * in the nights of a change; test cases must avoid those. */
static bool take_at(struct sentence *t, const char *value)
{
	int64_t utc;

	if (!clock_from_iso(arena_print(t->arena, "%s:00Z", value), &utc))
		return complain(t, "a time is written 2026-11-21T23:05");
	t->circumstance.now = utc - clock_oslo(utc).tm_gmtoff;
	return true;
}

static bool take_with(struct sentence *t, const char *value)
{
	t->circumstance.second_factor = text_equal(value, "second-factor");
	return t->circumstance.second_factor ||
	       complain(t, "with what?  with second-factor");
}

static const struct {
	const char *word;
	bool (*take)(struct sentence *t, const char *value);
	bool behind_enters;
} phrases[] = {
	{ "in", take_in, false },       { "role", take_role, false },
	{ "unit", take_unit, false },   { "position", take_position, false },
	{ "given", take_given, false }, { "silent", take_silent, false },
	{ "from", take_from, true },    { "at", take_at, true },
	{ "with", take_with, true },
};

/* Parses one fact or circumstance; returns false, without advancing, if the
 * next argument is none. */
static bool take_phrase(struct sentence *t, bool behind, bool *ret_good)
{
	for (size_t i = 0; i < LENGTH(phrases); i++) {
		if (phrases[i].behind_enters != behind ||
		    !text_equal(phrases[i].word, next(t)))
			continue;
		t->at++;
		*ret_good = next(t) ? phrases[i].take(t, next(t))
		                    : complain(t, "something is missing");
		t->at++;
		return true;
	}
	return false;
}

static bool take_phrases(struct sentence *t, bool behind)
{
	bool good = true;

	while (good && take_phrase(t, behind, &good))
		continue;
	return good;
}

/* ---- the test case */

static bool read_who(struct sentence *t)
{
	t->at = 1; /* the name is free text */
	t->affiliation.kind = kind_from(next(t));
	if (t->affiliation.kind == KIND_NONE)
		return complain(t,
		                "who?  employee, teacher, pupil, politician, "
		                "guest or vendor");
	t->at++;
	if (!take_phrases(t, false))
		return false;
	if (!text_equal(next(t), "enters"))
		return complain(t, "\"enters\" was wanted here");
	t->at++;
	t->circumstance.service = next(t);
	if (!next(t))
		return complain(t, "which service?");
	t->at++;
	return true;
}

static bool read_answer(struct sentence *t)
{
	const char *answer = next(t), *behind = conf_word_at(t->s, t->at + 1);
	size_t words = 1;

	if (text_equal(answer, "allowed")) {
		t->wanted = ALLOW;
	} else if (text_equal(answer, "refused")) {
		t->wanted_reason = behind;
		words += behind != NULL;
	} else if (text_equal(answer, "needs") &&
	           text_equal(behind, "second-factor")) {
		t->wanted = STEP_UP;
		words++;
	} else {
		return complain(t,
		                "the answer is wanted here: allowed, refused "
		                "[REASON] or needs second-factor");
	}
	t->at += words;
	return !next(t) || complain(t, "this is too much");
}

/* "policies/notodden.tries": the default municipality is notodden. */
static const char *usual_municipality(struct arena *a, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;

	return arena_bytes(a, name, strcspn(name, "."));
}

static bool read_sentence(struct sentence *t)
{
	t->person =
	    (struct person){ .id = t->s->words[0], .status = STATUS_ACTIVE };
	t->affiliation = (struct affiliation){
		.id = t->s->words[0],
		.municipality = usual_municipality(t->arena, t->s->file),
		.position = -1,
		.status = STATUS_ACTIVE,
	};
	t->circumstance =
	    (struct circumstance){ .address = "", .listener = "" };
	/* Default time: a Wednesday at noon. */
	(void)take_at(t, "2026-09-16T12:00");
	if (!read_who(t) || !take_phrases(t, true) || !read_answer(t))
		return false;
	*list_add(t->arena, &t->roles) = NULL;
	*list_add(t->arena, &t->units) = NULL;
	t->affiliation.roles = t->roles.at;
	t->affiliation.units = t->units.at;
	return true;
}

/* ---- evaluation */

static bool says(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(words[i], word))
			return true;
	return false;
}

static void answer_as_said(void *with, const char *judge,
                           const struct condition *const *conditions,
                           size_t count, const struct portvakt_facts *facts,
                           enum portvakt_verdict *verdicts)
{
	const struct sentence *t = with;

	(void)judge;
	(void)facts;
	for (size_t i = 0; i < count; i++) {
		const char *word = conditions[i]->word;

		verdicts[i] = says(t->given.at, t->given.count, word)
		                  ? PORTVAKT_PERMIT
		                  : PORTVAKT_DENY;
		if (says(t->silent.at, t->silent.count, word))
			verdicts[i] = PORTVAKT_ERROR;
	}
}

static const char *answer_of(struct arena *a, enum verdict v,
                             const char *reason)
{
	static const char *const words[] = {
		[REFUSE] = "refused",
		[STEP_UP] = "needs second-factor",
		[ALLOW] = "allowed",
	};

	if (v != REFUSE || !reason)
		return words[v];
	return arena_print(a, "refused %s", reason);
}

/* Returns whether the policy's result is the expected one; prints a failure. */
static bool holds(struct sentence *t)
{
	const struct judges judges = { .ask = answer_as_said, .with = t };
	struct decision d;

	decide(t->arena, t->region, &t->person, &t->affiliation,
	       &t->circumstance, &judges, &d);
	if (d.verdict == t->wanted &&
	    (!t->wanted_reason || text_equal(t->wanted_reason, d.reason)))
		return true;
	printf("%s:%u: %s: must be %s, is %s\n%s", t->s->file, t->s->line,
	       t->s->words[0], answer_of(t->arena, t->wanted, t->wanted_reason),
	       answer_of(t->arena, d.verdict, d.reason),
	       decision_explained(t->arena, t->region, &d));
	return false;
}

struct tally {
	size_t passed, failed;
};

static void try_all(const struct command *c, const struct region *r,
                    const struct conf_block *top, struct conf_complaints *wrong,
                    struct tally *tally)
{
	for (size_t i = 0; i < top->count; i++) {
		struct sentence t = { .arena = c->arena,
			              .region = r,
			              .s = &top->at[i],
			              .wrong = wrong };

		if (read_sentence(&t) && holds(&t))
			tally->passed++;
		else
			tally->failed++;
	}
}

static void print_all(const struct command *c, struct conf_complaints *wrong)
{
	conf_sort(wrong);
	for (size_t i = 0; i < wrong->count; i++)
		printf("%s\n", conf_complaint_text(c->arena, &wrong->at[i]));
}

static bool try_file(const struct command *c, const struct region *r,
                     const char *file)
{
	struct conf_complaints wrong = { .arena = c->arena };
	struct conf_block top = { 0 };
	struct tally tally = { 0, 0 };

	if (conf_read(c->arena, file, &top, &wrong))
		try_all(c, r, &top, &wrong, &tally);
	print_all(c, &wrong);
	printf("%s: %zu passed, %zu failed\n", file, tally.passed,
	       tally.failed);
	return tally.failed == 0 && wrong.count == 0;
}

int command_try(const struct command *c)
{
	struct conf_complaints wrong;
	struct region *r = region_read_rules(c->arena, c->conf, &wrong);
	bool good = r != NULL;

	if (!r)
		print_all(c, &wrong);
	for (int i = 1; r && i < c->count; i++)
		good = try_file(c, r, c->words[i]) && good;
	region_release(r);
	return good ? 0 : 1;
}
