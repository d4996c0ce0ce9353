/* SPDX-License-Identifier: AGPL-3.0-or-later
 * clock.h: current time, and time values as standards and people write them. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/arena.h"
#include "lib/error.h"

/* Every time `when` is in seconds since 1970 UTC (Unix time). */

/* Returns the current time. In test builds only, PORTVAKT_CLOCK_OFFSET
 * (seconds) is added to the value. */
int64_t clock_now(void);

/* Returns milliseconds of the monotonic clock, for deadlines. */
int64_t clock_monotonic_ms(void);

/* Format and parse xs:dateTime in UTC, as in SAML and the log:
 * 2026-11-21T23:05:00Z. Parsing accepts a fraction of a second and the zones Z
 * and +00:00; it returns false for anything else. */
char *clock_format_iso(struct arena *a, int64_t when);
bool clock_parse_iso(const char *text, int64_t *ret_when) must_check;

/* Format and parse LDAP GeneralizedTime (RFC 4517 3.3.13): 20261121230500Z.
 * Parsing returns false for an invalid value. */
char *clock_format_generalized_time(struct arena *a, int64_t when);
bool clock_parse_generalized_time(const char *text,
                                  int64_t *ret_when) must_check;

/* Reads the rules of Europe/Oslo from the system's tzdata, whatever TZ is, and
 * sets TZ to it; call once, before any thread.  On error ERROR_UNAVAILABLE: the
 * zone is missing.  The next two abort then: they never take UTC for it. */
bool clock_zone_open(struct error *err) must_check;

/* Sets *ret_when to the start of a date (YYYY-MM-DD) in Europe/Oslo; if end is
 * true, to the start of the next day, so that `until 2026-12-31` includes that
 * day. Returns false for an invalid date. */
bool clock_parse_date(const char *date, bool end, int64_t *ret_when) must_check;

/* Parses local time as people write it in the configuration and to commands:
 * a date as above, or 2026-12-31T16:00, whichever of two equal times the zone's
 * rules give. */
bool clock_parse_local(const char *text, bool end,
                       int64_t *ret_when) must_check;
/* Returns 2026-12-31T16:00 in local time. */
char *clock_format_local(struct arena *a, int64_t when);

/* Returns local time in Europe/Oslo. */
struct tm clock_oslo(int64_t when);

/* Parses a duration ("90s", "30m", "10h", "7d", "3y" of 365 days), a number up
 * to 1,000,000,000 and one unit, into seconds. Returns false for anything else.
 */
bool clock_parse_duration(const char *text, int64_t *ret_seconds) must_check;

#endif
