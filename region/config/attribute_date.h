/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_date.h: dates as source directories store them. */
#ifndef REGION_CONFIG_ATTRIBUTE_DATE_H
#define REGION_CONFIG_ATTRIBUTE_DATE_H

#include <stdbool.h>

#include "lib/arena.h"

/* The formats, separated by spaces.  unix: seconds since 1970; filetime: 100 ns
 * since 1601, 0 and the maximum: never (MS-ADTS 2.2.17). */
#define DATE_FORMATS                                                       \
	"dd.mm.yyyy dd/mm/yyyy dd-mm-yyyy mm/dd/yyyy yyyy-mm-dd yyyymmdd " \
	"unix filetime"

/* Returns the name of a format in static memory; NULL if it is none. */
const char *attribute_date_format(const char *name);
/* Converts text to YYYY-MM-DD, or to GeneralizedTime from a format with a time
 * of day, living in a; *ret is NULL for never.  Days and months may have one
 * digit beside a separator; the time 00:00[:00] may follow.  Returns false if
 * the text is not of that format, or no date. */
bool attribute_date_convert(struct arena *a, const char *format,
                            const char *text, const char **ret) must_check;

#endif
