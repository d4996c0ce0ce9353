/* SPDX-License-Identifier: AGPL-3.0-or-later
 * state.h: the provisioner's cache of sync state, in SQLite.  It can be
 * deleted at any time and is rebuilt from the directories and the catalogue.
 * On any SQLite error the process exits; it is restarted with what the file
 * has, or with an empty cache. */
#ifndef SYNC_ENGINE_STATE_STATE_H
#define SYNC_ENGINE_STATE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"

/* Opens the file; creates it if it is missing, damaged or of another schema
 * version.  On error returns false. */
bool state_open(const char *path, struct error *err) must_check;
void state_close(void);
/* Deletes and recreates the file, so that no free page keeps old rows.  The
 * caller holds the lock.  On error returns false. */
bool state_recreate(struct error *err) must_check;

/* Returns milliseconds since 1970 (wall clock), comparable across restarts. */
int64_t state_now_ms(void);

/* Releases SQLite's page cache. */
void state_release_memory(void);

/* The caller holds the lock for all functions below. */
void state_lock(void);
void state_unlock(void);
void state_begin(void);
void state_commit(void);
/* Undoes everything since state_begin(). */
void state_rollback(void);

/* Executes a statement with parameters: types has 't' for a text (or NULL) and
 * 'i' for an int64_t.  sql must be a literal: prepared statements are cached by
 * its address. */
void state_exec(const char *sql, const char *types, ...);

/* Returns all rows, each an array of texts (NULL for SQL NULL), allocated in
 * a. */
char ***state_rows(struct arena *a, size_t *ret_count, const char *sql,
                   const char *types, ...);

/* Return the first column of the first row; NULL or 0 if there is none. */
char *state_text(struct arena *a, const char *sql, const char *types, ...);
int64_t state_number(const char *sql, const char *types, ...);

#endif
