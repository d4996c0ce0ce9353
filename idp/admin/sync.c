/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync.c: approves changes that sync holds: deactivations, creations, values,
 * roles, a source or a configuration. An approval covers exactly the list in
 * sync's response. */
#include <stdlib.h>
#include <string.h>

#include "idp/admin/admin.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/list.h"
#include "lib/text.h"

enum { OPEN = 7 * 24 * 60 * 60 }; /* validity in seconds */

static const struct {
	const char *act, *word; /* as typed; qualifier may be NULL */
	const char *list;       /* the name that sync uses */
	bool is_list;           /* a list of entries; otherwise evidence */
} kinds[] = {
	{ "release", NULL, "leavers", true },
	{ "welcome", NULL, "newcomers", true },
	{ "accept", "values", "values", true },
	{ "accept", "roles", "roles", true },
	{ "accept", "source", "source", false },
	{ "accept", "configuration", "configuration", false },
};

struct list {
	struct arena *arena;
	LIST(const char *) subjects;
};

static void add_line(const char *line, void *with)
{
	struct list *l = with;

	*list_add(l->arena, &l->subjects) = arena_copy(l->arena, line);
}

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Returns the hash of the sorted list, whichever entries it is split into. */
static const char *hash_of(struct list *l)
{
	struct text t = text_in(l->arena);

	if (l->subjects.count > 0)
		qsort(l->subjects.at, l->subjects.count,
		      sizeof(l->subjects.at[0]), by_text);
	for (size_t i = 0; i < l->subjects.count; i++)
		text_addf(&t, "%s\n", l->subjects.at[i]);
	return hash_text(l->arena, l->subjects.count > 0 ? t.at : "");
}

static bool ask_for(const struct act *t, const char *directory,
                    const char *list, struct list *l, struct fault *why)
{
	char *words[] = { arena_copy(t->arena, "release"),
		          arena_copy(t->arena, directory),
		          arena_copy(t->arena, list), NULL };

	l->arena = t->arena;
	if (!act_ask_sync(t, words, add_line, l, why)) {
		/* On refusal sync sends the reason as a line. */
		const char *said =
		    l->subjects.count > 0 ? l->subjects.at[0] : why->text;

		return fault(why, FAULT_INVALID, "%s",
		             arena_copy(t->arena, said));
	}
	return true;
}

static bool decide_as(const struct act *t, size_t kind, const char *directory,
                      struct fault *why)
{
	struct list l = { 0 };

	if (!act_is_signed(t, why) ||
	    !ask_for(t, directory, kinds[kind].list, &l, why))
		return false;
	struct deciding d = {
		.decides = kinds[kind].act,
		.about = directory,
		.word = kinds[kind].word,
		.subjects = l.subjects.at,
		.count = l.subjects.count,
	};
	if (kinds[kind].is_list) {
		d.hash = hash_of(&l);
		d.until = clock_now() + OPEN;
	}
	answer_line(t->question, "%zu %s", l.subjects.count,
	            kinds[kind].is_list ? "people" : "matter");
	return act_decide(t, &d, NULL, why);
}

bool admin_sync(const struct act *t, struct fault *why)
{
	size_t count = 0;
	char **said = act_operands(t, 2, &count);

	for (size_t i = 0; i < LENGTH(kinds) && t->count > 1; i++) {
		size_t words = kinds[i].word ? 2 : 1;

		if (text_equal(t->words[1], kinds[i].act) && count == words &&
		    (!kinds[i].word || text_equal(said[0], kinds[i].word)))
			return decide_as(t, i, said[words - 1], why);
	}
	return fault(why, FAULT_INVALID,
	             "sync release|welcome DIRECTORY, or sync accept "
	             "source|values|roles|configuration DIRECTORY, with --by "
	             "NAME --reason TEXT");
}
