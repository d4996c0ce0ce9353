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
#ifndef SYNC_READER_READER_H
#define SYNC_READER_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "region/answer.h"
#include "region/ask.h"
#include "region/directory.h"
#include "region/region.h"

struct reader {
	const char *name; /* of the directory, in the configuration */
	struct ask *writer;
	struct ask *keeper;
	atomic_bool compare_now;
	/* Outlives a session; used by the session's thread only. */
	size_t skip;               /* addresses to skip: their servers are
	                              stale */
	int64_t behind_since;      /* clock_monotonic_ms; 0: not stale */
	int64_t certificate_until; /* Unix time; 0: unknown */
	int days_told;
};

/* Runs one session after another.  Returns when the directory is no longer in
 * the configuration. */
void reader_follow(struct reader *r);

/* One LDAP session with the source directory. */
struct talk {
	struct reader *reader;
	const struct region *region;
	const struct directory_conf *directory;
	bool synthetic;
	bool cookie_sent;
	const char *identity; /* hash, see source_identity_read; NULL:
	                         unknown */
	bool whole;           /* the next run is a full one */
	int64_t known;        /* entries of it that the provisioner has */
	int64_t run;          /* 0: none is open */
	json_t *batch;
	size_t batch_bytes;
	int64_t entries;            /* in this run */
	int64_t received, presents; /* in this refresh */
	char *cookie;               /* for the next commit; lives in cookies */
	struct arena *cookies;
	struct arena *kept; /* lives as long as the session */
	int64_t compare_at; /* clock_monotonic_ms */
	size_t from;        /* index of the first address tried */
	bool idle;          /* no message came for a while */
	bool skew_told;
	bool whole_next;    /* the next session sends no cookie */
	bool was_good;      /* its refresh or full read was committed */
	bool ended;         /* ended by us: start the next one at once */
	int64_t age;        /* seconds since a full sync, by the provisioner */
	const char *health; /* note for the operator, sent with each commit; or
	                       NULL */
};

/* ---- source_session */

/* Connects and binds as the configuration requires.  The caller closes *ret_d.
 * On error returns false. */
bool talk_connect(struct talk *t, struct directory **ret_d,
                  struct fault *why) must_check;
/* The next session starts with the following address. */
void talk_skip(struct talk *t);
/* Returns true, and sets the error, when the session must end: the
 * configuration changed, or a full sync is due.  To be called about once a
 * second. */
bool talk_is_over(struct talk *t, struct fault *why);

/* ---- sessions: each runs until it ends, and returns false with the error */

bool follow_converse(struct talk *t, struct fault *why) must_check;
bool compare_converse(struct talk *t, struct fault *why) must_check;
bool ad_converse(struct talk *t, struct fault *why) must_check;

/* ---- refresh_delete_policy */

/* How a refresh (RFC 4533 3.3) ended. */
struct sweep_facts {
	enum directory_kind kind;
	int code; /* of directory_follow; 0: complete */
	bool cookie_sent, cookie_came;
	bool deletes; /* refreshDeletes of the Sync Info message or Done
	                 Control */
	int64_t received, presents;
	int64_t known; /* entries the provisioner had of it */
};
enum sweep {
	SWEEP_DISCARD = 0, /* refresh is void; keep the cookie */
	SWEEP_AFRESH,      /* refresh is void; the next one sends no cookie */
	SWEEP_BEHIND,      /* refresh is void; the server has older data than
	                      we */
	SWEEP_NAMED,       /* delete only the entries that were named */
	SWEEP_ABSENT,      /* entries not named may be deleted, within the
	                      thresholds */
};
enum sweep sweep_decide(const struct sweep_facts *f);

/* ---- changelog */

/* Returns true when the changelog of that root DSE covers the cookie, false
 * when it does not or when either value is missing.  On error changelog_check
 * returns false. */
bool changelog_reaches(const char *cookie, size_t length,
                       const struct directory_entry *root);
bool changelog_check(struct talk *t, struct directory *d, const char *cookie,
                     size_t length, bool *ret_reaches,
                     struct fault *why) must_check;

/* ---- skew_and_cert_check */

/* Sets the newest CSN time of a slapd cookie; returns false if it has none. */
bool clocks_of_cookie(struct arena *a, const char *cookie, int64_t *ret_newest);
/* Warns of clock skew, at most once a session.  is_now: the cookie came with a
 * change just made. */
void clocks_look(struct talk *t, const char *cookie, size_t length,
                 bool is_now);
