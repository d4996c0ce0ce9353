/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_entry.c: how reports name entries and people.  Reports are read by
 * more people than the directory is, so they do not identify anyone with a
 * protected address (codes 6 and 7). */
#include "sync/engine/report/report_entry.h"

#include <string.h>

#include "lib/strbuf.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/protected_address.h"

static const char hidden_text[] = "(hidden)";

/* In the catalogue.  Protection stays there until its end is approved. */
static bool report_entry_person_is_marked(const char *person,
                                          const char *join_value)
{
	return state_number("SELECT count(*) FROM people"
	                    " WHERE (id = ?1 OR joins = ?2) AND"
	                    " json_extract(form, '$.portvaktProtected[0]')"
	                    " IS NOT NULL",
	                    "tt", person, join_value) > 0;
}

/* In the directories: the entry itself, those of the person, and those with the
 * same number, which may be in doubt and so of another person or of none.  Most
 * have no value of `protected`, and are not loaded. */
static bool report_entry_any_is_marked(struct arena *a, const char *directory,
                                       const char *anchor, const char *person,
                                       const char *join_value)
{
	size_t count = 0;
	char ***rows =
	    state_rows(a, &count,
	               "SELECT directory, anchor FROM (SELECT * FROM records"
	               " WHERE directory = ?1 AND anchor = ?2 UNION ALL"
	               " SELECT r.* FROM affiliations AS f JOIN records AS r"
	               " ON r.directory = f.directory AND r.anchor = f.anchor"
	               " WHERE f.person = ?3 UNION ALL"
	               " SELECT * FROM records WHERE joins = ?4)"
	               " WHERE json_type(body, '$.protected') IS NOT NULL",
	               "tttt", directory, anchor, person, join_value);

	for (size_t i = 0; i < count; i++) {
		const struct source_entry *entry =
		    source_entry_load(a, rows[i][0], rows[i][1]);

		if (entry && protected_address_code(a, entry))
			return true;
	}
	return false;
}

static bool report_entry_is_of_protected(struct arena *a, const char *directory,
                                         const char *anchor)
{
	char *person = state_text(a,
	                          "SELECT person FROM affiliations"
	                          " WHERE directory = ?1 AND anchor = ?2",
	                          "tt", directory, anchor);
	char *join_value = state_text(a,
	                              "SELECT joins FROM records"
	                              " WHERE directory = ?1 AND anchor = ?2",
	                              "tt", directory, anchor);

	return report_entry_person_is_marked(person, join_value) ||
	       report_entry_any_is_marked(a, directory, anchor, person,
	                                  join_value);
}

static bool report_entry_subject_is_of_protected(struct arena *a,
                                                 const char *subject)
{
	const char *directory = NULL;
	const char *anchor = NULL;

	return overrides_split_subject(a, subject, &directory, &anchor) &&
	       report_entry_is_of_protected(a, directory, anchor);
}

/* An entry in conflict with a protected one has a value of that one. */
bool report_entry_is_protected(struct arena *a, const char *directory,
                               const char *anchor)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT other FROM quarantine"
	                          " WHERE directory = ?1 AND anchor = ?2",
	                          "tt", directory, anchor);

	for (size_t i = 0; i < count; i++)
		if (report_entry_subject_is_of_protected(a, rows[i][0]))
			return true;
	return report_entry_is_of_protected(a, directory, anchor);
}

bool report_entry_person_is_protected(struct arena *a, const char *person)
{
	char *join_value = state_text(
	    a, "SELECT joins FROM people WHERE id = ?1", "t", person);

	return report_entry_person_is_marked(person, join_value) ||
	       report_entry_any_is_marked(a, NULL, NULL, person, join_value);
}

const char *report_entry_value(bool is_protected, const char *value)
{
	return is_protected ? hidden_text : value ?: "-";
}

const char *report_entry_text(struct arena *a, const char *directory,
                              const char *anchor, bool *hides)
{
	bool is_hidden = (hides && *hides) ||
	                 report_entry_is_protected(a, directory, anchor);
	const char *dn = state_text(a,
	                            "SELECT dn FROM records"
	                            " WHERE directory = ?1 AND anchor = ?2",
	                            "tt", directory, anchor);

	if (hides)
		*hides = is_hidden;
	if (dn && is_hidden)
		dn = hidden_text;
	return arena_printf(a, "%s:%s  %s", directory, anchor,
	                    dn ?: "(entry deleted)");
}

const char *report_entry_subject_text(struct arena *a, const char *subject,
                                      bool *hides)
{
	const char *directory = NULL;
	const char *anchor = NULL;

	if (!overrides_split_subject(a, subject, &directory, &anchor))
		return subject;
	return report_entry_text(a, directory, anchor, hides);
}

bool report_entry_subject_is_protected(struct arena *a, const char *subject)
{
	const char *directory = NULL;
	const char *anchor = NULL;

	return overrides_split_subject(a, subject, &directory, &anchor) &&
	       report_entry_is_protected(a, directory, anchor);
}

json_t *report_entry_hidden_names(struct arena *a)
{
	json_t *names = js_own(a, json_object());
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count,
	    "SELECT f.directory, x.value FROM people AS p"
	    " JOIN affiliations AS f ON f.person = p.id"
	    " JOIN json_each(f.form) AS v ON v.key IN ('portvaktSourceDn',"
	    " 'portvaktFormerDn', 'portvaktLogin', 'cn', 'mail',"
	    " 'employeeNumber') JOIN json_each(v.value) AS x"
	    " WHERE json_extract(p.form, '$.portvaktProtected[0]') IS NOT NULL",
	    "");

	for (size_t i = 0; i < count; i++)
		(void)json_object_set_new(
		    names,
		    source_entry_key(a, rows[i][0],
		                     dn_normalize(a, rows[i][1])),
		    json_true());
	return names;
}

const char *report_entry_place_text(struct arena *a, const json_t *hidden_names,
                                    const char *directory, const char *place)
{
	const char *equals = strchr(dn_first_rdns(a, place, 1), '=');
	bool hides = json_object_get(hidden_names,
	                             source_entry_key(a, directory, place)) ||
	             (equals && json_object_get(hidden_names,
	                                        source_entry_key(a, directory,
	                                                         equals + 1)));

	return report_entry_value(hides, place);
}
