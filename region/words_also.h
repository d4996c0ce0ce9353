/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_validators.h: validation of statements beyond the keyword tables:
 * check digits, colours, URLs.  Each validator is called with a statement whose
 * arguments have the right type, and reports its errors. */
#ifndef REGION_WORDS_ALSO_H
#define REGION_WORDS_ALSO_H

#include "lib/conf_check.h"

typedef void also(const struct conf_statement *s,
                  struct conf_complaints *wrong);

also also_origin;      /* https://host[:port] without a path */
also also_colour;      /* contrast with white text, WCAG 2.2 */
also also_mark;        /* file name of an SVG, without a directory */
also also_number;      /* organisation number with its check digit */
also also_network;     /* ranges, or `listener NAME` */
also also_folder;      /* absolute path */
also also_people;      /* from NAME [under DN] */
also also_who;         /* under DN, or are TYPE in GROUP */
also also_redirect;    /* https, or http to a loopback address */
also also_client;      /* characters that are valid in every protocol */
also also_plugin;      /* not the name of a built-in condition */
also also_day_of_year; /* MM-DD */

#endif
