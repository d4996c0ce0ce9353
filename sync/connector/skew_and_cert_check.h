/* SPDX-License-Identifier: AGPL-3.0-or-later
 * skew_and_cert_check.h: warnings of a source directory's clock skew and of its
 * certificate's expiry. */
#ifndef SYNC_CONNECTOR_SKEW_AND_CERT_CHECK_H
#define SYNC_CONNECTOR_SKEW_AND_CERT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"

struct connector;
struct source_session;

/* Sets *ret_newest to the newest time of the CSNs in a cookie of slapd, Unix
 * time; returns false if it has none. */
bool cookie_newest_csn_time(struct arena *a, const char *cookie,
                            int64_t *ret_newest);
/* Logs a clock skew of over a minute, at most once in a session.  is_now: the
 * cookie came with a change that was just made. */
void source_clock_skew_check(struct source_session *s, const char *cookie,
                             size_t length, bool is_now);
/* Returns the warning that is due, in days: 30, 7 or 1 if at most that many are
 * left, 1 after expiry, otherwise 0.  Unix times. */
int source_certificate_days(int64_t expires, int64_t now);
/* Sets the certificate's notAfter time (0: unknown); another one than before is
 * warned of again. */
void source_certificate_set_expiry(struct connector *c, int64_t expires);
/* Logs a certificate that expires within 30, 7 and 1 days, once each. */
void source_certificate_warn(struct connector *c);

#endif
