/* SPDX-License-Identifier: AGPL-3.0-or-later
 * not_taken_report.c: lists optional values that were left out: which, of which
 * entry, since when and why; never the value. */
#include "sync/engine/report/reports.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/source/value_syntax.h"
#include "sync/engine/state/state.h"

/* Returns the attribute as the directory names it, if that is configured. */
static const char *not_taken_attribute(const struct config *cfg,
                                       const char *directory, const char *field)
{
	const struct directory_conf *d = config_directory(cfg, directory);

	for (size_t i = 0; d && i < d->attribute_map_count; i++)
		if (text_equal(d->attribute_map[i].field, field))
			return d->attribute_map[i].attribute;
	return value_syntax_attribute(field);
}

static const char *not_taken_since(struct arena *a, const char *at)
{
	long long when = 0;

	(void)!text_to_number(at, 0, INT64_MAX, &when);
	return clock_format_iso(a, when);
}

void not_taken_show(const struct ipc_request *q, const char *directory,
                    const char *anchor, const char *entry_text)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT anchor, attribute, since, cause FROM not_taken"
	               " WHERE directory = ?1 AND (?2 IS NULL OR anchor = ?2)"
	               " ORDER BY anchor, attribute",
	               "tt", directory, anchor);

	for (size_t i = 0; i < count; i++)
		ipc_reply_line(
		    q, "not taken: %s of %s, since %s, because %s",
		    not_taken_attribute(q->cfg, directory, rows[i][1]),
		    entry_text
			?: report_entry_text(q->arena, directory, rows[i][0],
		                             false),
		    not_taken_since(q->arena, rows[i][2]),
		    value_syntax_cause(rows[i][3]));
}

bool not_taken_command(const struct ipc_request *q, char **argv,
                       struct error *err)
{
	if (argv[1] && !config_directory(q->cfg, argv[1]))
		return error_set(err, ERROR_INVALID, "unknown directory %s",
		                 argv[1]);
	for (size_t i = 0; i < q->cfg->directory_count; i++) {
		const char *name = q->cfg->directories[i].name;

		if (!argv[1] || text_equal(argv[1], name))
			not_taken_show(q, name, NULL, NULL);
	}
	ipc_reply_line(
	    q, "%lld values not taken",
	    (long long)state_number("SELECT count(*) FROM not_taken"
	                            " WHERE ?1 IS NULL OR directory = ?1",
	                            "t", argv[1]));
	return true;
}

/* ---- counts of one directory */

int64_t not_taken_count(const char *directory)
{
	return state_number("SELECT count(*) FROM not_taken"
	                    " WHERE directory = ?1",
	                    "t", directory);
}

int64_t not_taken_date_count(const char *directory)
{
	return state_number("SELECT count(*) FROM quarantine"
	                    " WHERE directory = ?1"
	                    " AND reason = 'date-unreadable'",
	                    "t", directory);
}

/* Rows of the source check, in its form. */
bool not_taken_check(const struct ipc_request *q, char **argv,
                     struct error *err)
{
	if (!argv[1] || !config_directory(q->cfg, argv[1]))
		return error_set(err, ERROR_INVALID, "unknown directory");
	long long values = (long long)not_taken_count(argv[1]);
	long long dates = (long long)not_taken_date_count(argv[1]);

	if (values == 0)
		ipc_reply_line(q, "ok      every value was taken");
	else
		ipc_reply_line(q, "warn    %lld values were not taken", values);
	if (values > 0)
		ipc_reply_line(q, "        see portvaktctl sync not-taken %s",
		               argv[1]);
	if (dates == 0)
		ipc_reply_line(q, "ok      every date can be read");
	else
		ipc_reply_line(
		    q, "warn    a date of %lld entries cannot be read", dates);
	if (dates > 0)
		ipc_reply_line(q, "        see portvaktctl quarantine list");
	return true;
}
