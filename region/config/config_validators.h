/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_validators.h: validation of statements beyond the keyword tables:
 * check digits, colours, URLs.  Each validator is called with a statement whose
 * arguments have the right type, and reports its errors. */
#ifndef REGION_CONFIG_CONFIG_VALIDATORS_H
#define REGION_CONFIG_CONFIG_VALIDATORS_H

#include "lib/conf/conf_schema.h"

typedef void statement_validator(const struct conf_statement *s,
                                 struct conf_errors *errors);

statement_validator validate_origin; /* https://host[:port] without a path */
statement_validator validate_no_fragment; /* parameters can be added to it */
statement_validator validate_colour; /* contrast with white text, WCAG 2.2 */
statement_validator
    validate_logo; /* file name of an SVG, without a directory */
statement_validator
    validate_organisation_number; /* organisation number with its check digit */
statement_validator validate_network; /* ranges, or `listener NAME` */
statement_validator validate_municipality_network; /* ranges */
statement_validator validate_addresses;            /* each a mail address */
statement_validator validate_path;                 /* absolute path */
statement_validator validate_people;               /* from NAME [under DN] */
statement_validator validate_people_rule; /* under DN, or are TYPE in GROUP */
statement_validator
    validate_redirect_uri; /* https, or http to a loopback address */
statement_validator
    validate_client_id; /* characters that are valid in every protocol */
statement_validator validate_plugin; /* not the name of a built-in condition */
statement_validator validate_day_of_year; /* MM-DD */

#endif
