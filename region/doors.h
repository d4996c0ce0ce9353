/* SPDX-License-Identifier: AGPL-3.0-or-later
 * doors.h: asking the doors of directories, each with slots of its own. */
#ifndef REGION_DOORS_H
#define REGION_DOORS_H

#include "region/ask.h"
#include "region/region.h"

struct doors;

struct doors *doors_open(void);
void doors_close(struct doors *d);

/* Asks the door of a directory: at most 8 questions at once, each answered
 * within 3 s.  UNAVAILABLE, reason "busy", at once where no slot is free. */
bool doors_ask(struct doors *d, struct arena *a, const struct region *r,
               const char *directory, enum kind_of_question kind,
               json_t *question, json_t **ret_answer,
               struct fault *why) must_check;

#endif
