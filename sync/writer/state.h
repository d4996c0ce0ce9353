/* SPDX-License-Identifier: AGPL-3.0-or-later
 * state.h: the door to SQLite, which holds how far sync has come.  It is a
 * cache: deleted at any moment, it comes out the same again.  Hence a fault
 * in it is not handled: the writer ends, and begins anew with what there is,
 * or with nothing. */
#ifndef SYNC_WRITER_STATE_H
#define SYNC_WRITER_STATE_H

#include <stdint.h>

#include "lib/arena.h"
#include "lib/fault.h"

/* Opens the file, or makes it anew where it is missing, damaged, or of
 * another version. */
bool state_open(const char *path, struct fault *why) must_check;
void state_close(void);
/* Begins anew, in a file that never held what the old one did; with the lock
 * held. */
bool state_renew(struct fault *why) must_check;

/* Gives back what it keeps in memory only to be quick. */
void state_rest(void);

/* Everything below is one thread's at a time. */
void state_lock(void);
void state_unlock(void);
void state_begin(void);
void state_commit(void);

/* kinds says what follows: t for a text (NULL allowed), i for an int64_t.
 * sql must be a literal: statements are kept by its address. */
void state_do(const char *sql, const char *kinds, ...);

/* All rows, each an array of texts (NULL for NULL), living in a. */
char ***state_rows(struct arena *a, size_t *ret_count, const char *sql,
                   const char *kinds, ...);

/* The first column of the first row; NULL, or 0, where there is none. */
char *state_text(struct arena *a, const char *sql, const char *kinds, ...);
int64_t state_number(const char *sql, const char *kinds, ...);

#endif
