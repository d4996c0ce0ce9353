/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory.h: LDAP client on libldap (RFC 4511): connect over TLS, simple
 * bind, search, modify, syncrepl (RFC 4533) and the Active Directory controls.
 * libldap has no time limit for a TLS handshake with a silent server, so a
 * watchdog thread shuts the socket.  Functions that return bool return false on
 * error and set err: ERROR_UNAVAILABLE for a server or network failure,
 * ERROR_INVALID for a bad request. */
#ifndef REGION_LDAP_DIRECTORY_H
#define REGION_LDAP_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"

struct directory;

struct directory_address {
	char **uris; /* ldaps:// or ldapi://; ldap:// only to a loopback
	                address; NULL-terminated */
	const char
	    *tls_ca_file;    /* PEM file, or NULL for the system's CA bundle */
	const char *bind_dn; /* DN, or NULL: no bind on open */
	const char *password;
	int deadline_ms; /* for connecting, to all URIs together, and for each
	                    later request */
};

/* An attribute and its values.  A value is bytes, with a NUL after it. */
struct directory_value {
	char *bytes;
	size_t length;
};
struct directory_attribute {
	const char *name;
	struct directory_value *values;
	size_t count;
};
struct directory_entry {
	const char *dn;
	struct directory_attribute *attributes;
	size_t count;
};

enum directory_bind_result {
	BIND_FAILED = 0, /* wrong password or no such entry */
	BIND_OK,
	BIND_DISABLED,
	BIND_LOCKED,      /* the server refused before it checked the password
	                   */
	BIND_EXPIRED,     /* the account has expired */
	BIND_MUST_CHANGE, /* the password has expired or was reset */
};

/* Connects to the first URI that responds, verifies its certificate and binds.
 * Each URI gets an equal part of what is left of deadline_ms; one that did not
 * respond is tried last for a minute.  The caller closes *ret_d.  On error:
 * that of the last URI. */
bool directory_open(const struct directory_address *at,
                    struct directory **ret_d, struct error *err) must_check;
void directory_close(struct directory *d);
/* Returns the notAfter time of the server's certificate (RFC 5280 4.1.2.5), in
 * seconds since 1970; 0 if there is none or it cannot be read. */
int64_t directory_certificate_not_after(const struct directory *d);

/* Simple bind (RFC 4513 5.1.3): verifies an entry's password.  An empty
 * password, one over 1024 bytes, or one with a NUL gives BIND_FAILED without a
 * request.  Returns false on error; the caller then closes the connection.
 * Afterwards the connection is bound as that entry: use it for binds only. */
bool directory_simple_bind(struct directory *d, const char *dn,
                           const char *password, size_t length,
                           enum directory_bind_result *ret_result,
                           struct error *err) must_check;

enum password_modify_status {
	PASSWORD_REJECTED = 0, /* by the directory's password policy or access
	                         control */
	PASSWORD_CHANGED,
	PASSWORD_OLD_WRONG, /* the old password is wrong */
};
struct password_modify_result {
	enum password_modify_status status;
	/* For PASSWORD_REJECTED: too-short, too-simple, too-young, used-before,
	 * not-allowed, or NULL; and the server's diagnosticMessage, or NULL. */
	const char *policy, *diagnostic_message;
};

/* Sets the password of the entry dn (RFC 3062).  old_password NULL: set with
 * the rights of the bound account.  *ret lives in a. */
bool directory_password_modify(struct directory *d, struct arena *a,
                               const char *dn, const char *old_password,
                               const char *new_password,
                               struct password_modify_result *ret,
                               struct error *err) must_check;
/* The same through unicodePwd (MS-ADTS 3.1.1.3.1.5); both passwords are UTF-8.
 */
bool directory_ad_set_password(struct directory *d, struct arena *a,
                               const char *dn, const char *old_password,
                               const char *new_password,
                               struct password_modify_result *ret,
                               struct error *err) must_check;

/* Sets the time limit of each later request, at least 1 ms. */
void directory_set_deadline(struct directory *d, int deadline_ms);

/* A pool of at most max_connections connections to one directory; each is used
 * by one thread at a time. */
struct directory_pool;
struct directory_pool *directory_pool_open(int max_connections);
void directory_pool_close(struct directory_pool *p);

