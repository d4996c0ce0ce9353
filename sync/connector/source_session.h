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
	bool synthetic;
	bool cookie_sent;
	const char *identity;  /* hash, see source_identity_read; NULL:
	                          unknown */
	bool full_run;         /* the next run is a full one */
	int64_t known_entries; /* entries of it that the provisioner has */
	int64_t run_id;        /* 0: none is open */
	json_t *batch;
	size_t batch_bytes;
	int64_t run_entries;                   /* in this run */
	int64_t received_count, present_count; /* in this refresh */
	char *cookie; /* for the next commit; lives in cookies */
	struct arena *cookies;
	struct arena *arena;  /* lives as long as the session */
	int64_t full_sync_at; /* clock_monotonic_ms */
	size_t first_address; /* index of the first address tried */
	bool idle;            /* no message came for a while */
	bool skew_warned;
	bool restart_without_cookie; /* the next session sends no cookie */
	bool refreshed;   /* its refresh or full read was committed */
	bool restart_now; /* ended by us: start the next one at once */
	int64_t
	    full_sync_age_s; /* seconds since a full sync, by the provisioner */
	const char *health_note; /* note for the operator, sent with each
	                       commit; or NULL */
};

/* Connects and binds as the configuration requires.  The caller closes *ret_d.
 * On error returns false. */
bool source_session_connect(struct source_session *s, struct directory **ret_d,
                            struct error *err) must_check;
/* The next session starts with the following address. */
void source_session_skip_address(struct source_session *s);
/* Returns true, and sets the error, when the session must end: the
 * configuration changed, or a full sync is due.  To be called about once a
 * second. */
bool source_session_must_end(struct source_session *s, struct error *err);

#endif
