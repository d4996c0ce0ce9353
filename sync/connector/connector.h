/* SPDX-License-Identifier: AGPL-3.0-or-later
 * connector.h: portvakt-connector, one process per source directory.  It reads
 * the directory and sends its entries to the provisioner in runs.
 *
 *	source_session         one LDAP session after another
 *	syncrepl_session       ... by RFC 4533 (OpenLDAP, 389-DS)
 *	full_read_session      ... by periodic full reads (RFC 2696)
 *	dirsync_session        ... with Active Directory (dirsync_session.h)
 *	refresh_delete_policy  which entries a refresh may delete
 *	changelog              whether 389-DS's changelog covers our cookie
 *	skew_and_cert_check    clock skew, expiry of the certificate
 *	provisioner_client     runs, entries and cookies to the provisioner
 *	source_group           a group, in buckets
 *	source_identity        identifies the directory
 *	attribute_map          source attributes to our fields
 *	national_id            validates national identity numbers
 *	national_id_client     join value and sealed value of a number
 *	source_check           `portvaktctl sync check-source` */
#ifndef SYNC_CONNECTOR_CONNECTOR_H
#define SYNC_CONNECTOR_CONNECTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "region/config/config.h"
#include "region/ipc/ipc_client.h"
#include "region/ipc/ipc_server.h"
#include "region/ldap/directory.h"

struct connector {
	const char *name; /* of the directory, in the configuration */
	struct ipc_client *provisioner;
	struct ipc_client *id_crypto;
	atomic_bool full_sync_requested;
	/* Outlives a session; used by the session's thread only. */
	size_t skip_addresses;       /* addresses to skip: their servers are
	                      stale */
	int64_t stale_since;         /* clock_monotonic_ms; 0: not stale */
	int64_t certificate_expires; /* Unix time; 0: unknown */
	int days_warned;
};

/* Runs one session after another.  Returns when the directory is no longer in
 * the configuration. */
void connector_run(struct connector *c);

/* One LDAP session with the source directory. */
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

/* ---- source_session */

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

/* ---- sessions: each runs until it ends, and returns false with the error */

bool syncrepl_session_run(struct source_session *s,
                          struct error *err) must_check;
bool full_read_session_run(struct source_session *s,
                           struct error *err) must_check;
bool dirsync_session_run(struct source_session *s,
                         struct error *err) must_check;

/* ---- refresh_delete_policy */

/* How a refresh (RFC 4533 3.3) ended. */
struct refresh_outcome {
	enum directory_type kind;
	int result_code; /* of directory_follow; 0: complete */
	bool cookie_sent, cookie_received;
	bool refresh_deletes; /* refreshDeletes of the Sync Info message or Done
	                 Control */
	int64_t received_count, present_count;
	int64_t known_entries; /* entries the provisioner had of it */
};
enum refresh_delete_policy {
	REFRESH_DISCARD = 0, /* refresh is void; keep the cookie */
	REFRESH_RESTART,     /* refresh is void; the next one sends no cookie */
	REFRESH_STALE_PROVIDER,   /* refresh is void; the server has older data
	                   than   we */
	REFRESH_EXPLICIT_DELETES, /* delete only the entries that were named */
	REFRESH_IMPLICIT_DELETES, /* entries not named may be deleted, within
	                 the thresholds */
};
enum refresh_delete_policy refresh_delete_policy_of(
    const struct refresh_outcome *outcome);

/* ---- changelog */

/* Returns true when the changelog of that root DSE covers the cookie, false
 * when it does not or when either value is missing.  On error changelog_check
 * returns false. */
bool changelog_covers(const char *cookie, size_t length,
                      const struct directory_entry *root);
bool changelog_check(struct source_session *s, struct directory *d,
                     const char *cookie, size_t length, bool *ret_covers,
                     struct error *err) must_check;

/* ---- skew_and_cert_check */

/* Sets the newest CSN time of a slapd cookie; returns false if it has none. */
bool cookie_newest_csn_time(struct arena *a, const char *cookie,
                            int64_t *ret_newest);
/* Warns of clock skew, at most once a session.  is_now: the cookie came with a
 * change just made. */
void source_clock_skew_check(struct source_session *s, const char *cookie,
                             size_t length, bool is_now);
/* Returns 30, 7 or 1 when at most that many days are left, otherwise 0. */
int source_certificate_days(int64_t expires, int64_t now);
void source_certificate_set_expiry(struct connector *c, int64_t expires);
/* Warns at 30, 7 and 1 days, once each. */
void source_certificate_warn(struct connector *c);

