/* SPDX-License-Identifier: AGPL-3.0-or-later
 * error.c: sets the error a function returns to its caller. */
#include "lib/fault.h"

#include <stdarg.h>
#include <stdio.h>

static void write_fault(struct fault *why, enum fault_kind kind,
                        const char *reason, const char *format, va_list args)
{
	if (!why)
		return;
	why->kind = kind;
	why->reason = reason;
	(void)vsnprintf(why->text, sizeof(why->text), format, args);
}

bool fault(struct fault *why, enum fault_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_fault(why, kind, NULL, format, args);
	va_end(args);
	return false;
}

bool fault_for(struct fault *why, enum fault_kind kind, const char *reason,
               const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_fault(why, kind, reason, format, args);
	va_end(args);
	return false;
}