/* Calls work with a pooled or new connection to at, and returns its value.  A
 * pooled connection that the server has closed is replaced and work is called
 * once more.  A connection is closed after any error, and when at differs from
 * what it was opened for.  at->deadline_ms covers the wait for a free
 * connection and connecting; what is left of it is the limit of each URI and of
 * each later request.  On error: ERROR_UNAVAILABLE, reason "overloaded", when
 * no connection became free. */
bool directory_pool_use(struct directory_pool *p,
                        const struct directory_address *at,
                        bool (*work)(struct directory *d, void *data,
                                     struct error *err),
                        void *data, struct error *err) must_check;

enum directory_scope { SCOPE_BASE, SCOPE_ONE_LEVEL, SCOPE_SUBTREE };

/* Returns all entries found, living in a; ERROR_INVALID if there are more than
 * max.  Referrals are not followed.  A base that does not exist gives no
 * entries. */
bool directory_search(struct directory *d, struct arena *a, const char *base,
                      enum directory_scope scope, const char *filter,
                      const char *const *names, size_t max,
                      struct directory_entry **ret_entries, size_t *ret_count,
                      struct error *err) must_check;

/* The same without a limit: calls each for one entry at a time, which is valid
 * during that call only.  A callback that returns false ends the search with
 * its error. */
bool directory_search_each(struct directory *d, const char *base,
                           enum directory_scope scope, const char *filter,
                           const char *const *names,
                           bool (*each)(void *data,
                                        const struct directory_entry *e,
                                        struct error *err),
                           void *data, struct error *err) must_check;

/* Searches the subtree in pages of size entries (RFC 2696), or in one response
 * if the server does not support paging.  An incomplete result is an error: a
 * size limit, a missing base, or pages that repeat. */
bool directory_search_paged(struct directory *d, const char *base,
                            const char *filter, const char *const *names,
                            size_t size,
                            bool (*each)(void *data,
                                         const struct directory_entry *e,
                                         struct error *err),
                            void *data, struct error *err) must_check;

/* Returns a copy living in a. */
struct directory_entry directory_entry_copy(struct arena *a,
                                            const struct directory_entry *e);

const struct directory_attribute *directory_entry_attribute(
    const struct directory_entry *e, const char *name);
/* Returns the first value; NULL if there is none or it contains a NUL. */
const char *directory_entry_text(const struct directory_entry *e,
                                 const char *name);
char **directory_entry_texts(
    struct arena *a, const struct directory_entry *e,
    const char *name); /* NULL-terminated, never NULL */

/* Writing: for the provisioner and admin. */
enum directory_change_op { CHANGE_ADD, CHANGE_DELETE, CHANGE_REPLACE };
struct directory_change {
	enum directory_change_op op;
	const char *name;
	const struct directory_value *values; /* count 0: delete the whole
	                                         attribute */
	size_t count;
};

enum directory_write_result {
	WRITE_FAILED = 0,
	WRITE_OK,
	WRITE_ALREADY_EXISTS,   /* entryAlreadyExists (68) */
	WRITE_NO_SUCH_OBJECT,   /* noSuchObject (32) */
	WRITE_ASSERTION_FAILED, /* assertionFailed (122): another client wrote
	                         */
};

/* assertion: a filter the entry must match (RFC 4528), or NULL.  ret_csn, if
 * not NULL, receives the entryCSN after the write by post-read (RFC 4527),
 * living in a, or NULL if the server returns none. */
bool directory_add(struct directory *d, struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum directory_write_result *ret, char **ret_csn,
                   struct error *err) must_check;
bool directory_modify(struct directory *d, struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *assertion, enum directory_write_result *ret,
                      char **ret_csn, struct error *err) must_check;
/* Moves the entry below new_superior; its RDN stays. */
bool directory_move(struct directory *d, struct arena *a, const char *dn,
                    const char *new_superior, enum directory_write_result *ret,
                    char **ret_csn, struct error *err) must_check;
bool directory_delete(struct directory *d, const char *dn,
                      const char *assertion, enum directory_write_result *ret,
                      struct error *err) must_check;

/* Content synchronization, refreshAndPersist (RFC 4533).  Implemented here
 * because libldap's ldap_sync_* loses entries.  Each message causes one call,
 * in order; a callback that returns false ends the operation with its error. */
