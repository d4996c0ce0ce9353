/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report.h: the daily report, and texts that the notifications share. */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/ctl.h"
#include "region/config/config.h"

/* Prints the report.  Returns false if sync does not respond. */
bool report_print_daily(const struct command *c, const struct config *cfg,
                        int language);

/* Returns 0 for nb, 1 for nn, 2 for en; 0 for any other language. */
int report_language_index(const char *language);

/* Returns the format with the first {} replaced by one and any others by two;
 * allocated in a. */
char *report_fill(struct arena *a, const char *format, const char *one,
                  const char *two);

/* Returns how many people are held for this reason, and the command that
 * approves it; allocated in a. */
char *report_held_text(struct arena *a, const char *reason,
                       const char *directory, int64_t people, int language);

#endif
