/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_log.h: the audit log as files: a hash chain of JSON lines for each
 * municipality and day, append-only. */
#ifndef IDP_SCRIBE_JOURNAL_H
#define IDP_SCRIBE_JOURNAL_H

#include "lib/json.h"

/* folder: <state>/record. One per process and folder: waits for the previous
 * portvakt-audit to exit. */
bool journal_open(const char *folder, const char *node,
                  struct fault *why) must_check;
void journal_close(void);

/* Appends event (borrowed) to the municipality's log. When it returns true the
 * kernel has the line; it is on disk within a second. The returned code lives
 * in a. On error ERROR_UNAVAILABLE (audit_unavailable): not written. */
bool journal_write(struct arena *a, const char *municipality,
                   const json_t *receipt, char **ret_code,
                   struct fault *why) must_check;

/* Returns the event with this code, as typed, allocated in a; NULL if there is
 * none. log_folder: the folder of all logs. On error ERROR_INVALID: not a
 * code. */
bool journal_find(struct arena *a, const char *record, const char *code,
                  json_t **ret_receipt, struct fault *why) must_check;

/* Deletes a municipality's log; returns the number of files. */
bool journal_forget(struct arena *a, const char *municipality,
                    size_t *ret_files, struct fault *why) must_check;

/* Syncs everything written so far to disk. */
void journal_sync(void);

/* Has the head of each file that grew signed. sign(with, a, head, ret_members)
 * returns the members to write beside v, at, lines and hash. */
void journal_sign(bool (*sign)(void *with, struct arena *a, const char *head,
                               json_t **ret_members),
                  void *with);

#endif
