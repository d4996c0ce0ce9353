/* SPDX-License-Identifier: AGPL-3.0-or-later
 * roles.h: which processes a region's login needs. */
#ifndef IDP_ROLES_H
#define IDP_ROLES_H

#include "lib/supervise.h"
#include "region/region.h"

/* The roles of this snapshot, living in a; programs is the folder they are
 * started from. */
struct supervise_role *roles_of(struct arena *a, const struct region *r,
                                const char *programs, size_t *ret_count);

/* The folders they meet in and keep things in, each its user's alone. */
bool roles_folders(struct arena *a, const struct region *r,
                   struct fault *why) must_check;

#endif
