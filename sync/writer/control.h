/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.h: what an operator may ask of the writer, a function for each word
 * that is more than a line; words as they were typed, its own first.  The
 * state's lock is held. */
#ifndef SYNC_WRITER_CONTROL_H
#define SYNC_WRITER_CONTROL_H

#include "sync/writer/writer.h"

/* quarantine [list | show DIRECTORY:ANCHOR] */
bool control_quarantine(const struct question *q, char **words,
                        struct fault *why);

/* person ID: where what is known of somebody comes from. */
bool control_person(const struct question *q, char **words, struct fault *why);

/* status: lines for people.  health: a JSON object a directory, and one for
 * the catalogue. */
bool health_status(const struct question *q, char **words, struct fault *why);
bool health_figures(const struct question *q, char **words, struct fault *why);

/* plan: what would be done, and what is held and why.  release: whom or what
 * a decision would be about, a line each: a directory, then "leavers" (if
 * nothing is said), "newcomers", "values", "roles", "source" or
 * "configuration". */
bool preview_plan(const struct question *q, char **words, struct fault *why);
bool preview_release(const struct question *q, char **words, struct fault *why);

/* rehearsal: what a directory would do if it were real. */
bool rehearsal_tell(const struct question *q, char **words, struct fault *why);

/* A directory that is configured, or that anybody is known from. */
bool control_knows(const struct question *q, const char *directory);

#endif
