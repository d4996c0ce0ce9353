/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attr.h: the few compiler words every file may use. */
#ifndef LIB_ATTR_H
#define LIB_ATTR_H

/* The result says whether it went well; dropping it is a mistake. */
#define must_check             __attribute__((warn_unused_result))
#define printf_like(at, first) __attribute__((format(printf, at, first)))

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
