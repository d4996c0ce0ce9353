/* SPDX-License-Identifier: AGPL-3.0-or-later
 * account_link.c: links affiliations to people. */
#include "sync/engine/correlation/account_link.h"

#include "lib/random.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"

const char *link_create_person(struct arena *a, const char *join_value)
{
	const char *id = random_uuid(a);

	state_exec("INSERT INTO people(id, joins) VALUES(?1, ?2)", "tt", id,
	           join_value);
	return id;
}

void link_restore_person(const char *id, const char *join_value)
{
	state_exec("INSERT INTO people(id, joins) VALUES(?1, ?2)", "tt", id,
	           join_value);
}

void link_create(struct arena *a, const struct source_entry *entry,
                 const char *person)
{
	link_restore(entry, person, random_uuid(a), NULL);
}

void link_restore(const struct source_entry *entry, const char *person,
                  const char *id, const char *person_before)
{
	state_exec("INSERT INTO affiliations(id, person, directory, anchor,"
	           " person_before) VALUES(?1, ?2, ?3, ?4, ?5)",
	           "ttttt", id, person, entry->directory, entry->anchor,
	           person_before);
}

void link_reattach(struct arena *a, const struct source_entry *entry,
                   const char *affiliation)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT directory, anchor FROM affiliations"
	                          " WHERE id = ?1",
	                          "t", affiliation);

	if (count == 0)
		return;
	const char *directory = rows[0][0];
	const char *anchor = rows[0][1];

	quarantine_clear(directory, anchor);
	state_exec("DELETE FROM held WHERE directory = ?1 AND anchor = ?2",
	           "tt", directory, anchor);
	state_exec("DELETE FROM suspects WHERE directory = ?1 AND anchor = ?2",
	           "tt", directory, anchor);
	state_exec("UPDATE affiliations SET directory = ?1, anchor = ?2"
	           " WHERE id = ?3",
	           "ttt", entry->directory, entry->anchor, affiliation);
	overrides_follow(overrides_subject(a, directory, anchor),
	                 overrides_subject(a, entry->directory, entry->anchor));
}

/* ---- moves between people */

size_t link_count(const char *person)
{
	return (size_t)state_number("SELECT count(*) FROM affiliations"
	                            " WHERE person = ?1",
	                            "t", person);
}

/* The join value of the entries of either person may now lead elsewhere. */
static void link_mark_person_dirty(const char *person)
{
	state_exec("INSERT INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?2 FROM affiliations"
	           " WHERE person = ?1 ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "ti", person, state_now_ms());
}

void link_mark_doubts_dirty(const char *person)
{
	state_exec("INSERT INTO dirty(directory, anchor, at)"
	           " SELECT f.directory, f.anchor, ?2 FROM affiliations AS f"
	           " WHERE f.person = ?1 AND EXISTS (SELECT 1 FROM quarantine"
	           " AS q WHERE q.directory = f.directory"
	           " AND q.anchor = f.anchor)"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "ti", person, state_now_ms());
}

static void link_move(const struct source_entry *entry, const char *from,
                      const char *to, const char *previous)
{
	state_exec("INSERT OR IGNORE INTO people(id) VALUES(?1)", "t", to);
	state_exec("UPDATE affiliations SET person = ?1, person_before = ?2"
	           " WHERE directory = ?3 AND anchor = ?4",
	           "tttt", to, previous, entry->directory, entry->anchor);
	if (link_count(from) == 0)
		link_clear_join_value(from);
	link_mark_person_dirty(from);
	link_mark_person_dirty(to);
}

const char *link_previous_person(struct arena *a, const char *directory,
                                 const char *anchor)
{
	return state_text(a,
	                  "SELECT person_before FROM affiliations"
	                  " WHERE directory = ?1 AND anchor = ?2",
	                  "tt", directory, anchor);
}

void link_merge(const struct source_entry *entry, const char *from,
                const char *to, const char *previous)
{
	link_move(entry, from, to, text_equal(previous, to) ? NULL : previous);
}

void link_split(const struct source_entry *entry, const char *from,
                const char *to)
{
	link_move(entry, from, to, NULL);
}

const char *link_resolve_person(struct arena *a, const char *id)
{
	if (!id)
		return NULL;
	if (link_count(id) > 0)
		return arena_strdup(a, id);
	return state_text(a,
	                  "SELECT p.id FROM people AS p,"
	                  " json_each(p.form, '$.portvaktFormerId') AS x"
	                  " WHERE instr(p.form, ?1) > 0 AND x.value = ?1"
	                  " AND EXISTS (SELECT 1 FROM affiliations AS f"
	                  " WHERE f.person = p.id)",
	                  "t", id);
}

/* ---- join values */

/* Returns whether an entry of the person has this value, or may have it because
 * its directory was not read completely. */
static bool link_value_is_in_use(const char *person, const char *join_value)
{
	return state_number("SELECT count(*) FROM affiliations AS f"
	                    " LEFT JOIN records AS r"
	                    " ON r.directory = f.directory"
	                    " AND r.anchor = f.anchor"
	                    " LEFT JOIN sources AS s"
	                    " ON s.directory = f.directory"
	                    " WHERE f.person = ?1 AND (r.joins = ?2 OR"
	                    " (r.anchor IS NULL AND coalesce(s.wholes, 0)"
	                    " = 0))",
	                    "tt", person, join_value) > 0;
}

static bool link_value_is_taken(struct arena *a, const char *person,
                                const char *join_value)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT id FROM people WHERE joins = ?1"
	                          " AND id <> ?2",
	                          "tt", join_value, person);

	for (size_t i = 0; i < count; i++)
		if (link_value_is_in_use(rows[i][0], join_value))
			return true;
	return false;
}

void link_set_join_value(const char *person, const char *join_value)
{
	struct arena *a = arena_open();
	char *current_value = state_text(
	    a, "SELECT joins FROM people WHERE id = ?1", "t", person);

	if (!text_equal(current_value, join_value) &&
	    (!current_value || !link_value_is_in_use(person, current_value)) &&
	    !link_value_is_taken(a, person, join_value)) {
		/* The other person's entries now have another value. */
		state_exec("UPDATE people SET joins = NULL WHERE joins = ?1",
		           "t", join_value);
		state_exec("UPDATE people SET joins = ?1 WHERE id = ?2", "tt",
		           join_value, person);
	}
	arena_close(a);
}

void link_clear_join_value(const char *person)
{
	state_exec("UPDATE people SET joins = NULL WHERE id = ?1", "t", person);
}
