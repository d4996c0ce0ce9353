/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_private.h: shared by the directory_*.c files, the only ones that
 * use libldap.  Do not include it elsewhere. */
#ifndef REGION_LDAP_DIRECTORY_PRIVATE_H
#define REGION_LDAP_DIRECTORY_PRIVATE_H

#include <lber.h>
#include <ldap.h>
#include <openldap.h>
#include <sys/socket.h>

#include "lib/cleanup.h"
#include "region/ldap/directory.h"

struct directory {
	LDAP *ld;
	int deadline_ms;
	int64_t certificate_not_after; /* 0: no certificate */
};

DEFINE_CLEANUP(release_message, LDAPMessage *, ldap_msgfree)
DEFINE_CLEANUP(release_controls, LDAPControl **, ldap_controls_free)
DEFINE_CLEANUP(release_control, LDAPControl *, ldap_control_free)
DEFINE_CLEANUP(release_ldap_text, char *, ldap_memfree)
__attribute__((unused)) static inline void release_ber(BerElement **ber)
{
	if (*ber)
		ber_free(*ber, 1);
}

/* Returns the notAfter time of the server's certificate
 * (directory_certificate.c), 0 if it cannot be read. */
int64_t directory_peer_not_after(LDAP *ld);

/* Binds as at->bind_dn, if there is one (directory_bind.c).  On error states
 * why the account was rejected. */
bool directory_bind_service_account(struct directory *d,
                                    const struct directory_address *at,
                                    struct error *err) must_check;

/* Returns uris, allocated in a: those that did not respond within the last
 * minute come last. */
char **directory_uris_sort(struct arena *a, char **uris, size_t *ret_count);
/* Notes whether the server at this URI responded. */
void directory_uri_note(const char *uri, bool responds);
/* Returns whether it was noted as silent within a minute. */
bool directory_uri_is_silent(const char *uri);

/* Returns the type of the next message for id, 0 after deadline_ms, -1 on
 * error; the caller frees *ret. */
int directory_next_message(struct directory *d, int id, int all,
                           int deadline_ms, LDAPMessage **ret);

/* Waits for the operation's result: its code, diagnosticMessage and controls,
 * which the caller frees.  On timeout the operation is abandoned. */
bool directory_wait_result(struct directory *d, int id, const char *operation,
                           int *ret_code, char **ret_text,
                           LDAPControl ***ret_controls,
                           struct error *err) must_check;

/* Sets err from an LDAP result code; returns false. */
bool directory_ldap_error(struct error *err, const char *operation, int code,
                          const char *text);

/* Returns the entry in this message, living in a; NULL if it is malformed. */
struct directory_entry *directory_read_entry(struct directory *d,
                                             struct arena *a,
                                             LDAPMessage *message);

/* A search in progress. */
struct directory_search_state {
	struct directory *d;
	int message_id;
	int result_code;        /* resultCode of searchResultDone */
	LDAPControl **controls; /* of searchResultDone; the caller frees them */
	bool (*each)(void *data, const struct directory_entry *e,
	             struct error *err);
	void *data;
};

/* Runs a search: calls r->each for every entry, then sets the result code and
 * controls in r, also when the server returns an error. */
bool directory_search_run(struct directory_search_state *r, const char *base,
                          enum directory_scope scope, const char *filter,
                          const char *const *names, size_t max,
                          LDAPControl **controls, struct error *err) must_check;

/* The socket address of a URI (directory_resolve.c). */
struct directory_target {
	struct sockaddr_storage at;
	socklen_t length;
};

/* All addresses of the name, in the order of the resolver (RFC 6724), without
 * those of a family that this host does not have (AI_ADDRCONFIG). */
enum { DIRECTORY_MAX_TARGETS = 8 };
struct directory_targets {
	size_t count; /* at least 1 */
	struct directory_target at[DIRECTORY_MAX_TARGETS];
};
bool directory_resolve(const LDAPURLDesc *u, int64_t deadline,
                       struct directory_targets *ret,
                       struct error *err) must_check;

#endif
