/* SPDX-License-Identifier: AGPL-3.0-or-later
 * log.h: one JSON object per line on standard error: time, level, program,
 * event, then name=value fields. Programs log once, where the decision is made;
 * lib/ and region/ return an error instead. Values are escaped and cut at 1
 * KiB. Never log a password, token, name or national identity number: a person
 * is logged by catalogue id. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/compiler.h"

/* Sets the program name; call once, before any thread. */
void log_open(const char *program);

/* Fields are name, value pairs of strings, ending in NULL:
 *	log_warn("directory away", "directory", d->name, "why", err.text, NULL);
 */
void log_info(const char *what, ...) __attribute__((sentinel));
void log_warn(const char *what, ...) __attribute__((sentinel));
void log_error(const char *what, ...) __attribute__((sentinel));

#endif
