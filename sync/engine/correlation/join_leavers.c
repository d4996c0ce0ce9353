/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join_leavers.c: affiliations without an entry that an entry of a rebuilt
 * directory may continue. */
#include "sync/engine/correlation/join_private.h"

#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/source/directory_move.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/desired_entry.h"

/* An affiliation whose entry is gone from this directory, or is in the
 * directory that this one replaces. */
struct leaver {
	const char *id, *person, *attrs_json, *join_value;
};

static const struct leaver *join_select_leavers(struct join_context *m,
                                                const char *login,
                                                size_t *ret_count)
{
	char ***rows = state_rows(
	    m->arena, ret_count,
	    "SELECT f.id, f.person, f.form, p.joins FROM (SELECT id FROM "
	    "affiliations"
	    "  WHERE json_extract(form, '$.portvaktLogin[0]') = ?2"
	    "  UNION SELECT x.id FROM people AS y CROSS JOIN affiliations AS x"
	    "  ON x.person = y.id WHERE y.joins = ?3) AS c"
	    " CROSS JOIN affiliations AS f ON f.id = c.id"
	    " CROSS JOIN people AS p ON p.id = f.person"
	    " WHERE p.id IS NOT ?4 AND f.form IS NOT NULL"
	    " AND (f.directory = ?5 OR (f.directory = ?1"
	    " AND NOT EXISTS (SELECT 1 FROM records AS r"
	    " WHERE r.directory = f.directory AND r.anchor = f.anchor)))",
	    "ttttt", m->entry->directory, login, join_value_of_entry(m),
	    m->excluded_person,
	    directory_predecessor(m->cfg, m->entry->directory));
	struct leaver *all = arena_array(m->arena, struct leaver, *ret_count);

	for (size_t i = 0; i < *ret_count; i++)
		all[i] = (struct leaver){ rows[i][0], rows[i][1], rows[i][2],
			                  rows[i][3] };
	return all;
}

static bool join_leaver_had_position(const struct join_context *m,
                                     const json_t *attrs)
{
	return text_equal(entry_json_value(attrs, "portvaktMunicipality"),
	                  m->classification->municipality->name) &&
	       join_is_same_position(
		   affiliation_type_from_name(
		       entry_json_value(attrs, "portvaktKind")),
		   m->classification->kind);
}

static bool join_has_same_value(const json_t *one, const json_t *other,
                                const char *name)
{
	return entry_json_value(one, name) &&
	       text_equal(entry_json_value(one, name),
	                  entry_json_value(other, name));
}

/* Different numbers are different people, unless the login name, the employee
 * number and the name are all the same. */
static bool join_is_other_number(const struct join_context *m,
                                 const struct join_facts *f,
                                 const struct leaver *l, bool by_values)
{
	const char *value = join_value_of_entry(m);

	if (!value || !l->join_value)
		return false;
	if (text_equal(value, l->join_value))
		return f->names_differ;
	return !by_values || !join_names_agree_with_person(m, l->person);
}

static void join_check_leaver(struct join_context *m, struct join_facts *f,
                              const json_t *new_attrs, const struct leaver *l)
{
	const char *value = join_value_of_entry(m);
	const json_t *old_attrs = entry_json_parse(m->arena, l->attrs_json);

	if (!old_attrs)
		return;
	bool by_number = value && text_equal(value, l->join_value);
	bool by_login =
	    join_has_same_value(new_attrs, old_attrs, "portvaktLogin");
	bool by_values = by_login && join_has_same_value(new_attrs, old_attrs,
	                                                 "employeeNumber");

	if (join_is_other_number(m, f, l, by_values))
		return;
	f->login_only += by_login && !by_number;
	if (!join_leaver_had_position(m, old_attrs) ||
	    (!by_number && !by_values))
		return;
	f->reattachable++;
	m->reattached = l->id;
}

/* In a directory that was not read completely no entry counts as gone. */
void join_check_leavers(struct join_context *m, struct join_facts *f)
{
	const json_t *new_attrs = desired_affiliation(
	    m->arena, m->entry, m->classification, "", NULL);
	const char *login = entry_json_value(new_attrs, "portvaktLogin");
	size_t count = 0;

	if (!source_was_read(m->entry->directory))
		return;
	const struct leaver *all = join_select_leavers(m, login, &count);
	for (size_t i = 0; i < count; i++)
		join_check_leaver(m, f, new_attrs, &all[i]);
}
