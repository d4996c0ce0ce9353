/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_links.h: the part of the daily report about people of several
 * municipalities. */
#ifndef CTL_REPORT_LINKS_H
#define CTL_REPORT_LINKS_H

#include "ctl/ctl.h"
#include "lib/json.h"
#include "region/config/config.h"

/* Prints, for each municipality, its people that were joined with another
 * municipality's, or proved to be the same, in the last day; nothing where
 * there are none.  links: the lines of `sync links`
 * (sync/engine/report/reports.h).  language: 0 nb, 1 nn, 2 en. */
void report_print_links(struct arena *a, const struct config *cfg,
                        const json_t *links, int language);

#endif
