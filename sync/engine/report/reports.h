/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reports.h: the commands of portvaktctl that report on the state database.
 * Each replies with lines; the caller holds the lock.  On error (invalid
 * parameters) they return false.  No line identifies a person with a protected
 * address: all name entries by report_entry.h. */
#ifndef SYNC_ENGINE_REPORT_REPORTS_H
#define SYNC_ENGINE_REPORT_REPORTS_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/ipc/ipc_server.h"

/* quarantine [list | show DIRECTORY:ANCHOR | late DIRECTORY].  late: a JSON
 * object per line, sorted by entry: {"v": 1, "entry", "person", "name",
 * "other_name" (names not of people with a protected address)}. */
bool quarantine_command(const struct ipc_request *q, char **argv,
                        struct error *err);

/* person ID: the sources of each attribute of a person. */
bool provenance_command(const struct ipc_request *q, char **argv,
                        struct error *err);

/* not-taken [DIRECTORY]: the values that were left out.  check-values
 * DIRECTORY: rows for the source check.  not_taken_show: those of one entry,
 * which entry_text names (report_entry.h); both NULL: of the directory. */
bool not_taken_command(const struct ipc_request *q, char **argv,
                       struct error *err);
bool not_taken_check(const struct ipc_request *q, char **argv,
                     struct error *err);
void not_taken_show(const struct ipc_request *q, const char *directory,
                    const char *anchor, const char *entry_text);
/* Return how many values of the directory are left out, and how many of its
 * entries have a date that cannot be read. */
int64_t not_taken_count(const char *directory);
int64_t not_taken_date_count(const char *directory);

/* status: lines for the operator.  metrics: a JSON object per directory, and
 * one for the catalogue. */
bool health_status(const struct ipc_request *q, char **argv, struct error *err);
bool health_metrics(const struct ipc_request *q, char **argv,
                    struct error *err);

/* pending: what would be done, and what is held and why.  approve: what an
 * approval would cover, one per line: a directory, then "leavers" (the
 * default), "creations", "values", "roles", "source" or "configuration". */
bool pending_changes_show(const struct ipc_request *q, char **argv,
                          struct error *err);
bool pending_held_show(const struct ipc_request *q, char **argv,
                       struct error *err);

/* dry-run: what a directory would change if it were applied. */
bool dry_run_report(const struct ipc_request *q, char **argv,
                    struct error *err);

/* attention: for each municipality, what needs its attention, as one JSON
 * object per line: {v, municipality, held: [{directory, reason, people}],
 * doubts: [{directory, reason, people}]}.  Counts only. */
bool attention_report(const struct ipc_request *q, char **argv,
                      struct error *err);

/* preview PERSON|ENTRY|DN: what would come of one entry, and why.  PERSON: an
 * id. */
bool preview_command(const struct ipc_request *q, char **argv,
                     struct error *err);

/* groups, feide, school-year: counts, and what needs attention. */
bool group_report(const struct ipc_request *q, char **argv, struct error *err);
bool feide_report(const struct ipc_request *q, char **argv, struct error *err);
bool school_year_report(const struct ipc_request *q, char **argv,
                        struct error *err);
/* links [DIRECTORY|MUNICIPALITY] [--since SECONDS]: people with affiliations in
 * more than one municipality that were joined, or proved to be one person, in
 * the last SECONDS (default: a day), a JSON object per line: {"v": 1, "person",
 * "affiliations": [{"id", "municipality", "kind", "name" (not of a person with
 * a protected address), "entry"}], "joined", "proved": Unix time or null}. */
bool link_report(const struct ipc_request *q, char **argv, struct error *err);
/* Lines about held losses of members, for `status` and `groups`. */
void group_report_held(const struct ipc_request *q, const char *directory);

/* Return what a reason of quarantine means, and what an operator may do: static
 * texts.  An unknown reason means itself. */
const char *quarantine_description(const char *reason);
const char *quarantine_options(const char *reason);
/* States that only listed of count are listed, and where all are; nothing if
 * the list is whole. */
void list_report_rest(const struct ipc_request *q, const char *what,
                      size_t listed, size_t count, const char *where);
/* Returns what a hold prevents and what ends it: a static text that ends within
 * a command, which the directory's name and "`" complete. */
const char *health_hold_text(const char *reason);

#endif
