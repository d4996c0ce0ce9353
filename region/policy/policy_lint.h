/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_lint.h: finds rules that are valid and probably not meant: dates that
 * have passed, conditions that can never or always be met, the same rule twice,
 * and a rule with its opposite. */
#ifndef REGION_POLICY_POLICY_LINT_H
#define REGION_POLICY_POLICY_LINT_H

#include "region/config/policy_parse.h"

/* Calls note with the position and one sentence for each finding, which live in
 * a. */
void policy_lint(struct arena *a, const struct config *cfg, int64_t now,
                 void (*note)(void *data, const struct source_location *at,
                              const char *text),
                 void *data);

#endif
