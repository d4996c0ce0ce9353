/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id.h: validates national identity numbers. */
#ifndef SYNC_CONNECTOR_NATIONAL_ID_H
#define SYNC_CONNECTOR_NATIONAL_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "region/config/config.h"

/* Returns whether it is a national identity number or D-number (day raised by
 * 40): eleven digits, a day and month, both check digits.  synthetic: accepts
 * only the numbers of Test-Norge (month raised by 80), so invented people never
 * join real ones. */
bool national_id_is_valid(const char *number, bool synthetic, int64_t now);
/* Returns whether it is a valid H-, FH- or DUF-number.  Issued locally, so two
 * people may share one: it is not used for joining. */
bool national_id_is_auxiliary(const char *number, int64_t now);
/* Returns the text without blanks, living in a; NULL for NULL. */
char *national_id_strip_blanks(struct arena *a, const char *number);
/* Returns whether the login host is in a domain reserved for tests (RFC 2606):
 * only such a region has synthetic people. */
bool national_id_accepts_synthetic(const struct config *cfg);

#endif
