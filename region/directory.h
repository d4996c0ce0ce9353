/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory.h: the door to LDAP.  Whatever a server does, or does not do,
 * every call here comes back by its deadline: libldap spins for ever on a
 * server that accepts LDAPS and stays silent, so the handshake is watched by
 * a thread that shuts the socket. */
#ifndef REGION_DIRECTORY_H
#define REGION_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/fault.h"

struct directory;

struct directory_address {
	char **uris;         /* ldaps:// or ldapi://; ldap:// only to loopback;
	                        NULL-terminated */
	const char *trust;   /* PEM, or NULL for the system's */
	const char *bind_as; /* DN, or NULL: bind later */
	const char *password;
	int deadline_ms; /* for connecting, and for each call */
};

/* One attribute with its values; bytes, each with a NUL behind. */
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
	BIND_LOCKED,      /* refused before anybody looked at the password */
	BIND_EXPIRED,     /* account */
	BIND_MUST_CHANGE, /* password expired or reset */
};

/* Connected, TLS checked, bound: to the first address that answers. */
bool directory_open(const struct directory_address *at,
                    struct directory **ret_d, struct fault *why) must_check;
void directory_close(struct directory *d);
/* When the certificate it showed ends; 0 where it showed none. */
int64_t directory_certificate_until(const struct directory *d);

/* Whether the password is this entry's.  An empty password, or one with a
 * NUL, never reaches libldap.  After FAULT the connection must be closed.
 * The connection is bound as that entry afterwards: use it for binds only. */
bool directory_prove(struct directory *d, const char *dn, const char *password,
                     size_t length, enum bind_result *ret_result,
                     struct fault *why) must_check;

enum password_result {
	PASSWORD_REFUSED = 0, /* by the directory's own policy, or its rights */
	PASSWORD_SET,
	PASSWORD_WRONG, /* the old one */
};
struct password_said {
	enum password_result result;
	/* Of a refusal: too-short, too-simple, too-young, used-before or
	 * not-allowed, or NULL; and the server's own words, or NULL. */
	const char *policy, *text;
};

/* A new password for the entry dn, by RFC 3062.  old NULL: by the rights of
 * whom the connection is bound as. */
bool directory_set_password(struct directory *d, struct arena *a,
                            const char *dn, const char *old, const char *fresh,
                            struct password_said *ret,
                            struct fault *why) must_check;
/* The same where the password is unicodePwd; both are UTF-8. */
bool directory_set_ad_password(struct directory *d, struct arena *a,
                               const char *dn, const char *old,
                               const char *fresh, struct password_said *ret,
                               struct fault *why) must_check;

/* What remains for each of the next calls: a deadline for several together. */
void directory_within(struct directory *d, int deadline_ms);

/* Connections to one directory that are kept, at most most of them, each used
 * by one thread at a time. */
struct directory_pool;
struct directory_pool *directory_pool_open(int most);
void directory_pool_close(struct directory_pool *p);

/* Does work on a connection to at: a kept one, or a new one.  One that had
 * died while it was kept is replaced and work done once more.  A connection
 * is closed after any fault, and when at is no longer what it was opened for.
 * at's deadline is for waiting, connecting and binding together, and what is
 * left of it for each call of work's.  UNAVAILABLE when none became free. */
bool directory_pool_use(struct directory_pool *p,
                        const struct directory_address *at,
                        bool (*work)(struct directory *d, void *with,
                                     struct fault *why),
                        void *with, struct fault *why) must_check;

enum directory_scope { SCOPE_BASE, SCOPE_ONE, SCOPE_SUBTREE };

/* Everything found, living in a, at most most entries (INVALID beyond).
 * Referrals are not followed.  A base that does not exist is no entries. */
bool directory_search(struct directory *d, struct arena *a, const char *base,
                      enum directory_scope scope, const char *filter,
                      const char *const *names, size_t most,
                      struct directory_entry **ret_entries, size_t *ret_count,
                      struct fault *why) must_check;

