/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_report.c: groups in `portvaktctl sync status` and `sync groups`. */
#include "sync/engine/report/reports.h"

#include "lib/strbuf.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/state/state.h"

enum { MAX_LISTED = 200 }; /* members without an entry */

void group_report_held(const struct ipc_request *q, const char *directory)
{
	int64_t held = state_number("SELECT count(*) FROM regroup WHERE"
	                            " directory = ?1 AND held = 2",
	                            "t", directory);

	if (held > 0)
		ipc_reply_line(
		    q,
		    "%s: %lld groups or members would be deleted at once; "
		    "held until they are back, or `portvaktctl sync "
		    "approve deactivations %s`",
		    directory, (long long)held, directory);
}

static void group_report_counts(const struct ipc_request *q)
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
		ipc_reply_line(q, "%s: %s: %s groups, %s ended, %s members",
		               rows[i][0], rows[i][1], rows[i][2], rows[i][3],
		               rows[i][4]);
}

/* Member DNs without an entry: ignored, and reported. */
static void group_report_dangling(const struct ipc_request *q)
{
	size_t count = 0;
	char ***rows = state_rows(
	    q->arena, &count,
	    "SELECT m.directory, json_extract(g.form, '$.portvaktCode[0]'),"
	    " m.place, g.id FROM groups AS g JOIN members AS m"
	    " ON m.directory = g.directory AND m.grp = g.anchor"
	    " WHERE g.live = 1 AND NOT EXISTS (SELECT 1 FROM records AS r"
	    " WHERE r.directory = m.directory AND r.place = m.place)"
	    " ORDER BY 1, 2, 3",
	    "");
	size_t listed = count < MAX_LISTED ? count : MAX_LISTED;
	const json_t *hidden =
	    count > 0 ? report_entry_hidden_names(q->arena) : NULL;

	for (size_t i = 0; i < listed; i++)
		ipc_reply_line(q, "%s: %s has a member without an entry: %s",
		               rows[i][0], rows[i][1],
		               report_entry_place_text(q->arena, hidden,
		                                       rows[i][0], rows[i][2]));
	list_report_rest(q, "members without an entry", listed, count,
	                 "correct these first");
}

/* Members that are followed through a rename; the group should list them anew.
 */
static void group_report_former_names(const struct ipc_request *q)
{
	size_t count = 0;
	char ***rows = state_rows(
	    q->arena, &count,
	    "SELECT m.directory, r.dn, m.listed, f.anchor FROM former_places"
	    " AS f CROSS JOIN members AS m ON m.directory = f.directory"
	    " AND m.listed = f.place CROSS JOIN records AS r"
	    " ON r.directory = m.directory AND r.anchor = m.grp"
	    " ORDER BY 1, 2, 3",
	    "");

	for (size_t i = 0; i < count; i++) {
		char **row = rows[i];
		bool hides = false;
		const char *text =
		    report_entry_text(q->arena, row[0], row[3], &hides);

		ipc_reply_line(q, "%s: %s lists %s by its former name %s",
		               row[0], row[1], text,
		               report_entry_value(hides, row[2]));
	}
}

bool group_report(const struct ipc_request *q, char **argv, struct error *err)
{
	(void)argv, (void)err;
	group_report_counts(q);
	for (size_t i = 0; i < q->cfg->directory_count; i++)
		group_report_held(q, q->cfg->directories[i].name);
	group_report_dangling(q);
	group_report_former_names(q);
	return true;
}
