/* SPDX-License-Identifier: AGPL-3.0-or-later
 * affiliation_type.h: plural forms of the affiliation types, as in rules { }
 * and people { }. config.h has the singular. */
#ifndef REGION_KIND_H
#define REGION_KIND_H

#include "region/region.h"

/* All plurals, separated by blanks, for keyword tables and suggestions. */
#define KINDS_PLURAL "employees teachers pupils politicians guests vendors"

const char *kind_plural(enum kind k);
enum kind kind_from_plural(const char *many); /* KIND_NONE: unknown */

#endif
