/* SPDX-License-Identifier: AGPL-3.0-or-later
 * school_year.h: the current school year, and its leavers. */
#ifndef SYNC_ENGINE_GROUPS_SCHOOL_YEAR_H
#define SYNC_ENGINE_GROUPS_SCHOOL_YEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "region/config/config.h"

/* Returns the calendar year in which the school year of now began. */
int school_year_at(const struct school_year *y, int64_t now);
/* Returns its first second, Unix time. */
int64_t school_year_start(const struct school_year *y, int year);
/* Returns whether people are still in the groups of the year before. */
bool school_year_overlaps(const struct school_year *y, int64_t now);
/* Exempts the leavers of the last school year from the thresholds.  Takes the
 * lock. */
void school_year_announce(const struct config *cfg);

/* Returns whether the plan lets this affiliation leave now. */
bool school_year_plans_leaver(const char *directory, const char *anchor);
/* Returns whether a last day of a pupil is that of the plan: in the summer
 * after the tenth year. */
bool school_year_plans_end(const struct config *cfg, const char *affiliation,
                           const json_t *attrs, const char *end);

#endif
