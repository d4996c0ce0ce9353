/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_session.h: one LDAP session with the source directory. */
#ifndef SYNC_CONNECTOR_SOURCE_SESSION_H
#define SYNC_CONNECTOR_SOURCE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "region/ldap/directory.h"
#include "sync/connector/connector.h"

struct source_session {
	struct connector *connector;
	const struct config *cfg;
	const struct directory_conf *directory;
	struct arena *arena; /* closed at the end of the session */
	bool synthetic; /* only synthetic national identity numbers are valid */
	const char *identity;    /* by source_identity_read(), or NULL */
	const char *health_note; /* for the operator, sent with each commit; or
	                          * NULL */

	/* The cookie. */
	const char *previous_cookie; /* of the session before, text; or NULL */
	bool cookie_sent;            /* this session resumed from a cookie */
	char *cookie; /* for the next commit, base64url; in cookie_arena */
	struct arena *cookie_arena;

	/* The run: the entries from one commit to the next. */
	int64_t run_id; /* 0: none is open */
	bool full_run;  /* the next run has all entries */
	int64_t run_entries;
	/* Entries not sent yet; in batch_arena. */
	struct arena *batch_arena;
	struct sync_entry *batch;
	size_t batch_count, batch_bytes;

	/* The refresh, for refresh_delete_policy_of(). */
	int64_t known_entries; /* of this directory, at the provisioner */
	int64_t received_count, present_count;
	bool refreshed; /* the refresh or full read was committed */

	/* The connection. */
	size_t first_address; /* index of the first address tried */
	bool idle;            /* no message was waiting */
	bool skew_warned;

	/* The next full sync, and the next session. */
	int64_t full_sync_at;    /* clock_monotonic_ms */
	int64_t full_sync_age_s; /* since the last one; by the provisioner */
	bool restart_without_cookie; /* the next session sends no cookie */
	bool restart_now; /* start the next session at once: no failure */
};

/* Connects to the first address that responds and binds as the configured
 * account.  The caller closes *ret_d.  On error returns false with that of
 * config_read_secret() or directory_open(). */
bool source_session_connect(struct source_session *s, struct directory **ret_d,
                            struct error *err) must_check;
/* Lets the next session begin with the address after this session's first one.
 */
void source_session_skip_address(struct source_session *s);
/* Returns true, with the cause in err, if the session must end: the
 * configuration changed, or a full sync is due.  Sets restart_now and
 * restart_without_cookie for the next session, and logs a certificate that
 * expires soon.  Call it about once a second. */
bool source_session_must_end(struct source_session *s, struct error *err);

#endif
