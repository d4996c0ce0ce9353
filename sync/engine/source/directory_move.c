/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_move.c: two directories with the same people, one of which replaces
 * the other. */
#include "sync/engine/source/directory_move.h"

#include "lib/strbuf.h"
#include "region/config/affiliation_type.h"
#include "sync/engine/catalogue/released_names.h"
#include "sync/engine/state/state.h"

const char *directory_predecessor(const struct config *cfg,
                                  const char *directory)
{
	const struct directory_conf *d = config_directory(cfg, directory);

	return d ? d->replaces : NULL;
}

const char *directory_successor(const struct config *cfg, const char *directory)
{
	for (size_t i = 0; i < cfg->directory_count; i++)
		if (text_equal(cfg->directories[i].replaces, directory))
			return cfg->directories[i].name;
	return NULL;
}

/* A teacher is an employee. */
static const char moved_sql[] =
    "SELECT count(*) FROM (SELECT x.id FROM people AS p CROSS JOIN"
    " affiliations AS x ON x.person = p.id WHERE p.joins = ?2"
    " UNION SELECT id FROM affiliations WHERE"
    " json_extract(form, '$.portvaktLogin[0]') = ?3"
    " AND json_extract(form, '$.employeeNumber[0]') = ?4) AS c"
    " CROSS JOIN affiliations AS f ON f.id = c.id WHERE f.directory = ?1"
    " AND (f.form IS NULL OR"
    " (json_extract(f.form, '$.portvaktMunicipality[0]') = ?5"
    " AND replace(json_extract(f.form, '$.portvaktKind[0]'), 'teacher',"
    " 'employee') = replace(?6, 'teacher', 'employee')))";

bool directory_entry_has_moved(struct arena *a, const struct config *cfg,
                               const struct source_entry *entry,
                               const struct classification *s)
{
	const char *to = directory_successor(cfg, entry->directory);
	const char *login = source_entry_value(entry, "login");

	return to &&
	       state_number(moved_sql, "tttttt", to,
	                    s->joins_by_national_id ? entry->join_value : NULL,
	                    login ? name_normalize(a, login) : NULL,
	                    source_entry_value(entry, "employee-number"),
	                    s->municipality->name,
	                    affiliation_type_name(s->kind)) > 0;
}
