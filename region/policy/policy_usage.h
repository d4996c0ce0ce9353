/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_usage.h: roles, units and positions that rules name and that no active
 * affiliation of the municipality has at present: often a spelling mistake, and
 * no error, because people come and go. */
#ifndef REGION_POLICY_POLICY_USAGE_H
#define REGION_POLICY_POLICY_USAGE_H

#include "region/policy/policy_evaluate.h"

struct policy_usage;

/* Starts with the rules of cfg, which the caller keeps; everything is allocated
 * in a, except what policy_usage_close() releases. Roles that operators grant
 * are left out: often no one has them. */
struct policy_usage *policy_usage_open(struct arena *a,
                                       const struct config *cfg);

/* Adds an active affiliation. */
void policy_usage_add(struct policy_usage *u, const struct affiliation *f);

/* Calls note with "FILE:LINE: no one in tinn has role ..." for each name that
 * none of the affiliations has, in the order of the files. */
void policy_usage_list(struct policy_usage *u,
                       void (*note)(void *data, const char *text), void *data);

/* Releases what is not in the arena; the names stay. */
void policy_usage_close(struct policy_usage *u);

#endif
