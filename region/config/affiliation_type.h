/* SPDX-License-Identifier: AGPL-3.0-or-later
 * affiliation_type.h: plural forms of the affiliation types, as in rules { }
 * and people { }. config.h has the singular. */
#ifndef REGION_CONFIG_AFFILIATION_TYPE_H
#define REGION_CONFIG_AFFILIATION_TYPE_H

#include "region/config/config.h"

/* All plurals, separated by blanks, for keyword tables and suggestions. */
#define AFFILIATION_TYPES_PLURAL \
	"employees teachers pupils politicians guests vendors"

enum affiliation_type affiliation_type_from_plural(
    const char *plural); /* KIND_NONE: unknown */

#endif
