/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.h: the commands of portvaktctl to the provisioner, a function for
 * each.  argv is what was typed, the command first.  The state's lock is held.
 * Each sends its lines to the caller, and returns false with an error for
 * invalid parameters. */
#ifndef SYNC_WRITER_CONTROL_H
#define SYNC_WRITER_CONTROL_H

#include "sync/writer/writer.h"

/* quarantine [list | show DIRECTORY:ANCHOR] */
bool control_quarantine(const struct question *q, char **words,
                        struct fault *why);

/* person ID: the sources of each attribute of a person. */
bool control_person(const struct question *q, char **words, struct fault *why);

/* status: lines for the operator.  metrics: a JSON object per directory, and
 * one for the catalogue. */
bool health_status(const struct question *q, char **words, struct fault *why);
bool health_figures(const struct question *q, char **words, struct fault *why);

/* pending: what would be done, and what is held and why.  approve: what an
 * approval would cover, one per line: a directory, then "leavers" (the
 * default), "newcomers", "values", "roles", "source" or "configuration". */
bool preview_plan(const struct question *q, char **words, struct fault *why);
bool preview_release(const struct question *q, char **words, struct fault *why);

/* dry-run: what a directory would change if it were applied. */
bool rehearsal_tell(const struct question *q, char **words, struct fault *why);

/* Returns whether the directory is configured or still has affiliations. */
bool control_knows(const struct question *q, const char *directory);

#endif
