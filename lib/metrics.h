/* SPDX-License-Identifier: AGPL-3.0-or-later
 * metrics.h: figures by name, printed as Prometheus text.  Names and values
 * of labels are ours (a municipality, a reason), never a person's. */
#ifndef LIB_METRICS_H
#define LIB_METRICS_H

#include <stdint.h>

#include "lib/arena.h"

/* Adds one to a counter; label and value may both be NULL.
 *	metrics_count("portvakt_logins_total", "municipality", m->id); */
void metrics_count(const char *name, const char *label, const char *value);

/* What is so now: connections open, things waiting. */
void metrics_set(const char *name, const char *label, const char *value,
                 int64_t now);

/* How long something took: name_seconds_sum and name_seconds_count. */
void metrics_took(const char *name, const char *label, const char *value,
                  int64_t milliseconds);

/* All of them, sorted. */
char *metrics_text(struct arena *a);

#endif
