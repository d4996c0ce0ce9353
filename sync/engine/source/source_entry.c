/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry.c: an entry of a source directory as it was read last: whether
 * it exists, is enabled now, and is excluded by an override. */
#include "sync/engine/source/source_entry.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/source/source_date.h"
#include "sync/engine/source/source_entry_memo.h"
#include "sync/engine/state/state.h"

static struct source_entry *source_entry_select(struct arena *a,
                                                const char *directory,
                                                const char *anchor)
{
	size_t count = 0;
	char ***rows =
	    state_rows(a, &count,
	               "SELECT dn, place, class, body, joins, sealed,"
	               " flaw, (SELECT json_group_object(place, 1)"
	               "  FROM former_places WHERE directory = ?1"
	               "  AND anchor = ?2)"
	               " FROM records WHERE directory = ?1"
	               " AND anchor = ?2",
	               "tt", directory, anchor);

	if (count == 0)
		return NULL;
	char **row = rows[0];
	const json_t *attributes =
	    entry_json_parse(a, row[3]) ?: js_own(a, json_object());
	const json_t *former =
	    text_equal(row[7], "{}") ? NULL : entry_json_parse(a, row[7]);
	struct source_entry *entry = arena_new(a, struct source_entry);
	*entry = (struct source_entry){ arena_strdup(a, directory),
		                        arena_strdup(a, anchor),
		                        row[0],
		                        row[1],
		                        row[2],
		                        attributes,
		                        row[4],
		                        row[5],
		                        row[6],
		                        former,
		                        NULL };
	return entry;
}

const struct source_entry *source_entry_load(struct arena *a,
                                             const char *directory,
                                             const char *anchor)
{
	const struct source_entry *kept =
	    source_entry_memo_find(directory, anchor);
	struct arena *memo = source_entry_memo_arena();

	if (kept)
		return kept;
	struct source_entry *entry =
	    source_entry_select(memo ? memo : a, directory, anchor);
	if (memo && entry)
		source_entry_memo_add(entry);
	return entry;
}

const char *source_entry_value(const struct source_entry *entry,
                               const char *field)
{
	return json_string_value(
	    json_array_get(js_array(entry->attributes, field), 0));
}

/* The fields with a date; which end of several values counts. */
static const struct date_field {
	const char *field;
	bool end;
	const char *why; /* it is disabled, before the date */
} date_fields[] = {
	{ "expires", true, "its account ended on" },
	{ "until", true, "its last day was" },
	{ "from", false, "its first day is" },
};

/* Of several values the strictest counts: the earliest end, the latest start.
 */
enum source_time source_entry_time(const struct source_entry *entry,
                                   const char *field, bool end,
                                   int64_t *ret_when)
{
	const json_t *values = js_array(entry->attributes, field);
	bool found = false;

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *text = json_string_value(json_array_get(values, i));
		int64_t when = 0;

		if (!text || !source_date_parse(text, end, &when))
			return TIME_UNREADABLE;
		if (!found || (end ? when < *ret_when : when > *ret_when))
			*ret_when = when;
		found = true;
	}
	return found ? TIME_KNOWN : TIME_NONE;
}

const char *source_entry_unreadable_date(const struct source_entry *entry)
{
	int64_t when = 0;

	for (size_t i = 0; i < LENGTH(date_fields); i++)
		if (source_entry_time(entry, date_fields[i].field,
		                      date_fields[i].end,
		                      &when) == TIME_UNREADABLE)
			return date_fields[i].field;
	return NULL;
}

/* Returns whether the date denies; TIME_NONE: it does not. */
static enum source_time source_entry_denies(const struct source_entry *entry,
                                            const struct date_field *f,
                                            int64_t now, int64_t *ret_when)
{
	enum source_time found =
	    source_entry_time(entry, f->field, f->end, ret_when);

	if (found == TIME_KNOWN &&
	    (f->end ? *ret_when > now : *ret_when <= now))
		return TIME_NONE;
	return found;
}

/* A date that cannot be read denies whichever it is. */
static bool source_entry_is_denied(const struct source_entry *entry,
                                   int64_t now, bool by_ends)
{
	int64_t when = 0;

	if (source_entry_value(entry, "disabled"))
		return true;
	for (size_t i = 0; i < LENGTH(date_fields); i++) {
		const struct date_field *f = &date_fields[i];
		enum source_time found =
		    source_entry_denies(entry, f, now, &when);

		if (found == TIME_UNREADABLE ||
		    (found == TIME_KNOWN && (by_ends || !f->end)))
			return true;
	}
	return false;
}

bool source_entry_is_locked(const struct source_entry *entry, int64_t now)
{
	return source_entry_is_denied(entry, now, false);
}

bool source_entry_is_disabled(const struct source_entry *entry, int64_t now)
{
	return source_entry_is_denied(entry, now, true);
}

/* The day in Norway; an end is exclusive. */
static char *source_entry_day(struct arena *a, const struct date_field *f,
                              int64_t when)
{
	struct tm t = clock_oslo(f->end ? when - 1 : when);

	return arena_printf(a, "%s %04d-%02d-%02d", f->why, t.tm_year + 1900,
	                    t.tm_mon + 1, t.tm_mday);
}

char *source_entry_why_disabled(struct arena *a,
                                const struct source_entry *entry, int64_t now)
{
	if (source_entry_value(entry, "disabled"))
		return arena_strdup(a, "the directory has disabled it");
	for (size_t i = 0; i < LENGTH(date_fields); i++) {
		int64_t when = 0;
		enum source_time found =
		    source_entry_denies(entry, &date_fields[i], now, &when);

		if (found == TIME_UNREADABLE)
			return arena_printf(a,
			                    "the date in \"%s\" cannot be read",
			                    date_fields[i].field);
		if (found == TIME_KNOWN)
			return source_entry_day(a, &date_fields[i], when);
	}
	return NULL;
}

char *source_entry_key(struct arena *a, const char *directory,
                       const char *anchor)
{
	return arena_printf(a, "%s %s", directory, anchor);
}
