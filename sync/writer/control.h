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

#endif
