/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry.c: an entry of a source directory as it was read last: whether
 * it exists, is enabled now, and is excluded by an override. */
#include <string.h>

#include "lib/text.h"
#include "sync/writer/belong.h"
#include "sync/writer/decisions.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

const struct record *record_read(struct arena *a, const char *directory,
                                 const char *anchor)
{
	size_t count = 0;
	char ***rows =
	    state_rows(a, &count,
	               "SELECT dn, place, class, body, joins, sealed,"
	               " flaw FROM records WHERE directory = ?1"
	               " AND anchor = ?2",
	               "tt", directory, anchor);
	json_t *body = NULL;

	if (count == 0)
		return NULL;
	char **row = rows[0];
	if (!js_read(a, row[3], strlen(row[3]), &body, NULL))
		body = js_keep(a, json_object());
	struct record *record = arena_new(a, struct record);
	*record = (struct record){ directory, anchor, row[0], row[1], row[2],
		                   body,      row[4], row[5], row[6] };
	return record;
}

/* A last day that cannot be parsed has passed; a first day is in the future. */
static int64_t time_of(const struct record *record, const char *field, bool end,
                       int64_t unsaid)
{
	const char *text = record_text(record, field);
	int64_t when = unsaid;

	if (text && !record_time(text, end, &when))
		return end ? 0 : INT64_MAX;
	return when;
}

bool record_is_disabled(const struct record *record, int64_t now)
{
	return record_text(record, "disabled") ||
	       time_of(record, "expires", true, INT64_MAX) <= now ||
	       time_of(record, "until", true, INT64_MAX) <= now ||
	       time_of(record, "from", false, 0) > now;
}

bool record_is_out(struct arena *a, const char *directory, const char *anchor)
{
	const struct decision *d = decision_of(
	    a, "join new out part", decision_subject(a, directory, anchor));

	return d && text_equal(d->decides, "out");
}

bool record_shape(struct arena *a, const struct region *r,
                  const struct record *record, struct shape *ret_shape)
{
	return record &&
	       shape(a, r, record, record_groups(a, record), ret_shape) &&
	       !record_is_out(a, record->directory, record->anchor);
}
