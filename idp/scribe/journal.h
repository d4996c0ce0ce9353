/* SPDX-License-Identifier: AGPL-3.0-or-later
 * journal.h: the record as files: a chain of lines for each municipality and
 * day, appended to and never changed. */
#ifndef IDP_SCRIBE_JOURNAL_H
#define IDP_SCRIBE_JOURNAL_H

#include "lib/json.h"

/* folder: <state>/record.  One for the process, and for the folder: waits
 * for the scribe before us to end. */
bool journal_open(const char *folder, const char *node,
                  struct fault *why) must_check;
void journal_close(void);

/* Appends receipt (borrowed) to the record of that municipality; it is in the
 * kernel's hands when this returns true, and on the disk within a second.
 * The code lives in a.  UNAVAILABLE "scribe-away" where it was not written. */
bool journal_write(struct arena *a, const char *municipality,
                   const json_t *receipt, char **ret_code,
                   struct fault *why) must_check;

/* The receipt in the record (a folder) with this code, as people type it,
 * living in a; NULL where there is none. */
bool journal_find(struct arena *a, const char *record, const char *code,
                  json_t **ret_receipt, struct fault *why) must_check;

/* Removes all of a municipality's record; how many files that was. */
bool journal_forget(struct arena *a, const char *municipality,
                    size_t *ret_files, struct fault *why) must_check;

/* Everything written so far is on the disk. */
void journal_sync(void);

/* Has each journal that grew signed: sign(with, a, head, ret_line) gives the
 * members to write beside file, lines and hash. */
void journal_sign(bool (*sign)(void *with, struct arena *a, const char *head,
                               json_t **ret_members),
                  void *with);

#endif
