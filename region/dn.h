/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn.h: which DN lies within which, for the relative DNs people write. */
#ifndef REGION_DN_H
#define REGION_DN_H

#include <stdbool.h>

/* Whether inner is outer or lies below it.  Upper and lower case and blanks
 * round commas and equals signs mean nothing.  NULL is all there is. */
bool dn_is_within(const char *inner, const char *outer);

#endif
