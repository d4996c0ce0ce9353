/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords.h: the keywords of the configuration file.  The parser,
 * `portvaktctl check` and portvakt.conf(5) use these tables. */
#ifndef REGION_CONFIG_CONFIG_KEYWORDS_H
#define REGION_CONFIG_CONFIG_KEYWORDS_H

#include "lib/conf/conf_schema.h"

extern const struct conf_keyword config_keywords[];

#endif
