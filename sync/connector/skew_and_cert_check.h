/* SPDX-License-Identifier: AGPL-3.0-or-later
 * skew_and_cert_check.h: clock skew, expiry of the certificate. */
#ifndef SYNC_CONNECTOR_SKEW_AND_CERT_CHECK_H
#define SYNC_CONNECTOR_SKEW_AND_CERT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"

struct connector;
struct source_session;

/* Sets the newest CSN time of a slapd cookie; returns false if it has none. */
bool cookie_newest_csn_time(struct arena *a, const char *cookie,
                            int64_t *ret_newest);
/* Warns of clock skew, at most once a session.  is_now: the cookie came with a
 * change just made. */
void source_clock_skew_check(struct source_session *s, const char *cookie,
                             size_t length, bool is_now);
/* Returns 30, 7 or 1 when at most that many days are left, otherwise 0. */
int source_certificate_days(int64_t expires, int64_t now);
void source_certificate_set_expiry(struct connector *c, int64_t expires);
/* Warns at 30, 7 and 1 days, once each. */
void source_certificate_warn(struct connector *c);

#endif
