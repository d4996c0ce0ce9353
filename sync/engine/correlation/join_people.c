/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join_people.c: entries and people with the same join value as an entry, and
 * whether their names agree with its name. */
#include "sync/engine/correlation/join_private.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/correlation/name_match.h"
#include "sync/engine/source/directory_move.h"
#include "sync/engine/state/state.h"

enum { KNOWN_SECONDS = 24 * 60 * 60 };

const char *join_value_of_entry(const struct join_context *m)
{
	return m->classification->joins_by_national_id &&
	               !m->entry->national_id_error
	           ? m->entry->join_value
	           : NULL;
}

/* ---- names */

static struct written_name join_entry_name(const struct source_entry *entry)
{
	return (struct written_name){
		.given = source_entry_value(entry, "given-name"),
		.family = source_entry_value(entry, "family-name"),
		.full = source_entry_value(entry, "name"),
	};
}

/* Family names that the person had before; NULL-terminated. */
static const char *const *join_former_names(struct arena *a,
                                            const json_t *attrs)
{
	const json_t *list = js_array(attrs, "portvaktFormerName");
	size_t count = json_array_size(list);
	const char **names = arena_array(a, const char *, count + 1);

	for (size_t i = 0; i < count; i++)
		names[i] = json_string_value(json_array_get(list, i));
	return names;
}

static bool join_agrees_with_written(const struct join_context *m,
                                     const struct written_name *name,
                                     const json_t *attrs)
{
	const struct written_name written = {
		.given = entry_json_value(attrs, "givenName"),
		.family = entry_json_value(attrs, "sn"),
		.full = entry_json_value(attrs, "displayName"),
	};

	return name_match_agrees(m->arena, name, &written,
	                         join_former_names(m->arena, attrs));
}

static const json_t *join_written_person(struct arena *a, const char *person)
{
	char *text =
	    state_text(a, "SELECT form FROM people WHERE id = ?1", "t", person);

	return entry_json_parse(a, text);
}

bool join_names_agree_with_person(const struct join_context *m,
                                  const char *person)
{
	const struct written_name name = join_entry_name(m->entry);
	const json_t *attrs = join_written_person(m->arena, person);
	size_t count = 0;

	if (join_agrees_with_written(m, &name, attrs))
		return true;
	char ***rows = state_rows(m->arena, &count,
	                          "SELECT directory, anchor FROM affiliations"
	                          " WHERE person = ?1",
	                          "t", person);
	for (size_t i = 0; i < count; i++) {
		const struct source_entry *entry =
		    source_entry_load(m->arena, rows[i][0], rows[i][1]);
		const struct written_name one =
		    entry ? join_entry_name(entry) : (struct written_name){ 0 };

		if (name_match_agrees(m->arena, &name, &one,
		                      join_former_names(m->arena, attrs)))
			return true;
	}
	return false;
}

/* The other affiliations of the linked person, of other municipalities; none if
 * the person was the entry's municipality's first. */
static char ***join_select_foreign(const struct join_context *m,
                                   size_t *ret_count)
{
	size_t count = 0;
	size_t kept = 0;
	char ***rows = state_rows(
	    m->arena, &count,
	    "SELECT directory, anchor,"
	    " json_extract(form, '$.portvaktMunicipality[0]'), person_before,"
	    " status FROM affiliations WHERE person = ?1 ORDER BY id",
	    "t", m->person);

	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_near = join_is_near(m, rows[i]);

		if (is_near && !rows[i][3])
			return rows;
		if (!is_near)
			rows[kept++] = rows[i];
	}
	*ret_count = kept;
	return rows;
}

/* An active affiliation without its entry, in an emptied or hidden directory,
 * has the name that the catalogue has. */
bool join_is_renamed(struct join_context *m)
{
	const struct written_name name = join_entry_name(m->entry);
	const char *other_entry = NULL;
	size_t count = 0;

	if (!m->person_before)
		return false;
	const json_t *attrs = join_written_person(m->arena, m->person);
	char ***rows = join_select_foreign(m, &count);

	for (size_t i = 0; i < count; i++) {
		const struct source_entry *entry =
		    source_entry_load(m->arena, rows[i][0], rows[i][1]);

		if (!entry && !text_equal(rows[i][4], "active"))
			continue;
		const struct written_name one =
		    entry ? join_entry_name(entry) : (struct written_name){ 0 };

		if (entry &&
		    name_match_agrees(m->arena, &name, &one,
		                      join_former_names(m->arena, attrs)))
			return false;
		other_entry =
		    arena_printf(m->arena, "%s:%s", rows[i][0], rows[i][1]);
	}
	if (!other_entry || join_agrees_with_written(m, &name, attrs))
		return false;
	m->other_entry = m->other_entry ?: other_entry;
	return true;
}

static bool join_names_agree_with_entry(const struct join_context *m,
                                        const struct source_entry *other)
{
	const struct written_name name = join_entry_name(m->entry);
	const struct written_name one = join_entry_name(other);

	return name_match_agrees(m->arena, &name, &one, NULL);
}

