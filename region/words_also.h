/* SPDX-License-Identifier: AGPL-3.0-or-later
 * words_also.h: what no table of words can say: check digits, colours,
 * addresses.  Each looks at one statement whose arguments are good. */
#ifndef REGION_WORDS_ALSO_H
#define REGION_WORDS_ALSO_H

#include "lib/conf_check.h"

typedef void also(const struct conf_statement *s,
                  struct conf_complaints *wrong);

also also_origin;      /* https://host[:port] and nothing behind */
also also_colour;      /* white text on it can be read */
also also_mark;        /* the name of an SVG, without folders */
also also_number;      /* organisation number with its check digit */
also also_network;     /* ranges, or `listener NAME` */
also also_folder;      /* a path from the root */
also also_people;      /* from NAME [under DN] */
also also_who;         /* under DN, or are WHO in GROUP */
also also_redirect;    /* encrypted, or to this very machine */
also also_client;      /* a client id that fits into every protocol */
also also_plugin;      /* not the name of a word of ours */
also also_day_of_year; /* MM-DD */

#endif
