/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry.c: an entry of a source directory as it was read last: whether
 * it exists, is enabled now, and is excluded by an override. */
#include "sync/engine/source/source_entry.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/state/state.h"

const struct source_entry *source_entry_load(struct arena *a,
                                             const char *directory,
                                             const char *anchor)
{
	size_t count = 0;
	char ***rows =
	    state_rows(a, &count,
	               "SELECT dn, place, class, body, joins, sealed,"
	               " flaw FROM records WHERE directory = ?1"
	               " AND anchor = ?2",
	               "tt", directory, anchor);
	json_t *attributes = NULL;

	if (count == 0)
		return NULL;
	char **row = rows[0];
	if (!js_parse(a, row[3], strlen(row[3]), &attributes, NULL))
		attributes = js_own(a, json_object());
	struct source_entry *entry = arena_new(a, struct source_entry);
	*entry =
	    (struct source_entry){ directory,  anchor, row[0], row[1], row[2],
		                   attributes, row[4], row[5], row[6] };
	return entry;
}

const char *source_entry_value(const struct source_entry *entry,
                               const char *field)
{
	return json_string_value(
	    json_array_get(js_array(entry->attributes, field), 0));
}

bool source_entry_parse_time(const char *text, bool end, int64_t *ret_when)
{
	return text && (clock_parse_generalized_time(text, ret_when) ||
	                clock_parse_date(text, end, ret_when));
}

/* A last day that cannot be parsed has passed; a first day is in the future. */
static int64_t source_entry_time(const struct source_entry *entry,
                                 const char *field, bool end,
                                 int64_t if_missing)
{
	const char *text = source_entry_value(entry, field);
	int64_t when = if_missing;

	if (text && !source_entry_parse_time(text, end, &when))
		return end ? 0 : INT64_MAX;
	return when;
}

bool source_entry_is_disabled(const struct source_entry *entry, int64_t now)
{
	return source_entry_value(entry, "disabled") ||
	       source_entry_time(entry, "expires", true, INT64_MAX) <= now ||
	       source_entry_time(entry, "until", true, INT64_MAX) <= now ||
	       source_entry_time(entry, "from", false, 0) > now;
}

char *source_entry_key(struct arena *a, const char *directory,
                       const char *anchor)
{
	return arena_printf(a, "%s %s", directory, anchor);
}