/* The same without a limit, one after another: e is each's for that call
 * only.  A callback that returns false ends it with that fault. */
bool directory_each(struct directory *d, const char *base,
                    enum directory_scope scope, const char *filter,
                    const char *const *names,
                    bool (*each)(void *with, const struct directory_entry *e,
                                 struct fault *why),
                    void *with, struct fault *why) must_check;

/* The subtree in pages of size (RFC 2696), or at once where the server knows
 * none.  Only all of it is good: a limit, a base that is not there and pages
 * that go round are faults. */
bool directory_pages(struct directory *d, const char *base, const char *filter,
                     const char *const *names, size_t size,
                     bool (*each)(void *with, const struct directory_entry *e,
                                  struct fault *why),
                     void *with, struct fault *why) must_check;

/* A copy living in a. */
struct directory_entry entry_copy(struct arena *a,
                                  const struct directory_entry *e);

const struct directory_attribute *entry_attribute(
    const struct directory_entry *e, const char *name);
/* The first value as text; NULL where there is none or a NUL is in it. */
const char *entry_text(const struct directory_entry *e, const char *name);
char **entry_texts(struct arena *a, const struct directory_entry *e,
                   const char *name); /* NULL-terminated, never NULL */

/* Writing: for sync's writer and admin. */
enum change_kind { CHANGE_ADD, CHANGE_DELETE, CHANGE_REPLACE };
struct directory_change {
	enum change_kind kind;
	const char *name;
	const struct directory_value *values; /* count 0: the whole attribute */
	size_t count;
};

enum write_result {
	WRITE_FAILED = 0,
	WRITE_DONE,
	WRITE_EXISTS,    /* 68: it is there already */
	WRITE_MISSING,   /* 32: it is not there */
	WRITE_OTHERWISE, /* 122: the assertion did not hold: somebody else wrote
	                  */
};

/* assertion: a filter the entry must match (RFC 4528), or NULL.  ret_csn,
 * where not NULL, is the entryCSN read back (RFC 4527), living in a. */
bool directory_add(struct directory *d, struct arena *a, const char *dn,
                   const struct directory_change *attributes, size_t count,
                   enum write_result *ret, char **ret_csn,
                   struct fault *why) must_check;
bool directory_modify(struct directory *d, struct arena *a, const char *dn,
                      const struct directory_change *changes, size_t count,
                      const char *assertion, enum write_result *ret,
                      char **ret_csn, struct fault *why) must_check;
/* To below another entry, under the same name. */
bool directory_move(struct directory *d, struct arena *a, const char *dn,
                    const char *above, enum write_result *ret, char **ret_csn,
                    struct fault *why) must_check;
bool directory_delete(struct directory *d, const char *dn,
                      const char *assertion, enum write_result *ret,
                      struct fault *why) must_check;

/* RFC 4533, a state machine of our own: libldap's ldap_sync_* loses entries.
 * Calls back for each message in order; a callback that returns false ends it
 * with that fault. */
struct follow_events {
	/* state: add, modify or present; uuid is 36 characters, lower case */
	bool (*entry)(void *with, const char *uuid,
	              const struct directory_entry *e, struct fault *why);
	bool (*present)(void *with, char **uuids, size_t count,
	                struct fault *why);
	bool (*deleted)(void *with, char **uuids, size_t count,
	                struct fault *why);
	/* The refresh stage is over.  deletes: the server says that all that
	 * is gone was named; otherwise, that what was neither sent nor called
	 * present is gone.  Neither need be so: where no cookie was sent
	 * everything came, whatever it says. */
	bool (*refreshed)(void *with, const char *cookie, size_t cookie_length,
	                  bool deletes, struct fault *why);
	/* In the persist stage, after each change that carries a cookie. */
	bool (*cookie)(void *with, const char *cookie, size_t length,
	               struct fault *why);
	/* In the persist stage: nothing more for now, soon after a change and
	 * then every second.  A moment for other work. */
	bool (*idle)(void *with, struct fault *why);
};

