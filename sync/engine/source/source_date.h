/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_date.h: dates as people and HR systems write them. */
#ifndef SYNC_ENGINE_SOURCE_SOURCE_DATE_H
#define SYNC_ENGINE_SOURCE_SOURCE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/compiler.h"

/* Reads a time: GeneralizedTime (RFC 4517 3.3.13), or an ISO 8601 date-time
 * with Z or an offset; or a date: YYYY-MM-DD, YYYYMMDD, d.m.yyyy.  A date is
 * its first moment in Europe/Oslo, or with end its last one, exclusive.  Dates
 * of 1900 to 1969 are 0.  Returns false for any other value, and for one
 * outside the years 1900 to 9999. */
bool source_date_parse(const char *text, bool end,
                       int64_t *ret_when) must_check;

#endif
