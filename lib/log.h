/* SPDX-License-Identifier: AGPL-3.0-or-later
 * log.h: one line per fact on standard error, as JSON: time, level, program,
 * the thing that happened, then name=value facts.  Programs log, once, where
 * the decision is made; lib/ and region/ return a fault instead.  Values are
 * escaped and cut at 1 KiB.  Never a password, token, name or national
 * number: a person is written by catalogue id. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/attr.h"

/* The program's name, once, before any thread. */
void log_open(const char *program);

/* Facts are name, value pairs ending in NULL, all strings:
 *	log_warn("directory away", "directory", d->name, "why", why.text, NULL);
 */
void log_info(const char *what, ...) __attribute__((sentinel));
void log_warn(const char *what, ...) __attribute__((sentinel));
void log_error(const char *what, ...) __attribute__((sentinel));

#endif