/* Results that say something about our cookie, while it is refreshed. */
enum {
	FOLLOW_UNWILLING = 53, /* slapd: "consumer state is newer than
	                          provider" */
	FOLLOW_HISTORY_GONE = 4096,
};

/* Refresh, then persist until the connection or a callback ends it.
 * cookie NULL: everything.  ret_code, set in any case, is the LDAP result that
 * ended the refresh; 0 where a callback did, or where it was over before; less
 * than 0 where the connection broke, was silent or spoke nonsense. */
bool directory_follow(struct directory *d, const char *base, const char *filter,
                      const char *const *names, const char *cookie,
                      size_t cookie_length, const struct follow_events *events,
                      void *with, int *ret_code, struct fault *why) must_check;

/* ---- Active Directory (MS-ADTS); region/ad.h says what its values mean */

/* What a domain controller says of itself. */
struct directory_ad {
	const char *service;    /* which controller: dsServiceName */
	const char *invocation; /* which life of its database; "" where we may
	                           not read it */
	const char *host;
	const char *head; /* of the domain in which base lies */
	int64_t usn;      /* highestCommittedUSN */
};
bool directory_ad_about(struct directory *d, struct arena *a, const char *base,
                        struct directory_ad *ret, struct fault *why) must_check;

/* Whether deleted objects of the domain are shown to us. */
bool directory_ad_sees_deleted(struct directory *d, const char *head,
                               bool *ret_sees, struct fault *why) must_check;

/* The entry of this base ("<GUID=...>", or a DN) as it is now, living in a,
 * every value of it however many; NULL where it is not, or not for us. */
bool directory_ad_read(struct directory *d, struct arena *a, const char *base,
                       const char *const *names, struct directory_entry **ret,
                       struct fault *why) must_check;
/* The same of an entry that a search gave, perhaps in part. */
bool directory_ad_whole(struct directory *d, struct arena *a,
                        const struct directory_entry *e,
                        struct directory_entry **ret,
                        struct fault *why) must_check;

/* What has changed since the cookie; length 0: all there is. */
struct directory_changes {
	const char *head; /* DirSync knows whole domains only */
	const char *filter;
	const char *const *names; /* whose changes count */
	bool visible_only; /* only what we may read, and no right is needed */
	struct directory_value cookie;
};

/* Calls back for each that changed: e has only what did, and of a deleted
 * object perhaps nothing but the GUID.  The next cookie lives in a.  REFUSED:
 * we have not the right, or it is not known here; INVALID: the cookie is not
 * taken. */
bool directory_ad_changes(struct directory *d, struct arena *a,
                          const struct directory_changes *c,
                          bool (*each)(void *with, const char *guid,
                                       const struct directory_entry *e,
                                       struct fault *why),
                          void *with, struct directory_value *ret_cookie,
                          struct fault *why) must_check;

/* A search below base that shows what is deleted, too. */
bool directory_ad_deleted(struct directory *d, const char *base,
                          const char *filter, const char *const *names,
                          bool (*each)(void *with,
                                       const struct directory_entry *e,
                                       struct fault *why),
                          void *with, struct fault *why) must_check;

/* Lower case, no blanks around = and ,: for comparing DNs as text. */
char *dn_normal(struct arena *a, const char *dn);
/* As slapd gives back what it was given: CN=Kari, OU=Skole as
 * cn=Kari,ou=Skole. */
char *dn_pretty(struct arena *a, const char *dn);
/* Whether dn is at or below base; both normal. */
bool dn_is_under(const char *dn, const char *base);
/* How many names it consists of, and the first count of them as they are
 * written: all of them where there are not so many. */
size_t dn_depth(const char *dn);
char *dn_head(struct arena *a, const char *dn, size_t count);
/* A normal DN from the root downward, a comma behind each name; the paths of
 * all that lies below it are greater than it is and less than its end. */
char *dn_path(struct arena *a, const char *dn);
char *dn_path_end(struct arena *a, const char *path);

#endif
