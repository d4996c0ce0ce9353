/* SPDX-License-Identifier: AGPL-3.0-or-later
 * went_back.h: whether a source directory has gone back in time, as after a
 * restored backup. */
#ifndef SYNC_CONNECTOR_WENT_BACK_H
#define SYNC_CONNECTOR_WENT_BACK_H

#include <stdbool.h>
#include <stddef.h>

struct source_session;

/* Returns whether after, a cookie of slapd, has an older CSN (RFC 4533 2.1.2
 * leaves the format to the server) than before for one of its providers. */
bool went_back_by_csn(const char *before, const char *after);
/* Notes and logs it.  The next commit reports it to the provisioner. */
void went_back_note(struct source_session *s);
/* Compares the first cookie of a refresh with that of the session before.  Of
 * several servers one may only be late: they are not compared. */
void went_back_check_cookie(struct source_session *s, const char *cookie,
                            size_t length);

#endif
