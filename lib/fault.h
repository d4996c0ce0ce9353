/* SPDX-License-Identifier: AGPL-3.0-or-later
 * error.h: the error a function returns to its caller, set where it is
 * detected. */
#ifndef LIB_FAULT_H
#define LIB_FAULT_H

#include <stdbool.h>

#include "lib/attr.h"

/* The kind decides how the caller responds. */
enum fault_kind {
	FAULT_NONE = 0,
	FAULT_INVALID,     /* invalid input: an error for the caller */
	FAULT_REFUSED,     /* denied by a rule: shown, audited */
	FAULT_UNAVAILABLE, /* temporary failure: retry later */
};

enum { FAULT_TEXT = 256 };

/* Owned by the caller, on its stack: `struct error err = { 0 };`. The text
 * names the object and the problem, never a secret or a national identity
 * number. The reason is an identifier of region/policy/reasons.def, or NULL if
 * no user sees it. */
struct fault {
	enum fault_kind kind;
	const char *reason;
	char text[FAULT_TEXT];
};

/* Sets *err and returns false, so that a check is one line. err may be NULL. */
bool fault(struct fault *why, enum fault_kind kind, const char *format, ...)
    printf_like(3, 4);

/* The same with a reason of region/policy/reasons.def. */
bool fault_for(struct fault *why, enum fault_kind kind, const char *reason,
               const char *format, ...) printf_like(4, 5);

#endif
