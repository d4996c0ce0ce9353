/* SPDX-License-Identifier: AGPL-3.0-or-later
 * process_table.h: the processes that portvakt-idp supervises. */
#ifndef IDP_ROLES_H
#define IDP_ROLES_H

#include "lib/supervise.h"
#include "region/region.h"

/* Returns the process table for this configuration, allocated in a.
 * program_dir: the directory of the executables. */
struct supervise_role *roles_of(struct arena *a, const struct region *r,
                                const char *programs, size_t *ret_count);

/* Creates the runtime directory and the state directories, each accessible to
 * the user of its process only.  Returns false on error. */
bool roles_folders(struct arena *a, const struct region *r,
                   struct fault *why) must_check;

#endif
