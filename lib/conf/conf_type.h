/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_type.h: the types of configuration arguments. */
#ifndef LIB_CONF_CONF_TYPE_H
#define LIB_CONF_CONF_TYPE_H

#include <stdbool.h>

#include "lib/conf/conf_schema.h"

/* Returns whether the value is valid for that argument. */
bool conf_type_is_valid(const struct conf_arg *arg, const char *value);

/* Returns the expected value, for an error: "a duration such as 30m". */
const char *conf_type_expected(struct arena *a, const struct conf_arg *arg);

/* Returns the placeholder for the manual: "DURATION". */
const char *conf_type_placeholder(struct arena *a, const struct conf_arg *arg);

#endif
