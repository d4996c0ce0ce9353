/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_keywords.h: the keywords of the configuration file.  The parser,
 * `portvaktctl check` and portvakt.conf(5) use these tables. */
#ifndef REGION_REGION_WORDS_H
#define REGION_REGION_WORDS_H

#include "lib/conf_check.h"

extern const struct conf_word region_words[];

/* Returns the keyword list of portvakt.conf(5) as mdoc, allocated in a. */
char *region_words_mdoc(struct arena *a);

#endif
