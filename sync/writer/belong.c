/* SPDX-License-Identifier: AGPL-3.0-or-later
 * account_link.c: links affiliations to people. */
#include "sync/writer/belong.h"

#include "lib/random.h"
#include "lib/text.h"
#include "sync/writer/match.h"
#include "sync/writer/state.h"

const char *belong_person(struct arena *a, const char *joins)
{
	const char *id = random_uuid(a);

	state_do("INSERT INTO people(id, joins) VALUES(?1, ?2)", "tt", id,
	         joins);
	return id;
}

void belong_add(struct arena *a, const struct record *record,
                const char *person)
{
	state_do("INSERT INTO affiliations(id, person, directory, anchor)"
	         " VALUES(?1, ?2, ?3, ?4)",
	         "tttt", random_uuid(a), person, record->directory,
	         record->anchor);
}

void belong_return(struct arena *a, const struct record *record,
                   const char *affiliation)
{
	char *was =
	    state_text(a, "SELECT anchor FROM affiliations WHERE id = ?1", "t",
	               affiliation);

	match_forget(record->directory, was);
	state_do("DELETE FROM held WHERE directory = ?1 AND anchor = ?2", "tt",
	         record->directory, was);
	state_do("DELETE FROM suspects WHERE directory = ?1 AND anchor = ?2",
	         "tt", record->directory, was);
	state_do("UPDATE affiliations SET anchor = ?1 WHERE id = ?2", "tt",
	         record->anchor, affiliation);
}

/* ---- moves between people */

size_t belong_count(const char *person)
{
	return (size_t)state_number("SELECT count(*) FROM affiliations"
	                            " WHERE person = ?1",
	                            "t", person);
}

/* The join value of the entries of either person may now lead elsewhere. */
static void dirty_all_of(const char *person)
{
	state_do("INSERT INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?2 FROM affiliations"
	         " WHERE person = ?1 ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "ti", person, now_ms());
}

static void move(const struct record *record, const char *from, const char *to,
                 const char *before)
{
	state_do("INSERT OR IGNORE INTO people(id) VALUES(?1)", "t", to);
	state_do("UPDATE affiliations SET person = ?1, person_before = ?2"
	         " WHERE directory = ?3 AND anchor = ?4",
	         "tttt", to, before, record->directory, record->anchor);
	if (belong_count(from) == 0)
		belong_disclaim(from);
	dirty_all_of(from);
	dirty_all_of(to);
}

const char *belong_before(struct arena *a, const char *directory,
                          const char *anchor)
{
	return state_text(a,
	                  "SELECT person_before FROM affiliations"
	                  " WHERE directory = ?1 AND anchor = ?2",
	                  "tt", directory, anchor);
}

void belong_join(const struct record *record, const char *from, const char *to)
{
	struct arena *a = arena_open();
	const char *before =
	    belong_before(a, record->directory, record->anchor);

	/* Keep the first one: services received that id. */
	if (!before)
		before = from;
	move(record, from, to, text_equal(before, to) ? NULL : before);
	arena_close(a);
}

void belong_part(const struct record *record, const char *from, const char *to)
{
	move(record, from, to, NULL);
}

const char *belong_living(struct arena *a, const char *id)
{
	if (!id)
		return NULL;
	if (belong_count(id) > 0)
		return arena_copy(a, id);
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
static bool is_supported(const char *person, const char *joins)
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
	                    "tt", person, joins) > 0;
}

static bool is_claimed(struct arena *a, const char *person, const char *joins)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT id FROM people WHERE joins = ?1"
	                          " AND id <> ?2",
	                          "tt", joins, person);

	for (size_t i = 0; i < count; i++)
		if (is_supported(rows[i][0], joins))
			return true;
	return false;
}

void belong_claim(const char *person, const char *joins)
{
	struct arena *a = arena_open();
	char *own = state_text(a, "SELECT joins FROM people WHERE id = ?1", "t",
	                       person);

	if (!text_equal(own, joins) && (!own || !is_supported(person, own)) &&
	    !is_claimed(a, person, joins)) {
		/* The other person's entries now have another value. */
		state_do("UPDATE people SET joins = NULL WHERE joins = ?1", "t",
		         joins);
		state_do("UPDATE people SET joins = ?1 WHERE id = ?2", "tt",
		         joins, person);
	}
	arena_close(a);
}

void belong_disclaim(const char *person)
{
	state_do("UPDATE people SET joins = NULL WHERE id = ?1", "t", person);
}
