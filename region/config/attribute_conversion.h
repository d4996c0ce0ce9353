/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_conversion.h: the conversions of `map FIELD from ATTRIBUTE`: what a
 * field becomes of an entry's values.  The connector and `portvaktctl check`
 * use the same functions.
 *
 *	only-where A=V  the line counts for entries with that value only
 *	trim            without blanks and invisible characters at both ends
 *	first           one value, the first in byte order
 *	lower           in lower case
 *	date FORMAT     a date of that format; others stay unreadable
 *	default TEXT    the value of an entry that has none
 *
 * They are applied in this order, whatever their order in the file. */
#ifndef REGION_CONFIG_ATTRIBUTE_CONVERSION_H
#define REGION_CONFIG_ATTRIBUTE_CONVERSION_H

#include "lib/conf/conf_syntax.h"
#include "region/config/config.h"
#include "region/ldap/directory.h"

/* Parses the conversions of a `map` statement, living in a; each one that is
 * unknown, incomplete, given twice or not for that field is an error. */
struct attribute_conversion attribute_conversion_parse(
    struct arena *a, const struct conf_statement *s,
    struct conf_errors *errors);
/* Returns the conversions as in the configuration, in the order above, living
 * in a; "" if there are none. */
char *attribute_conversion_format(struct arena *a,
                                  const struct attribute_conversion *c);

/* Returns whether the mapping counts for this entry. */
bool attribute_conversion_selects(const struct attribute_conversion *c,
                                  const struct directory_entry *e);
/* Returns the converted values of the mapping, living in a or borrowed from e;
 * NULL if there are none.  A value that is not of the date's format gets a
 * remark that makes it unreadable as a date of any format; *ret_unreadable,
 * which may be NULL, is their number. */
const struct directory_attribute *attribute_conversion_apply(
    struct arena *a, const struct attribute_mapping *m,
    const struct directory_entry *e, size_t *ret_unreadable);

#endif
