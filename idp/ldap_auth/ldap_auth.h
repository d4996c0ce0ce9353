/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_auth.h: verifies and changes passwords in one LDAP directory.  A
 * directory that hangs blocks only the slots of its own process. */
#ifndef IDP_LDAP_AUTH_LDAP_AUTH_H
#define IDP_LDAP_AUTH_LDAP_AUTH_H

#include <stdbool.h>

#include "region/ipc/ipc_server.h"
#include "region/ldap/directory.h"

enum {
	LDAP_AUTH_SLOTS = 8,
	LDAP_AUTH_DEADLINE_MS = 2500, /* the caller waits 2,800 ms */
	LDAP_AUTH_GRACE_MS = 1000,    /* after which a slot counts as stuck */
};

struct ldap_auth {
	const char *directory; /* its name in the configuration */
	struct directory_pool *search_pool;
	struct directory_pool *bind_pool;
};

extern struct ldap_auth ldap_auth;

/* Handle verify-password and change-password. */
bool ldap_auth_verify(const struct ipc_request *q,
                      const struct verify_password_request *request,
                      struct verify_password_reply *reply, struct error *err);
bool ldap_auth_change_password(const struct ipc_request *q,
                               const struct change_password_request *request,
                               struct change_password_reply *reply,
                               struct error *err);

/* ---- entry_lookup.c */

/* A login name to look up, and the entries found. */
struct login_lookup {
	struct arena *arena;
	const struct config *cfg;
	const struct directory_conf *directory;
	const char *login;
	int64_t deadline; /* clock_monotonic_ms */
	const char *filter;
	struct directory_entry *entries;
	size_t count; /* 1: found */
	/* If there is none, a DN that does not exist: the bind is sent all the
	 * same, so that both cases take the same time. */
	const char *dn;
};

/* Sets the deadline.  On error: ERROR_UNAVAILABLE if the directory is no longer
 * configured. */
bool login_lookup_init(const struct ipc_request *q, const char *login,
                       struct login_lookup *ret, struct error *err) must_check;
bool login_lookup_find(struct login_lookup *lookup,
                       struct error *err) must_check;
/* Returns the anchor of the entry found, living in its arena; NULL if it
 * differs from expected (NULL: any) or there is no entry. */
char *login_lookup_anchor(const struct login_lookup *lookup,
                          const char *expected);
int lookup_remaining_ms(
    const struct login_lookup *lookup); /* milliseconds, at least 1 */
/* Sets *ret to the directory's address; as_service: with the service account.
 */
bool login_lookup_address(const struct login_lookup *lookup, bool as_service,
                          struct directory_address *ret,
                          struct error *err) must_check;

/* Calls work in a slot under the watchdog.  On error: ERROR_INVALID if several
 * entries have the login, otherwise ERROR_UNAVAILABLE, "ldap-unavailable". */
bool with_watchdog(bool (*work)(void *data, struct error *err), void *data,
                   struct error *err) must_check;

/* Returns the LDAP attribute that the configuration maps to name, or NULL. */
const char *mapped_attribute(const struct directory_conf *d, const char *name);

/* Returns the anchor that sync uses for this entry, living in a; NULL if it has
 * none. */
char *entry_anchor(struct arena *a, enum directory_type kind,
                   const struct directory_entry *e);

/* Returns whether a value of the attribute equals login, or login without its
 * domain; case is ignored, also that of æ, ø and å (caseIgnoreMatch). */
bool account_has_login(struct arena *a, const struct directory_entry *e,
                       const char *attribute, const char *login);

/* Returns whether the entry marks its account as disabled.  mapped: the
 * attribute configured for disabled, or NULL. */
bool account_is_disabled(const struct directory_entry *e,
                         enum directory_type kind, const char *mapped,
                         int64_t now);

/* The result for the caller, and the detail for the audit log only.  If the
 * directory rejected the bind before it checked the password, the result is
 * that of a wrong password, so that it does not disclose the account's state.
 */
struct bind_outcome {
	enum password_result result;
	enum password_detail audit_detail; /* or none */
};
struct bind_outcome bind_outcome_map(enum directory_bind_result r,
                                     bool is_disabled);

/* The watchdog ends the process when a slot is in use one second past its
 * deadline, because libldap can loop where no deadline applies; the supervisor
 * restarts it. */
bool watchdog_start(struct error *err) must_check;

#endif
