/* SPDX-License-Identifier: AGPL-3.0-or-later
 * error.h: the error a function returns to its caller, set where it is
 * detected. */
#ifndef LIB_ERROR_H
#define LIB_ERROR_H

#include <stdbool.h>

#include "lib/compiler.h"

/* The kind decides how the caller responds. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_INVALID,     /* invalid input: returned to the caller */
	ERROR_REFUSED,     /* denied by a rule: shown, audited */
	ERROR_UNAVAILABLE, /* temporary failure: retry later */
};

enum { ERROR_TEXT_SIZE = 256 };

/* Owned by the caller, on its stack: `struct error err = { 0 };`. The text
 * names the object and the problem, never a secret or a national identity
 * number; a longer text is truncated. The reason is an identifier of
 * region/config/reasons.def, or NULL if no user sees it. */
struct error {
	enum error_kind kind;
	const char *reason;
	char text[ERROR_TEXT_SIZE];
};

/* Sets *err and returns false, so that a check is one line. err may be NULL. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    printf_like(3, 4);

/* The same with a reason of region/config/reasons.def. */
bool error_set_reason(struct error *err, enum error_kind kind,
                      const char *reason, const char *format, ...)
    printf_like(4, 5);

#endif
