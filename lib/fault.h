/* SPDX-License-Identifier: AGPL-3.0-or-later
 * fault.h: why a thing could not be done, said where it was noticed. */
#ifndef LIB_FAULT_H
#define LIB_FAULT_H

#include <stdbool.h>

#include "lib/attr.h"

/* Three kinds, because three things can be done about it. */
enum fault_kind {
	FAULT_NONE = 0,
	FAULT_INVALID,     /* what came was wrong: tell the caller */
	FAULT_REFUSED,     /* a rule says no: tell the person, remember it */
	FAULT_UNAVAILABLE, /* not now: say try again, count it */
};

enum { FAULT_TEXT = 256 };

/* On the stack of whoever asks; zeroed by `struct fault why = { 0 };`.
 * The text names the thing and what was wrong with it, never a secret or a
 * national identity number.  The reason is a word of region/reasons.def, or
 * NULL where no person will read it. */
struct fault {
	enum fault_kind kind;
	const char *reason;
	char text[FAULT_TEXT];
};

/* Writes why and returns false, so that a guard is one line.  NULL for why
 * is allowed. */
bool fault(struct fault *why, enum fault_kind kind, const char *format, ...)
    printf_like(3, 4);

/* The same with a reason out of region/reasons.def. */
bool fault_for(struct fault *why, enum fault_kind kind, const char *reason,
               const char *format, ...) printf_like(4, 5);

#endif
