/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health.h: what sync tells of its directories (sync/writer/health.c says
 * what is in it). */
#ifndef CTL_HEALTH_H
#define CTL_HEALTH_H

#include "ctl/ctl.h"
#include "lib/json.h"

/* The JSON objects sync answers to that word, living in c's arena.  False, and
 * said on standard error, where it does not answer. */
bool health_ask(const struct command *c, const char *word, json_t **ret_lines);

/* The object that speaks of this directory, or NULL. */
const json_t *health_of(const json_t *lines, const char *directory);

#endif
