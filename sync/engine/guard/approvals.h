/* SPDX-License-Identifier: AGPL-3.0-or-later
 * approvals.h: operators' approvals of held changes.  The caller holds the
 * lock. */
#ifndef SYNC_ENGINE_GUARD_APPROVALS_H
#define SYNC_ENGINE_GUARD_APPROVALS_H

#include <stdbool.h>

/* Loads the approvals from the overrides. */
void approvals_load(void);
/* Returns whether this change of the entry is approved and the approval is
 * unused: the entry was not written as active since. */
bool approvals_is_allowed(const char *type, const char *directory,
                          const char *anchor);

/* Marks the counted effects of the directory that need no counting: approved
 * ones, and the school year's leavers (enum suspect_free). */
void approvals_mark_suspects(const char *directory);

#endif
