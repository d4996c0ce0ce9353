/* SPDX-License-Identifier: AGPL-3.0-or-later
 * left.h: a municipality that has left is removed when somebody decided so
 * (docs/LEAVING.md): at once, and no brake is asked. */
#ifndef SYNC_WRITER_LEFT_H
#define SYNC_WRITER_LEFT_H

#include "lib/json.h"
#include "region/answer.h"
#include "region/region.h"

/* Whether what has this form goes; and whether all of a municipality does:
 * decided, the day has come, and nobody comes from it by the configuration.
 * With the state's lock held, as left_forget and left_scrub. */
bool left_is_removed(struct arena *a, const struct region *r,
                     const json_t *form);
bool left_has_gone(struct arena *a, const struct region *r,
                   const struct municipality *m);

/* Sees to it that they are looked at; removes what is not a person. */
bool left_go(const struct region *r, struct fault *why) must_check;

/* `forget ID ...` and `scrub`: nothing here remembers these people. */
bool left_forget(const struct question *q, char **words, struct fault *why);
bool left_scrub(const struct question *q, char **words, struct fault *why);

#endif
