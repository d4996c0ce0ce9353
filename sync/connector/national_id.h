/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id.h: validates national identity numbers. */
#ifndef SYNC_CONNECTOR_NATIONAL_ID_H
#define SYNC_CONNECTOR_NATIONAL_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "region/config/config.h"

/* Returns whether number is a national identity number or a D-number (day
 * raised by 40): eleven digits, a day and month, both check digits.  synthetic:
 * accepts only the numbers of Test-Norge (month raised by 80), so that
 * synthetic people never join real ones.  now: Unix time; from 2032 other check
 * digits are valid too. */
bool national_id_is_valid(const char *number, bool synthetic, int64_t now);
/* Returns whether number is a valid auxiliary number: an H-, FH- or DUF-number.
 * These are issued by several organisations, so two people may have the same
 * one, and it is not used for joining. */
bool national_id_is_auxiliary(const char *number, int64_t now);
/* Returns number without blanks, hyphens, dots and other separators, as copy
 * and paste leaves them; living in a; NULL for NULL. */
char *national_id_strip_separators(struct arena *a, const char *number);
/* Returns whether the region accepts synthetic numbers only: its login host is
 * in a domain reserved for tests (RFC 2606). */
bool national_id_accepts_synthetic(const struct config *cfg);

#endif
