/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_report.c: groups in `portvaktctl sync status` and `sync groups`. */
#include "lib/text.h"
#include "sync/writer/groups.h"
#include "sync/writer/state.h"

void groups_tell_held(const struct question *q, const char *directory)
{
	int64_t held = state_number("SELECT count(*) FROM regroup WHERE"
	                            " directory = ?1 AND held = 2",
	                            "t", directory);

	if (held > 0)
		answer_line(q,
		            "%s: %lld groups or members would go at once; they "
		            "are held until they are back or `sync release %s`",
		            directory, (long long)held, directory);
}

static void tell_kinds(const struct question *q)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT municipality, kind, sum(live), sum(1 - live),"
	               " (SELECT count(*) FROM holding AS h JOIN groups AS x"
	               "  ON x.id = h.grp WHERE x.municipality = g.municipality"
	               "  AND x.kind = g.kind) FROM groups AS g"
	               " WHERE form IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
	               "");

	for (size_t i = 0; i < count; i++)
		answer_line(q, "%s: %s: %s groups, %s ended, %s members",
		            rows[i][0], rows[i][1], rows[i][2], rows[i][3],
		            rows[i][4]);
}

/* Member DNs without an entry: ignored, and reported. */
static void tell_dangling(const struct question *q)
{
	size_t count = 0;
	char ***rows = state_rows(
	    q->arena, &count,
	    "SELECT m.directory, json_extract(g.form, '$.portvaktCode[0]'),"
	    " m.place, g.id FROM groups AS g JOIN members AS m"
	    " ON m.directory = g.directory AND m.grp = g.anchor"
	    " WHERE g.live = 1 AND NOT EXISTS (SELECT 1 FROM records AS r"
	    " WHERE r.directory = m.directory AND r.place = m.place)"
	    " ORDER BY 1, 2, 3 LIMIT 200",
	    "");

	for (size_t i = 0; i < count; i++)
		answer_line(q, "%s: %s has a member that is not there: %s",
		            rows[i][0], rows[i][1], rows[i][2]);
}

bool groups_tell(const struct question *q, char **words, struct fault *why)
{
	(void)words, (void)why;
	tell_kinds(q);
	for (size_t i = 0; i < q->region->directory_count; i++)
		groups_tell_held(q, q->region->directories[i].name);
	tell_dangling(q);
	return true;
}
