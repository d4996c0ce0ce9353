/* SPDX-License-Identifier: AGPL-3.0-or-later
 * fold.h: writing that differs and means the same name.  For comparing only:
 * what is stored is stored as it was given. */
#ifndef LIB_FOLD_H
#define LIB_FOLD_H

#include <stdbool.h>

#include "lib/arena.h"

/* A name as it is compared: no capitals, no marks over or through a letter,
 * however they were written (NFC or NFD), one blank where there are several or
 * a hyphen.  "ÅSE-Marie  Øverås" and its decomposed form are both "ase marie
 * overas". */
char *fold_name(struct arena *a, const char *name);

/* A value as a directory compares it (caseIgnoreMatch, RFC 4517 4.2.11): the
 * same, but a letter with a mark is another than one without. */
char *fold_value(struct arena *a, const char *value);

/* Whether two names, each of several words, have a word in common. */
bool fold_shares_word(struct arena *a, const char *one, const char *other);

#endif
