/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join_override.c: applies operators' overrides of the join: an entry is a
 * given person, a separate person, or not the person it was joined to. */
#include "sync/engine/correlation/join_private.h"

#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/correlation/account_link.h"
#include "sync/engine/state/state.h"

static const char *override_join_value(const struct join_context *m)
{
	return m->classification->joins_by_national_id ? m->entry->join_value
	                                               : NULL;
}

static void override_set_join_value(const struct join_context *m,
                                    const char *person)
{
	if (override_join_value(m))
		link_set_join_value(person, override_join_value(m));
}

/* ---- the id before a join */

/* row: directory, anchor. */
static bool override_concerns(struct arena *a, const struct sync_override *d,
                              char **row)
{
	const struct sync_override *other =
	    overrides_of_entry(a, row[0], row[1]);

	return other && text_equal(other->id, d->id);
}

/* Returns whether an affiliation that stays has the subject identifiers of the
 * id, too: services would take two people for one. */
static bool override_id_stays(const struct join_context *m,
                              const struct sync_override *d, const char *id)
{
	size_t count = 0;
	char ***rows = state_rows(m->arena, &count,
	                          "SELECT directory, anchor FROM affiliations"
	                          " WHERE person = ?1"
	                          " AND coalesce(person_before, person) = ?2",
	                          "tt", m->person, id);

	for (size_t i = 0; i < count; i++)
		if (!override_concerns(m->arena, d, rows[i]))
			return true;
	return false;
}

/* Returns the id that the entry's affiliation had before it joined its person;
 * NULL if there is none, or if it stays. */
static const char *override_previous(const struct join_context *m,
                                     const struct sync_override *d,
                                     const char *directory, const char *anchor)
{
	const char *id = link_previous_person(m->arena, directory, anchor);

	return id && !override_id_stays(m, d, id) ? id : NULL;
}

/* ---- join */

/* The first id stays with the affiliation: services received it.  If others
 * keep it, it gets that of one who joins. */
static const char *override_merged_id(const struct join_context *m,
                                      const struct sync_override *d,
                                      const char *to)
{
	const char *id = link_previous_person(m->arena, m->entry->directory,
	                                      m->entry->anchor);

	if (!id)
		id = m->person;
	return override_id_stays(m, d, id) ? join_subject_id(m, to) : id;
}

/* A person that no longer exists cannot be joined; the rules decide. */
static bool override_merge(struct join_context *m,
                           const struct sync_override *d)
{
	const char *to = link_resolve_person(m->arena, overrides_target(d));

	if (!to)
		return false;
	if (!m->person) {
		join_create_link(m, to);
	} else if (!text_equal(m->person, to)) {
		link_merge(m->entry, m->person, to,
		           override_merged_id(m, d, to));
		m->former_person = m->person;
	}
	override_set_join_value(m, to);
	return true;
}

/* ---- new */

static bool override_separate(struct join_context *m,
                              const struct sync_override *d)
{
	if (!m->person) {
		link_create(m->arena, m->entry,
		            link_create_person(m->arena, NULL));
		return true;
	}
	if (link_count(m->person) == 1) {
		link_clear_join_value(m->person);
		return true;
	}
	const char *to =
	    override_previous(m, d, m->entry->directory, m->entry->anchor);

	link_split(m->entry, m->person,
	           to ? to : link_create_person(m->arena, NULL));
	m->former_person = m->person;
	return true;
}

/* ---- part */

/* Returns the previous person of the override's other entries: the least id,
 * independent of their order. */
static const char *override_previous_of_others(struct join_context *m,
                                               const struct sync_override *d)
{
	const char *smallest = NULL;

	for (size_t i = 0; i < d->count; i++) {
		const char *directory = NULL;
		const char *anchor = NULL;

		if (!overrides_split_subject(m->arena, d->subjects[i],
		                             &directory, &anchor))
			continue;
		const char *previous =
		    override_previous(m, d, directory, anchor);

		if (previous && (!smallest || strcmp(previous, smallest) < 0))
			smallest = previous;
	}
	return smallest;
}

/* Returns the person that entries of the override moved to before. */
static const char *override_person_of_others(struct join_context *m,
                                             const struct sync_override *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const char *directory = NULL;
		const char *anchor = NULL;

		if (!overrides_split_subject(m->arena, d->subjects[i],
		                             &directory, &anchor))
			continue;
		const char *person =
		    state_text(m->arena,
		               "SELECT person FROM affiliations"
		               " WHERE directory = ?1 AND anchor = ?2",
		               "tt", directory, anchor);

		if (person && !text_equal(person, m->person))
			return person;
	}
	return NULL;
}

/* Its own previous person, else that of the other entries, which move together;
 * else a new one. */
static const char *override_split_target(struct join_context *m,
                                         const struct sync_override *d)
{
	const char *to =
	    override_previous(m, d, m->entry->directory, m->entry->anchor);

	if (!to)
		to = override_previous_of_others(m, d);
	if (!to)
		to = override_person_of_others(m, d);
	return to ? to : link_create_person(m->arena, NULL);
}

static bool override_split(struct join_context *m,
                           const struct sync_override *d)
{
	const char *from = link_resolve_person(m->arena, overrides_target(d));

	m->excluded_person = from;
	if (!from || !text_equal(m->person, from))
		return false;
	/* The only affiliation stays. */
	if (link_count(from) == 1)
		return true;
	const char *to = override_split_target(m, d);

	link_split(m->entry, from, to);
	m->former_person = from;
	override_set_join_value(m, to);
	return true;
}

/* ---- actions */

static const struct {
	const char *action;
	bool (*apply)(struct join_context *m, const struct sync_override *d);
} override_handlers[] = {
	{ "join", override_merge },
	{ "new", override_separate },
	{ "part", override_split },
};

bool override_decides(struct join_context *m)
{
	const struct sync_override *d =
	    overrides_of_entry(m->arena, m->entry->directory, m->entry->anchor);
	const char *target =
	    d && !text_equal(d->action, "new")
		? link_resolve_person(m->arena, overrides_target(d))
		: NULL;

	if (d && text_equal(d->action, "part"))
		m->excluded_person = target;
	return d && (text_equal(d->action, "new") ||
	             (text_equal(d->action, "join") && target));
}

bool override_apply(struct join_context *m)
{
	const struct sync_override *d =
	    overrides_of_entry(m->arena, m->entry->directory, m->entry->anchor);

	for (size_t i = 0; d && i < LENGTH(override_handlers); i++)
		if (text_equal(override_handlers[i].action, d->action))
			return override_handlers[i].apply(m, d);
	return false;
}
