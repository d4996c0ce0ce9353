/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_fold.h: normal forms of names, for comparison only; stored values are
 * unchanged. */
#ifndef LIB_NAME_FOLD_H
#define LIB_NAME_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"

/* Returns the normal form of a name, owned by the arena: lower case, without
 * diacritics (NFC or NFD input), runs of spaces and hyphens as one space, and
 * without invisible characters such as a zero-width space or a soft hyphen.
 * "ÅSE-Marie Øverås" and its decomposed form both return "ase marie overas". */
char *name_fold(struct arena *a, const char *name);

/* Returns the normal form of an attribute value under caseIgnoreMatch (RFC 4517
 * 4.2.11), owned by the arena: lower case and single spaces, with its
 * diacritics.  "ÅS" and its decomposed form both return "ås".
 * name_fold_bytes() is for values that can contain NUL.  An invalid UTF-8 byte
 * is unchanged. */
char *name_fold_value(struct arena *a, const char *value);
char *name_fold_bytes(struct arena *a, const void *value, size_t length,
                      size_t *ret_length);

/* Returns name_fold_value() of the value but with its spaces unchanged and
 * without invisible characters, owned by the arena: for login names. */
char *name_fold_case(struct arena *a, const char *value);

/* Returns the value without blanks, Unicode spaces and invisible characters at
 * its ends, owned by the arena; "" if nothing else is in it. */
char *name_trim(struct arena *a, const char *value);
/* What a code point looks like: a space of any kind (Unicode category Z), or
 * nothing (RFC 4518 2.2, "mapped to nothing"). */
enum name_glyph { NAME_GLYPH = 0, NAME_SPACE, NAME_INVISIBLE };
enum name_glyph name_glyph_of(uint32_t code_point);

#endif
