/* SPDX-License-Identifier: AGPL-3.0-or-later
 * error.c: sets the error a function returns to its caller. */
#include "lib/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/strbuf.h"

static void error_write(struct error *err, enum error_kind kind,
                        const char *reason, const char *format, va_list args)
{
	char text[ERROR_TEXT_SIZE + 1]; /* with the first byte that is cut */

	if (!err)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	text_truncate(text, ERROR_TEXT_SIZE - 1);
	err->kind = kind;
	err->reason = reason;
	(void)memcpy(err->text, text, strlen(text) + 1);
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_write(err, kind, NULL, format, args);
	va_end(args);
	return false;
}

bool error_set_reason(struct error *err, enum error_kind kind,
                      const char *reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_write(err, kind, reason, format, args);
	va_end(args);
	return false;
}