/* ---- entries */

/* Kinds compare by position: teacher and employee are one, pupil is not. */
bool join_is_same_position(enum affiliation_type one,
                           enum affiliation_type other)
{
	if (one == KIND_TEACHER)
		one = KIND_EMPLOYEE;
	return one == (other == KIND_TEACHER ? KIND_EMPLOYEE : other);
}

/* Returns whether another entry of the same municipality and position has this
 * number.  A pupil may also be employed, and one directory may feed two
 * municipalities. */
static bool join_is_duplicate(struct join_context *m,
                              const struct source_entry *other)
{
	struct classification s;

	return source_entry_classify(m->arena, m->cfg, other, &s) &&
	       s.municipality == m->classification->municipality &&
	       join_is_same_position(s.kind, m->classification->kind);
}

/* Reads the other entries with this number; those of a replaced directory are
 * the same people.  While a person holds the number,
 * entries that wait with another name do not keep this one from it. */
void join_check_entries(struct join_context *m, struct join_facts *f)
{
	size_t count = 0;
	char ***rows =
	    state_rows(m->arena, &count,
	               "SELECT r.directory, r.anchor, p.joins IS NULL"
	               " AND f.person IS NOT ?4 FROM records AS r"
	               " LEFT JOIN affiliations AS f"
	               " ON f.directory = r.directory AND f.anchor = r.anchor"
	               " LEFT JOIN people AS p ON p.id = f.person"
	               " WHERE r.joins = ?1 AND NOT (r.directory = ?2 AND"
	               " r.anchor = ?3) AND r.directory IS NOT ?5",
	               "ttttt", join_value_of_entry(m), m->entry->directory,
	               m->entry->anchor, m->person ? m->person : "",
	               directory_predecessor(m->cfg, m->entry->directory));

	for (size_t i = 0; i < count; i++) {
		const struct source_entry *other =
		    source_entry_load(m->arena, rows[i][0], rows[i][1]);

		f->duplicate |= join_is_duplicate(m, other);
		if (f->other_people > 0 || text_equal(rows[i][2], "0") ||
		    join_names_agree_with_entry(m, other))
			continue;
		f->names_differ = true;
		m->other_entry =
		    arena_printf(m->arena, "%s:%s", rows[i][0], rows[i][1]);
	}
}

/* ---- people */

/* Returns an entry of the person, the same one each time. */
static const char *join_entry_of(struct arena *a, const char *person)
{
	return state_text(a,
	                  "SELECT directory || ':' || anchor FROM affiliations"
	                  " WHERE person = ?1 ORDER BY directory, anchor",
	                  "t", person);
}

void join_check_people(struct join_context *m, struct join_facts *f)
{
	size_t count = 0;
	char ***rows = state_rows(m->arena, &count,
	                          "SELECT id FROM people WHERE joins = ?1"
	                          " AND id IS NOT ?2 AND id IS NOT ?3",
	                          "ttt", join_value_of_entry(m), m->person,
	                          m->excluded_person);

	f->other_people = count;
	if (count == 0)
		return;
	m->other_entry = join_entry_of(m->arena, rows[0][0]);
	if (count > 1)
		return;
	m->other_person = rows[0][0];
	f->names_differ = !join_names_agree_with_person(m, m->other_person);
}

bool join_is_swapped(const struct join_context *m, const char *person_value)
{
	return person_value && m->other_person &&
	       state_number("SELECT count(*) FROM affiliations AS f"
	                    " JOIN records AS r ON r.directory = f.directory"
	                    " AND r.anchor = f.anchor"
	                    " WHERE f.person = ?1 AND r.joins = ?2",
	                    "tt", m->other_person, person_value) > 0;
}

/* An active affiliation without its entry, in an emptied or hidden directory,
 * stands for the number that the catalogue has. */
bool join_is_disputed(const struct join_context *m)
{
	return state_number("SELECT count(*) FROM affiliations AS f"
	                    " LEFT JOIN records AS r"
	                    " ON r.directory = f.directory"
	                    " AND r.anchor = f.anchor"
	                    " WHERE f.person = ?1 AND (r.joins <> ?2"
	                    " OR (r.anchor IS NULL AND f.status = 'active'))",
	                    "tt", m->person, join_value_of_entry(m)) > 0;
}

bool join_both_are_known(const struct join_context *m)
{
	return m->other_person &&
	       state_number("SELECT count(*) FROM affiliations"
	                    " WHERE directory = ?1 AND anchor = ?2"
	                    " AND made BETWEEN 1 AND ?4 AND EXISTS"
	                    " (SELECT 1 FROM affiliations AS o"
	                    " WHERE o.person = ?3 AND o.made BETWEEN 1"
	                    " AND ?4)",
	                    "ttti", m->entry->directory, m->entry->anchor,
	                    m->other_person, clock_now() - KNOWN_SECONDS) > 0;
}
