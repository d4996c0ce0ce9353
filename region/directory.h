/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory.h: LDAP client on libldap (RFC 4511): connect over TLS, simple
 * bind, search, modify, syncrepl (RFC 4533) and the Active Directory controls.
 * libldap has no time limit for a TLS handshake with a silent server, so a
 * watchdog thread shuts the socket.  Functions that return bool return false on
 * error and set err: ERROR_UNAVAILABLE for a server or network failure,
 * ERROR_INVALID for a bad request. */
#ifndef REGION_DIRECTORY_H
#define REGION_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/fault.h"

struct directory;

struct directory_address {
	char **uris;         /* ldaps:// or ldapi://; ldap:// only to a loopback
	                        address; NULL-terminated */
	const char *trust;   /* PEM file, or NULL for the system's CA bundle */
	const char *bind_as; /* DN, or NULL: no bind on open */
	const char *password;
	int deadline_ms; /* for connecting to each URI, and for each later
	                    request */
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

enum bind_result {
	BIND_FAILED = 0, /* wrong password or no such entry */
	BIND_PROVED,
	BIND_DISABLED,
	BIND_LOCKED,      /* the server refused before it checked the password
	                   */
	BIND_EXPIRED,     /* the account has expired */
	BIND_MUST_CHANGE, /* the password has expired or was reset */
};

/* Connects to the first URI that responds, verifies its certificate and binds.
 * Each URI gets the whole deadline_ms.  The caller closes *ret_d.  On error:
 * that of the last URI. */
bool directory_open(const struct directory_address *at,
                    struct directory **ret_d, struct fault *why) must_check;
void directory_close(struct directory *d);
/* Returns the notAfter time of the server's certificate (RFC 5280 4.1.2.5), in
 * seconds since 1970; 0 if there is none or it cannot be read. */
int64_t directory_certificate_until(const struct directory *d);

/* Simple bind (RFC 4513 5.1.3): verifies an entry's password.  An empty
 * password, one over 1024 bytes, or one with a NUL gives BIND_FAILED without a
 * request.  Returns false on error; the caller then closes the connection.
 * Afterwards the connection is bound as that entry: use it for binds only. */
bool directory_prove(struct directory *d, const char *dn, const char *password,
                     size_t length, enum bind_result *ret_result,
                     struct fault *why) must_check;

enum password_result {
	PASSWORD_REFUSED = 0, /* by the directory's password policy or access
	                         control */
	PASSWORD_SET,
	PASSWORD_WRONG, /* the old password is wrong */
};
struct password_said {
	enum password_result result;
	/* For PASSWORD_REJECTED: too-short, too-simple, too-young, used-before,
	 * not-allowed, or NULL; and the server's diagnosticMessage, or NULL. */
	const char *policy, *text;
};

/* Sets the password of the entry dn (RFC 3062).  old_password NULL: set with
 * the rights of the bound account.  *ret lives in a. */
bool directory_set_password(struct directory *d, struct arena *a,
                            const char *dn, const char *old, const char *fresh,
                            struct password_said *ret,
                            struct fault *why) must_check;
/* The same through unicodePwd (MS-ADTS 3.1.1.3.1.5); both passwords are UTF-8.
 */
bool directory_set_ad_password(struct directory *d, struct arena *a,
                               const char *dn, const char *old,
                               const char *fresh, struct password_said *ret,
                               struct fault *why) must_check;

/* Sets the time limit of each later request, at least 1 ms. */
void directory_within(struct directory *d, int deadline_ms);

/* A pool of at most max_connections connections to one directory; each is used
 * by one thread at a time. */
struct directory_pool;
struct directory_pool *directory_pool_open(int most);
void directory_pool_close(struct directory_pool *p);

/* Calls work with a pooled or new connection to at, and returns its value.  A
 * pooled connection that the server has closed is replaced and work is called
 * once more.  A connection is closed after any error, and when at differs from
 * what it was opened for.  at->deadline_ms covers the wait for a free
 * connection and connecting; what is left of it is the limit of each URI and of
 * each later request.  On error: ERROR_UNAVAILABLE, reason "busy", when no
 * connection became free. */
bool directory_pool_use(struct directory_pool *p,
                        const struct directory_address *at,
                        bool (*work)(struct directory *d, void *with,
                                     struct fault *why),
                        void *with, struct fault *why) must_check;

enum directory_scope { SCOPE_BASE, SCOPE_ONE, SCOPE_SUBTREE };

/* Returns all entries found, living in a; ERROR_INVALID if there are more than
 * max.  Referrals are not followed.  A base that does not exist gives no
 * entries. */
bool directory_search(struct directory *d, struct arena *a, const char *base,
                      enum directory_scope scope, const char *filter,
                      const char *const *names, size_t most,
                      struct directory_entry **ret_entries, size_t *ret_count,
                      struct fault *why) must_check;

/* The same without a limit: calls each for one entry at a time, which is valid
 * during that call only.  A callback that returns false ends the search with
 * its error. */
bool directory_each(struct directory *d, const char *base,
                    enum directory_scope scope, const char *filter,
                    const char *const *names,
                    bool (*each)(void *with, const struct directory_entry *e,
                                 struct fault *why),
                    void *with, struct fault *why) must_check;

/* Searches the subtree in pages of size entries (RFC 2696), or in one response
 * if the server does not support paging.  An incomplete result is an error: a
 * size limit, a missing base, or pages that repeat. */
bool directory_pages(struct directory *d, const char *base, const char *filter,
                     const char *const *names, size_t size,
                     bool (*each)(void *with, const struct directory_entry *e,
                                  struct fault *why),
                     void *with, struct fault *why) must_check;

/* Returns a copy living in a. */
struct directory_entry entry_copy(struct arena *a,
                                  const struct directory_entry *e);

const struct directory_attribute *entry_attribute(
    const struct directory_entry *e, const char *name);
/* Returns the first value; NULL if there is none or it contains a NUL. */
const char *entry_text(const struct directory_entry *e, const char *name);
char **entry_texts(struct arena *a, const struct directory_entry *e,
                   const char *name); /* NULL-terminated, never NULL */

/* Writing: for the provisioner and admin. */
enum change_kind { CHANGE_ADD, CHANGE_DELETE, CHANGE_REPLACE };
struct directory_change {
	enum change_kind kind;
	const char *name;
	const struct directory_value *values; /* count 0: delete the whole
	                                         attribute */
	size_t count;
};

enum write_result {
	WRITE_FAILED = 0,
	WRITE_DONE,
	WRITE_EXISTS,    /* entryAlreadyExists (68) */
	WRITE_MISSING,   /* noSuchObject (32) */
	WRITE_OTHERWISE, /* assertionFailed (122): another client wrote */
};

/* assertion: a filter the entry must match (RFC 4528), or NULL.  ret_csn, if
 * not NULL, receives the entryCSN after the write by post-read (RFC 4527),
 * living in a, or NULL if the server returns none. */
bool directory_add(struct directory *d, struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum write_result *ret, char **ret_csn,
                   struct fault *why) must_check;
bool directory_modify(struct directory *d, struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *assertion, enum write_result *ret,
                      char **ret_csn, struct fault *why) must_check;
/* Moves the entry below new_superior; its RDN stays. */
bool directory_move(struct directory *d, struct arena *a, const char *dn,
                    const char *above, enum write_result *ret, char **ret_csn,
                    struct fault *why) must_check;
bool directory_delete(struct directory *d, const char *dn,
                      const char *assertion, enum write_result *ret,
                      struct fault *why) must_check;

/* Content synchronization, refreshAndPersist (RFC 4533).  Implemented here
 * because libldap's ldap_sync_* loses entries.  Each message causes one call,
 * in order; a callback that returns false ends the operation with its error. */
struct follow_events {
	/* state add or modify; uuid is the entryUUID, 36 characters, lower case
	 */
	bool (*entry)(void *with, const char *uuid,
	              const struct directory_entry *e, struct fault *why);
	bool (*present)(void *with, char **uuids, size_t count,
	                struct fault *why);
	bool (*deleted)(void *with, char **uuids, size_t count,
	                struct fault *why);
	/* The refresh stage is complete.  deletes: by the server's response
	 * every deleted entry was named; otherwise entries neither sent nor
	 * listed as present are deleted.  Do not trust either value alone:
	 * without a cookie the server sends everything, whatever it claims. */
	bool (*refreshed)(void *with, const char *cookie, size_t cookie_length,
	                  bool deletes, struct fault *why);
	/* In the persist stage, after each change that carries a cookie. */
	bool (*cookie)(void *with, const char *cookie, size_t length,
	               struct fault *why);
	/* In the persist stage: no message is waiting; called soon after a
	 * change, then every second. */
	bool (*idle)(void *with, struct fault *why);
};

/* LDAP results of the refresh stage that reject the cookie. */
enum {
	FOLLOW_UNWILLING = 53, /* slapd: "consumer state is newer than provider"
	                        */
	FOLLOW_HISTORY_GONE = 4096,
};

/* Runs refresh, then persist, until the connection or a callback ends it;
 * always returns false.  cookie NULL: send everything.  *ret_code is always
 * set: the LDAP result that ended the refresh stage; 0 if a callback ended it
 * or it was complete; negative if the connection failed, timed out or sent a
 * malformed message. */
bool directory_follow(struct directory *d, const char *base, const char *filter,
                      const char *const *names, const char *cookie,
                      size_t cookie_length, const struct follow_events *events,
                      void *with, int *ret_code, struct fault *why) must_check;

/* ---- Active Directory (MS-ADTS); ad_values.h decodes its values */

/* A domain controller's rootDSE. */
struct directory_ad {
	const char *service;    /* dsServiceName: identifies the controller */
	const char *invocation; /* invocationId of its database; "" if not
	                           readable */
	const char *host;
	const char *head; /* the naming context that contains base */
	int64_t usn;      /* highestCommittedUSN */
};
bool directory_ad_about(struct directory *d, struct arena *a, const char *base,
                        struct directory_ad *ret, struct fault *why) must_check;

/* Returns whether the bound account can read the domain's deleted objects. */
bool directory_ad_sees_deleted(struct directory *d, const char *head,
                               bool *ret_sees, struct fault *why) must_check;

/* Reads one entry (base is a DN or "<GUID=...>") with every value of ranged
 * attributes, living in a; *ret is NULL if it does not exist or is not visible.
 */
bool directory_ad_read(struct directory *d, struct arena *a, const char *base,
                       const char *const *names, struct directory_entry **ret,
                       struct fault *why) must_check;
/* The same for an entry from a search, whose attributes may be ranged. */
bool directory_ad_whole(struct directory *d, struct arena *a,
                        const struct directory_entry *e,
                        struct directory_entry **ret,
                        struct fault *why) must_check;

/* A DirSync request: changes since the cookie; length 0 returns all objects. */
struct directory_changes {
	const char *head; /* DirSync accepts naming contexts only */
	const char *filter;
	const char *const *names; /* attributes whose changes are returned */
	bool visible_only; /* LDAP_DIRSYNC_OBJECT_SECURITY: visible objects
	                      only; needs no extra right */
	struct directory_value cookie;
};

/* Calls each for every changed object: e has only the changed attributes, for a
 * deleted object perhaps only objectGUID.  The next cookie lives in a.  On
 * error: ERROR_REFUSED if the right is missing or DirSync is not supported,
 * ERROR_INVALID if the server rejects the cookie. */
bool directory_ad_changes(struct directory *d, struct arena *a,
                          const struct directory_changes *c,
                          bool (*each)(void *with, const char *guid,
                                       const struct directory_entry *e,
                                       struct fault *why),
                          void *with, struct directory_value *ret_cookie,
                          struct fault *why) must_check;

/* Searches below base including deleted objects (the show deleted control). */
bool directory_ad_deleted(struct directory *d, const char *base,
                          const char *filter, const char *const *names,
                          bool (*each)(void *with,
                                       const struct directory_entry *e,
                                       struct fault *why),
                          void *with, struct fault *why) must_check;

/* Returns the DN in lower case, without spaces around = and ,: normalised DNs
 * compare as strings. */
char *dn_normal(struct arena *a, const char *dn);
/* Returns the DN as slapd normalises it: CN=Kari, OU=Skole gives
 * cn=Kari,ou=Skole. */
char *dn_pretty(struct arena *a, const char *dn);
/* Returns whether dn equals base or is below it; both normalised. */
bool dn_is_under(const char *dn, const char *base);
/* The number of RDNs, and the first count RDNs as written (all of them if there
 * are fewer). */
size_t dn_depth(const char *dn);
char *dn_head(struct arena *a, const char *dn, size_t count);
/* Returns a normalised DN from the root down, with a comma after each RDN: the
 * paths of its descendants sort after it and before its dn_path_end(). */
char *dn_path(struct arena *a, const char *dn);
char *dn_path_end(struct arena *a, const char *path);

#endif
