/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_type.h: the types an argument of the configuration may have. */
#ifndef LIB_CONF_TYPE_H
#define LIB_CONF_TYPE_H

#include <stdbool.h>

#include "lib/conf_check.h"

/* Whether said may stand where arg is wanted. */
bool conf_type_good(const struct conf_arg *arg, const char *said);

/* What is wanted, for a complaint: "a span of time such as 30m". */
const char *conf_type_wants(struct arena *a, const struct conf_arg *arg);

/* What it is called, for the manual: "SPAN". */
const char *conf_type_called(struct arena *a, const struct conf_arg *arg);

#endif
