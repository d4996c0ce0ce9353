/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_auth.h: verifies and changes passwords in one LDAP directory.  A
 * directory that hangs blocks only the slots of its own process. */
#ifndef IDP_DOOR_DOOR_H
#define IDP_DOOR_DOOR_H

#include <stdbool.h>

#include "region/answer.h"
#include "region/directory.h"

enum {
	DOOR_SLOTS = 8,
	DOOR_DEADLINE_MS = 2500, /* the caller waits 2,800 ms */
	DOOR_GRACE_MS = 1000,    /* after which a slot counts as stuck */
};

struct door {
	const char *directory; /* its name in the configuration */
	struct directory_pool *searches;
	struct directory_pool *binds;
};

extern struct door door;

/* Handle IPC_VERIFY_PASSWORD and IPC_CHANGE_PASSWORD: set *ret_reply and return
 * true, or return false on error. */
bool door_prove(const struct question *q, json_t **ret_answer,
                struct fault *why);
bool door_change(const struct question *q, json_t **ret_answer,
                 struct fault *why);

/* ---- entry_lookup.c */

/* A login name to look up, and the entries found. */
struct wanted {
	struct arena *arena;
	const struct region *region;
	const struct directory_conf *directory;
	const char *login;
	int64_t until; /* clock_monotonic_ms */
	const char *filter;
	struct directory_entry *entries;
	size_t count; /* 1: found */
	/* If there is none, a DN that does not exist: the bind is sent all the
	 * same, so that both cases take the same time. */
	const char *dn;
};

/* Reads login from the request and sets the deadline.  On error:
 * ERROR_UNAVAILABLE if the directory is no longer configured, ERROR_INVALID
 * without a login. */
bool wanted_read(const struct question *q, struct wanted *ret,
                 struct fault *why) must_check;
bool wanted_find(struct wanted *w, struct fault *why) must_check;
/* Returns the anchor of the entry found, living in its arena; NULL if it
 * differs from expected (NULL: any) or there is no entry. */
char *wanted_anchor(const struct wanted *w, const char *asked_for);
int wanted_left(const struct wanted *w); /* milliseconds, at least 1 */
/* Sets *ret to the directory's address; as_service: with the service account.
 */
bool wanted_address(const struct wanted *w, bool ours,
                    struct directory_address *ret,
                    struct fault *why) must_check;

/* Calls work in a slot under the watchdog.  On error: ERROR_INVALID if several
 * entries have the login, otherwise ERROR_UNAVAILABLE, "directory-away". */
bool door_watched(bool (*work)(void *with, struct fault *why), void *with,
                  struct fault *why) must_check;

/* Returns the LDAP attribute that the configuration maps to name, or NULL. */
const char *account_attribute(const struct directory_conf *d, const char *what);

/* Returns the anchor that sync uses for this entry, living in a; NULL if it has
 * none. */
char *anchor_of(struct arena *a, enum directory_kind kind,
                const struct directory_entry *e);

/* Returns whether a value of the attribute equals login, or login without its
 * domain; ASCII case is ignored. */
bool account_is_called(struct arena *a, const struct directory_entry *e,
                       const char *attribute, const char *login);

/* Returns whether the entry marks its account as disabled.  mapped: the
 * attribute configured for disabled, or NULL. */
bool account_is_disabled(const struct directory_entry *e,
                         enum directory_kind kind, const char *also,
                         int64_t now);

/* The result for the caller, and the detail for the audit log only.  If the
 * directory rejected the bind before it checked the password, the result is
 * that of a wrong password, so that it does not disclose the account's state.
 */
struct said {
	const char *result, *aside; /* audit_detail: or NULL */
};
struct said account_said(enum bind_result r, bool is_disabled);

/* The watchdog ends the process when a slot is in use one second past its
 * deadline, because libldap can loop where no deadline applies; the supervisor
 * restarts it.  watchdog_enter() returns a slot, or -1 if all are used. */
bool watchdog_start(struct fault *why) must_check;
int watchdog_enter(void);
void watchdog_leave(int slot);

#endif
