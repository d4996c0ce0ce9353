/* SPDX-License-Identifier: AGPL-3.0-or-later
 * clock.h: now, and dates as people and standards write them. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/arena.h"

/* Seconds since 1970.  PORTVAKT_CLOCK_OFFSET, in seconds, moves it in builds
 * for tests only. */
int64_t clock_now(void);

/* Milliseconds that never go back, for deadlines. */
int64_t clock_monotonic_ms(void);

/* 2026-11-21T23:05:00Z, as SAML and logs want it; and back.  Reading takes a
 * fraction of a second and nothing but Z or +00:00; false otherwise. */
char *clock_iso(struct arena *a, int64_t when);
bool clock_from_iso(const char *text, int64_t *ret_when) must_check;

/* 20261121230500Z, LDAP's generalized time; and back. */
char *clock_ldap(struct arena *a, int64_t when);
bool clock_from_ldap(const char *text, int64_t *ret_when) must_check;

/* The first second of a date (YYYY-MM-DD) in Europe/Oslo; of the day after,
 * where end is true: `until 2026-12-31` ends at the midnight that ends it. */
bool clock_from_date(const char *date, bool end, int64_t *ret_when) must_check;

/* Local time in Europe/Oslo, whatever TZ says. */
struct tm clock_oslo(int64_t when);

/* "30m", "10h", "7d", "90s" as seconds. */
bool clock_span(const char *text, int64_t *ret_seconds) must_check;

#endif
