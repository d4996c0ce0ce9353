/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_private.h: functions shared by the files of idp/session. */
#ifndef IDP_SESSION_SESSION_PRIVATE_H
#define IDP_SESSION_SESSION_PRIVATE_H

#include "idp/session/session.h"
#include "region/redis/store_end.h"

/* Returns the seconds until a session created then expires; at least one. */
int64_t session_remaining_s(const struct config *cfg, int64_t created_at);

/* Returns the seconds until the session expires if it is not used. */
int64_t session_ttl(const struct config *cfg, const struct session *s);

bool session_is_expired(const struct config *cfg, const struct session *s);

/* Returns the hash of its secret: its key in Redis. */
const char *session_key_hex(struct arena *a, const struct session *s);

/* Returns its marker, allocated in a: grants of the session are valid as long
 * as that exists (store_end.h). */
const char *session_marker(struct arena *a, const struct config *cfg,
                           const struct session *s);

/* Returns the participants among the fields of a hash, allocated in a. */
struct session_participant *participants_parse(struct arena *a,
                                               const struct store_fields *parts,
                                               size_t *ret_count);

#endif
