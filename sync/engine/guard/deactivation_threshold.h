/* SPDX-License-Identifier: AGPL-3.0-or-later
 * deactivation_threshold.h: how many affiliations of a directory may be
 * deactivated.  The caller holds the lock of the state database. */
#ifndef SYNC_ENGINE_GUARD_DEACTIVATION_THRESHOLD_H
#define SYNC_ENGINE_GUARD_DEACTIVATION_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "region/config/config.h"

enum { THRESHOLD_DAY = 24 * 60 * 60, THRESHOLD_WEEK = 7 * THRESHOLD_DAY };

/* Returns whether this many deactivations at once are too many. */
bool threshold_is_exceeded(size_t deactivations, size_t total, int percent);
/* The same for a day or a week. */
bool threshold_budget_is_exceeded(size_t deactivations, size_t total,
                                  int percent);
/* Returns how many active affiliations a directory has, counted up to bound;
 * and a bound beyond which count is neither half nor that percentage. */
size_t threshold_active(const char *directory, size_t bound);
size_t threshold_bound(size_t count, int percent);
/* Returns why deactivations are held now: "deactivations" (too many at once),
 * "budget" (day or week), or NULL. */
const char *threshold_reason(const char *directory, size_t deactivations,
                             int percent);
/* Return how many were deactivated within the last seconds, and how many may
 * be. */
size_t threshold_deactivations_since(const char *directory, int64_t seconds);
size_t threshold_deactivations_allowed(const char *directory, int64_t seconds,
                                       int percent);
int threshold_percent(const struct config *cfg, const char *directory);
/* Record that an affiliation was deactivated, or is active again. */
void threshold_record_deactivation(const char *directory, const char *anchor);
void threshold_forget_deactivation(const char *directory, const char *anchor);

#endif
