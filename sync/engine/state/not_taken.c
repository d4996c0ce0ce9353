/* SPDX-License-Identifier: AGPL-3.0-or-later
 * not_taken.c: the optional values that were left out. */
#include "sync/engine/state/not_taken.h"

#include "lib/clock.h"
#include "sync/engine/state/state.h"

const char not_taken_refused[] = "refused";

void not_taken_set(struct arena *a, const char *directory, const char *anchor,
                   const json_t *found)
{
	const char *field;
	json_t *cause;

	state_exec("DELETE FROM not_taken WHERE directory = ?1 AND anchor = ?2"
	           " AND cause <> ?3 AND attribute NOT IN"
	           " (SELECT key FROM json_each(?4))",
	           "tttt", directory, anchor, not_taken_refused,
	           js_dump(a, found));
	json_object_foreach((json_t *)found, field, cause)
	{
		state_exec("INSERT INTO not_taken VALUES(?1, ?2, ?3, ?4, ?5)"
		           " ON CONFLICT DO UPDATE SET cause = excluded.cause",
		           "tttti", directory, anchor, field,
		           json_string_value(cause), clock_now());
	}
}

static bool not_taken_has_refused(const char *person)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM affiliations AS f"
	                    " CROSS JOIN not_taken AS n"
	                    " ON n.directory = f.directory"
	                    " AND n.anchor = f.anchor"
	                    " WHERE f.person = ?1 AND n.cause = ?2)",
	                    "tt", person, not_taken_refused) > 0;
}

void not_taken_set_refused(struct arena *a, const char *person,
                           const json_t *refused)
{
	const char *list = refused ? js_dump(a, refused) : "[]";

	if (json_array_size(refused) == 0 && !not_taken_has_refused(person))
		return;
	state_exec("DELETE FROM not_taken WHERE cause = ?2"
	           " AND (directory, anchor) IN (SELECT directory, anchor"
	           " FROM affiliations WHERE person = ?1)"
	           " AND NOT EXISTS (SELECT 1 FROM json_each(?3) AS j"
	           " WHERE j.value ->> 'field' = attribute"
	           " AND ifnull(j.value ->> 'directory', directory) = directory"
	           " AND ifnull(j.value ->> 'anchor', anchor) = anchor)",
	           "ttt", person, not_taken_refused, list);
	if (json_array_size(refused) > 0)
		state_exec(
		    "INSERT INTO not_taken SELECT f.directory, f.anchor,"
		    " j.value ->> 'field', ?2, ?4 FROM affiliations AS f,"
		    " json_each(?3) AS j WHERE f.person = ?1"
		    " AND ifnull(j.value ->> 'directory', f.directory)"
		    " = f.directory"
		    " AND ifnull(j.value ->> 'anchor', f.anchor) = f.anchor"
		    " ON CONFLICT DO UPDATE SET cause = excluded.cause",
		    "ttti", person, not_taken_refused, list, clock_now());
}

void not_taken_clear(const char *directory, const char *anchor)
{
	state_exec("DELETE FROM not_taken WHERE directory = ?1"
	           " AND anchor = ?2",
	           "tt", directory, anchor);
}
