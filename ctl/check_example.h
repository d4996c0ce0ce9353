/* SPDX-License-Identifier: AGPL-3.0-or-later
 * check_example.h: the mapped fields of example entries. */
#ifndef CTL_CHECK_EXAMPLE_H
#define CTL_CHECK_EXAMPLE_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/config.h"

/* Prints what each `map` of an entry's directory makes of the entries of an
 * LDIF file.  Returns false if a date is unreadable, an entry belongs to no
 * directory, or the file cannot be read. */
bool check_example_print(struct arena *a, const struct config *cfg,
                         const char *path);

#endif