/* Returns 30, 7 or 1 when at most that many days are left, otherwise 0. */
int clocks_days_left(int64_t until, int64_t now);
void clocks_certificate(struct reader *r, int64_t until);
/* Warns at 30, 7 and 1 days, once each. */
void clocks_tell(struct reader *r);

/* ---- provisioner_client: on error each returns false */

/* Sets *ret_cookie to the provisioner's cookie for this attribute map, living
 * in s->arena, or to NULL; sets s->known_entries and s->full_sync_age_s. */
bool tell_hello(struct talk *t, char **ret_cookie, size_t *ret_length,
                struct fault *why) must_check;
/* Opens a new run; provisioner_ensure_run: unless one is open. */
bool tell_begin(struct talk *t, struct fault *why) must_check;
bool tell_run(struct talk *t, struct fault *why) must_check;
/* Sends an entry.  Its national number is sent as join value and sealed value
 * only. */
bool tell_entry(struct talk *t, const char *anchor,
                const struct directory_entry *e, struct fault *why) must_check;
/* kind: IPC_PRESENT or IPC_DELETED. */
bool tell_anchors(struct talk *t, enum kind_of_question kind, char **anchors,
                  size_t count, struct fault *why) must_check;
/* Stores the cookie for the next commit. */
void tell_cookie(struct talk *t, const char *cookie, size_t length);
/* provisioner_queue_entry adds the entry to the batch of the run;
 * provisioner_send_now sends it before it returns, and returns the response.
 * Additions to an entry already sent have more: true. */
bool tell_put(struct talk *t, struct arena *a, json_t *entry,
              struct fault *why) must_check;
bool tell_alone(struct talk *t, struct arena *a, json_t *entry,
                json_t **ret_answer, struct fault *why) must_check;
/* Commits the run.  delete_unnamed: entries it did not name are deleted. */
bool tell_commit(struct talk *t, bool sweep, struct fault *why) must_check;
/* Discards the open run, if any. */
void tell_abort(struct talk *t, const struct fault *why);

/* ---- source_group */

/* Sends a group, {anchor, ..., attributes: {member, ...}}, in as many frames as
 * it needs.  On error returns false. */
bool group_put(struct talk *t, struct arena *a, json_t *entry,
               struct fault *why) must_check;

/* ---- source_identity */

/* Sets s->identity to a hash of the base entry's permanent id, or to NULL. */
void identity_read(struct talk *t, struct directory *d);

/* ---- attribute_map */

/* Returns the attributes to request, NULL-terminated, living in a. */
const char **fields_names(struct arena *a, const struct directory_conf *d);
/* Returns {anchor, dn, class, attributes} without the national number, living
 * in a. */
json_t *fields_entry(struct arena *a, const struct directory_conf *d,
                     const char *anchor, const struct directory_entry *e);
/* Returns the value of the national number's attribute, or NULL. */
const char *fields_national(const struct directory_conf *d,
                            const struct directory_entry *e);
/* Returns a hash of all that the cookie depends on: server, base, account,
 * map. */
char *fields_scope(struct arena *a, const struct directory_conf *d);

/* ---- national_id */

/* Returns whether it is a national identity number or D-number (day raised by
 * 40): eleven digits, a day and month, both check digits.  synthetic: accepts
 * only the numbers of Test-Norge (month raised by 80), so invented people never
 * join real ones. */
bool national_is_valid(const char *number, bool synthetic, int64_t now);
/* Returns whether it is a valid H-, FH- or DUF-number.  Issued locally, so two
 * people may share one: it is not used for joining. */
bool national_is_local(const char *number, int64_t now);
/* Returns the text without blanks, living in a; NULL for NULL. */
char *national_plain(struct arena *a, const char *said);
/* Returns whether the login host is in a domain reserved for tests (RFC 2606):
 * only such a region has synthetic people. */
bool national_is_synthetic_in(const struct region *r);

/* ---- national_id_client */

/* Adds join and sealed to entry.  On error returns false. */
bool secrets_add(struct reader *r, const struct region *region, struct arena *a,
                 const char *number, json_t *entry,
                 struct fault *why) must_check;

/* ---- source_check */

/* Checks the source directory and sends the caller a line per result, with a
 * remedy for each failure.  Returns false when a check fails, or when no
 * directory has this name. */
bool doctor_visit(const struct question *q, const char *name,
                  struct fault *why) must_check;

#endif
