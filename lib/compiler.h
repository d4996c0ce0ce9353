/* SPDX-License-Identifier: AGPL-3.0-or-later
 * compiler.h: compiler attributes and macros that every file may use. */
#ifndef LIB_COMPILER_H
#define LIB_COMPILER_H

/* must_check: the compiler warns when a caller ignores the return value. */
#define must_check __attribute__((warn_unused_result))
/* printf_like: the format is parameter number at, its values begin at number
 * first. */
#define printf_like(at, first) __attribute__((format(printf, at, first)))

/* The number of elements of an array, not of a pointer. */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
