/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_emergencies.h: the part of the daily report about logins that only a
 * "may always" rule allowed. */
#ifndef CTL_REPORT_EMERGENCIES_H
#define CTL_REPORT_EMERGENCIES_H

#include "ctl/ctl.h"

/* Prints those of the last day, by municipality; nothing where there are none,
 * or no portvakt-admin on this machine. One that does not answer is an action.
 * Returns the number of actions. language: 0 nb, 1 nn, 2 en. */
size_t report_print_emergencies(const struct command *c, int language);

#endif
