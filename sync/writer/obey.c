/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join_override.c: applies operators' overrides of the join: an entry is a
 * given person, a separate person, or not the person it was joined to. */
#include <string.h>

#include "lib/text.h"
#include "sync/writer/belong.h"
#include "sync/writer/decisions.h"
#include "sync/writer/match.h"
#include "sync/writer/state.h"

static const char *value_of(const struct matching *m)
{
	return m->shape->joins ? m->record->joins : NULL;
}

static void claim(const struct matching *m, const char *person)
{
	if (value_of(m))
		belong_claim(person, value_of(m));
}

/* ---- join */

/* A person that no longer exists cannot be joined; the rules decide. */
static bool obey_join(struct matching *m, const struct decision *d)
{
	const char *to = belong_living(m->arena, decision_person(d));

	if (!to)
		return false;
	if (!m->person) {
		belong_add(m->arena, m->record, to);
	} else if (!text_equal(m->person, to)) {
		belong_join(m->record, m->person, to);
		m->left = m->person;
	}
	claim(m, to);
	return true;
}

/* ---- new */

static bool obey_new(struct matching *m, const struct decision *d)
{
	const char *to = NULL;

	(void)d;
	if (!m->person) {
		belong_add(m->arena, m->record, belong_person(m->arena, NULL));
		return true;
	}
	if (belong_count(m->person) == 1) {
		belong_disclaim(m->person);
		return true;
	}
	to = belong_before(m->arena, m->record->directory, m->record->anchor);
	belong_part(m->record, m->person,
	            to ? to : belong_person(m->arena, NULL));
	m->left = m->person;
	return true;
}

/* ---- part */

/* Splits "DIRECTORY:ANCHOR". */
static bool split(struct arena *a, const char *subject, const char **ret_anchor,
                  const char **ret_directory)
{
	const char *colon = strchr(subject, ':');

	if (!colon)
		return false;
	*ret_directory = arena_bytes(a, subject, (size_t)(colon - subject));
	*ret_anchor = colon + 1;
	return true;
}

/* Returns the previous person of the override's other entries: the least id,
 * independent of their order. */
static const char *before_of_others(struct matching *m,
                                    const struct decision *d)
{
	const char *least = NULL;

	for (size_t i = 0; i < d->count; i++) {
		const char *directory = NULL;
		const char *anchor = NULL;

		if (!split(m->arena, d->subjects[i], &anchor, &directory))
			continue;
		const char *one = belong_before(m->arena, directory, anchor);

		if (one && (!least || strcmp(one, least) < 0))
			least = one;
	}
	return least;
}

/* Returns the person that entries of the override moved to before. */
static const char *person_of_others(struct matching *m,
                                    const struct decision *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const char *directory = NULL;
		const char *anchor = NULL;

		if (!split(m->arena, d->subjects[i], &anchor, &directory))
			continue;
		const char *one =
		    state_text(m->arena,
		               "SELECT person FROM affiliations"
		               " WHERE directory = ?1 AND anchor = ?2",
		               "tt", directory, anchor);

		if (one && !text_equal(one, m->person))
			return one;
	}
	return NULL;
}

/* Its own previous person, else that of the other entries, which move together;
 * else a new one. */
static const char *where_to(struct matching *m, const struct decision *d)
{
	const char *to =
	    belong_before(m->arena, m->record->directory, m->record->anchor);

	if (!to)
		to = before_of_others(m, d);
	if (!to)
		to = person_of_others(m, d);
	return to ? to : belong_person(m->arena, NULL);
}

static bool obey_part(struct matching *m, const struct decision *d)
{
	const char *from = belong_living(m->arena, decision_person(d));

	m->never = from;
	if (!from || !text_equal(m->person, from))
		return false;
	/* The only affiliation stays. */
	if (belong_count(from) == 1)
		return true;
	const char *to = where_to(m, d);

	belong_part(m->record, from, to);
	m->left = from;
	claim(m, to);
	return true;
}

/* ---- actions */

static const struct {
	const char *decides;
	bool (*obey)(struct matching *m, const struct decision *d);
} kinds[] = {
	{ "join", obey_join },
	{ "new", obey_new },
	{ "part", obey_part },
};

bool obey(struct matching *m)
{
	const struct decision *d =
	    decision_of(m->arena, "join new out part",
	                decision_subject(m->arena, m->record->directory,
	                                 m->record->anchor));

	for (size_t i = 0; d && i < LENGTH(kinds); i++)
		if (text_equal(kinds[i].decides, d->decides))
			return kinds[i].obey(m, d);
	return false;
}
