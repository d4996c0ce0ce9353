/* SPDX-License-Identifier: AGPL-3.0-or-later
 * region_words.h: the configuration's words.  The reader, the checker and
 * portvakt.conf(5) all go by these tables. */
#ifndef REGION_REGION_WORDS_H
#define REGION_REGION_WORDS_H

#include "lib/conf_check.h"

extern const struct conf_word region_words[];

/* portvakt.conf(5)'s list of words, as mdoc, living in a. */
char *region_words_mdoc(struct arena *a);

#endif