struct syncrepl_callbacks {
	/* state add or modify; uuid is the entryUUID, 36 characters, lower case
	 */
	bool (*entry)(void *data, const char *uuid,
	              const struct directory_entry *e, struct error *err);
	bool (*present)(void *data, char **uuids, size_t count,
	                struct error *err);
	bool (*deleted)(void *data, char **uuids, size_t count,
	                struct error *err);
	/* The refresh stage is complete.  deletes: by the server's response
	 * every deleted entry was named; otherwise entries neither sent nor
	 * listed as present are deleted.  Do not trust either value alone:
	 * without a cookie the server sends everything, whatever it claims. */
	bool (*refresh_done)(void *data, const char *cookie,
	                     size_t cookie_length, bool deletes,
	                     struct error *err);
	/* In the persist stage, after each change that carries a cookie. */
	bool (*cookie)(void *data, const char *cookie, size_t length,
	               struct error *err);
	/* In the persist stage: no message is waiting; called soon after a
	 * change, then every second. */
	bool (*idle)(void *data, struct error *err);
};

/* LDAP results of the refresh stage that reject the cookie. */
enum {
	SYNCREPL_UNWILLING_TO_PERFORM =
	    53, /* slapd: "consumer state is newer than provider"
	         */
	SYNCREPL_REFRESH_REQUIRED = 4096,
};

/* Runs refresh, then persist, until the connection or a callback ends it;
 * always returns false.  cookie NULL: send everything.  *ret_code is always
 * set: the LDAP result that ended the refresh stage; 0 if a callback ended it
 * or it was complete; negative if the connection failed, timed out or sent a
 * malformed message. */
bool directory_syncrepl_run(struct directory *d, const char *base,
                            const char *filter, const char *const *names,
                            const char *cookie, size_t cookie_length,
                            const struct syncrepl_callbacks *callbacks,
                            void *data, int *ret_code,
                            struct error *err) must_check;

/* ---- Active Directory (MS-ADTS); ad_values.h decodes its values */

/* A domain controller's rootDSE. */
struct directory_ad_info {
	const char
	    *ds_service_name; /* dsServiceName: identifies the controller */
	const char *invocation_id; /* invocationId of its database; "" if not
	                           readable */
	const char *dns_host_name;
	const char *naming_context; /* the naming context that contains base */
	int64_t highest_committed_usn; /* highestCommittedUSN */
};
bool directory_ad_read_info(struct directory *d, struct arena *a,
                            const char *base, struct directory_ad_info *ret,
                            struct error *err) must_check;

/* Returns whether the bound account can read the domain's deleted objects. */
bool directory_ad_can_see_deleted(struct directory *d,
                                  const char *naming_context, bool *ret_can_see,
                                  struct error *err) must_check;

/* Reads one entry (base is a DN or "<GUID=...>") with every value of ranged
 * attributes, living in a; *ret is NULL if it does not exist or is not visible.
 */
bool directory_ad_read_entry(struct directory *d, struct arena *a,
                             const char *base, const char *const *names,
                             struct directory_entry **ret,
                             struct error *err) must_check;
/* The same for an entry from a search, whose attributes may be ranged. */
bool directory_ad_complete_ranges(struct directory *d, struct arena *a,
                                  const struct directory_entry *e,
                                  struct directory_entry **ret,
                                  struct error *err) must_check;

/* A DirSync request: changes since the cookie; length 0 returns all objects. */
struct dirsync_request {
	const char *naming_context; /* DirSync accepts naming contexts only */
	const char *filter;
	const char *const *names; /* attributes whose changes are returned */
	bool object_security; /* LDAP_DIRSYNC_OBJECT_SECURITY: visible objects
	                      only; needs no extra right */
	struct directory_value cookie;
};

/* Calls each for every changed object: e has only the changed attributes, for a
 * deleted object perhaps only objectGUID.  The next cookie lives in a.  On
 * error: ERROR_REFUSED if the right is missing or DirSync is not supported,
 * ERROR_INVALID if the server rejects the cookie. */
bool directory_dirsync(struct directory *d, struct arena *a,
                       const struct dirsync_request *request,
                       bool (*each)(void *data, const char *guid,
                                    const struct directory_entry *e,
                                    struct error *err),
                       void *data, struct directory_value *ret_cookie,
                       struct error *err) must_check;

/* Searches below base including deleted objects (the show deleted control). */
bool directory_ad_search_deleted(struct directory *d, const char *base,
                                 const char *filter, const char *const *names,
                                 bool (*each)(void *data,
                                              const struct directory_entry *e,
                                              struct error *err),
                                 void *data, struct error *err) must_check;

#endif
