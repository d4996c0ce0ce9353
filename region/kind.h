/* SPDX-License-Identifier: AGPL-3.0-or-later
 * kind.h: kinds in the plural, as rules and people { } say them.  The
 * singular is region.h's. */
#ifndef REGION_KIND_H
#define REGION_KIND_H

#include "region/region.h"

/* Every plural, separated by blanks, for tables and suggestions. */
#define KINDS_PLURAL "employees teachers pupils politicians guests vendors"

const char *kind_plural(enum kind k);
enum kind kind_from_plural(const char *many); /* KIND_NONE: nobody */

#endif
