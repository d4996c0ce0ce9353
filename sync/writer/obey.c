/* SPDX-License-Identifier: AGPL-3.0-or-later
 * obey.c: what people decided about one entry: that it is a certain person,
 * somebody of its own, or not the person it was taken for. */
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

/* Somebody who is no more cannot be joined: as if it had not been said. */
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

/* "directory:anchor" as two. */
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

/* Whose id the other entries of the decision get back: the least, that it is
 * the same in whatever order they are looked at. */
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

/* Whom those of them became who went before it. */
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

/* Its own earlier id; else it goes with the others, who left the person
 * together. */
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
	/* Nobody is parted from themselves. */
	if (belong_count(from) == 1)
		return true;
	const char *to = where_to(m, d);

	belong_part(m->record, from, to);
	m->left = from;
	claim(m, to);
	return true;
}

/* ---- */

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
