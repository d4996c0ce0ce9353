/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry.h: an entry of a source directory.  The caller holds the lock.
 */
#ifndef SYNC_ENGINE_SOURCE_SOURCE_ENTRY_H
#define SYNC_ENGINE_SOURCE_SOURCE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/json.h"

struct source_entry_memo;

/* A source entry as stored in the table records. */
struct source_entry {
	const char *directory, *anchor, *dn, *normal_dn, *class;
	const json_t *attributes;
	const char *join_value, *sealed_national_id, *national_id_error;
	const json_t *former_places;    /* {"normalized DN": 1}, or NULL */
	struct source_entry_memo *memo; /* or NULL; see source_entry_memo.h */
};

/* Returns the entry, allocated in a, or in the arena of the memo; NULL if there
 * is none. */
const struct source_entry *source_entry_load(struct arena *a,
                                             const char *directory,
                                             const char *anchor);
/* Returns the first value of a field, or NULL. */
const char *source_entry_value(const struct source_entry *entry,
                               const char *field);
enum source_time { TIME_NONE, TIME_KNOWN, TIME_UNREADABLE };

/* Reads the date in a field (source_date.h); end: the day's end. */
enum source_time source_entry_time(const struct source_entry *entry,
                                   const char *field, bool end,
                                   int64_t *ret_when);
/* Returns the field of a date that cannot be read, or NULL. */
const char *source_entry_unreadable_date(const struct source_entry *entry);
/* Returns whether the entry is disabled, expired, past its last day or before
 * its first day.  A date that cannot be read counts as disabled. */
bool source_entry_is_disabled(const struct source_entry *entry, int64_t now);
/* Returns why it is disabled, in English, allocated in a; NULL: it is not. */
char *source_entry_why_disabled(struct arena *a,
                                const struct source_entry *entry, int64_t now);
/* The same without the last days: disabled, or before its first day. */
bool source_entry_is_locked(const struct source_entry *entry, int64_t now);
/* Returns the key "DIRECTORY ANCHOR" of an entry in sets of entries, allocated
 * in a. */
char *source_entry_key(struct arena *a, const char *directory,
                       const char *anchor);

#endif