/* ---- provisioner_client: on error each returns false */

/* Sets *ret_cookie to the provisioner's cookie for this attribute map, living
 * in s->arena, or to NULL; sets s->known_entries and s->full_sync_age_s. */
bool provisioner_hello(struct source_session *s, char **ret_cookie,
                       size_t *ret_length, struct error *err) must_check;
/* Opens a new run; provisioner_ensure_run: unless one is open. */
bool provisioner_begin_run(struct source_session *s,
                           struct error *err) must_check;
bool provisioner_ensure_run(struct source_session *s,
                            struct error *err) must_check;
/* Sends an entry.  Its national number is sent as join value and sealed value
 * only. */
bool provisioner_send_entry(struct source_session *s, const char *anchor,
                            const struct directory_entry *e,
                            struct error *err) must_check;
/* kind: IPC_PRESENT or IPC_DELETED. */
bool provisioner_send_anchors(struct source_session *s,
                              enum ipc_message_type kind, char **anchors,
                              size_t count, struct error *err) must_check;
/* Stores the cookie for the next commit. */
void provisioner_set_cookie(struct source_session *s, const char *cookie,
                            size_t length);
/* provisioner_queue_entry adds the entry to the batch of the run;
 * provisioner_send_now sends it before it returns, and returns the response.
 * Additions to an entry already sent have more: true. */
bool provisioner_queue_entry(struct source_session *s, struct arena *a,
                             json_t *entry, struct error *err) must_check;
bool provisioner_send_now(struct source_session *s, struct arena *a,
                          json_t *entry, json_t **ret_answer,
                          struct error *err) must_check;
/* Commits the run.  delete_unnamed: entries it did not name are deleted. */
bool provisioner_commit_run(struct source_session *s, bool delete_unnamed,
                            struct error *err) must_check;
/* Discards the open run, if any. */
void provisioner_abort_run(struct source_session *s, const struct error *err);

/* ---- source_group */

/* Sends a group, {anchor, ..., attributes: {member, ...}}, in as many frames as
 * it needs.  On error returns false. */
bool source_group_send(struct source_session *s, struct arena *a, json_t *entry,
                       struct error *err) must_check;

/* ---- source_identity */

/* Sets s->identity to a hash of the base entry's permanent id, or to NULL. */
void source_identity_read(struct source_session *s, struct directory *d);

/* ---- attribute_map */

/* Returns the attributes to request, NULL-terminated, living in a. */
const char **attribute_map_names(struct arena *a,
                                 const struct directory_conf *d);
/* Returns {anchor, dn, class, attributes} without the national number, living
 * in a. */
json_t *attribute_map_entry(struct arena *a, const struct directory_conf *d,
                            const char *anchor,
                            const struct directory_entry *e);
/* Returns the value of the national number's attribute, or NULL. */
const char *attribute_map_national_id(const struct directory_conf *d,
                                      const struct directory_entry *e);
/* Returns a hash of all that the cookie depends on: server, base, account,
 * map. */
char *attribute_map_scope(struct arena *a, const struct directory_conf *d);

/* ---- national_id */

/* Returns whether it is a national identity number or D-number (day raised by
 * 40): eleven digits, a day and month, both check digits.  synthetic: accepts
 * only the numbers of Test-Norge (month raised by 80), so invented people never
 * join real ones. */
bool national_id_is_valid(const char *number, bool synthetic, int64_t now);
/* Returns whether it is a valid H-, FH- or DUF-number.  Issued locally, so two
 * people may share one: it is not used for joining. */
bool national_id_is_local(const char *number, int64_t now);
/* Returns the text without blanks, living in a; NULL for NULL. */
char *national_id_strip_blanks(struct arena *a, const char *number);
/* Returns whether the login host is in a domain reserved for tests (RFC 2606):
 * only such a region has synthetic people. */
bool national_id_synthetic_in(const struct config *cfg);

/* ---- national_id_client */

/* Adds join and sealed to entry.  On error returns false. */
bool national_id_add_to_entry(struct connector *c, const struct config *cfg,
                              struct arena *a, const char *number,
                              json_t *entry, struct error *err) must_check;

/* ---- source_check */

/* Checks the source directory and sends the caller a line per result, with a
 * remedy for each failure.  Returns false when a check fails, or when no
 * directory has this name. */
bool source_check_run(const struct ipc_request *q, const char *name,
                      struct error *err) must_check;

#endif
