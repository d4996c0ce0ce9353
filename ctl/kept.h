/* SPDX-License-Identifier: AGPL-3.0-or-later
 * kept.h: what runs by its last good version (region/accepted/accepted.h), for
 * check, the metrics and the daily report. */
#ifndef CTL_KEPT_H
#define CTL_KEPT_H

#include <stddef.h>

#include "ctl/ctl.h"

/* Each prints it and returns how many. */
size_t kept_print_notes(const struct command *c, const char *file);
size_t kept_print_metric(const struct command *c);
/* language: of report_language_index(). */
size_t kept_print_report(const struct command *c, int language);

#endif
