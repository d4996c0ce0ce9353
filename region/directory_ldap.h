/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_private.h: shared by the directory_*.c files, the only ones that
 * use libldap.  Do not include it elsewhere. */
#ifndef REGION_DIRECTORY_LDAP_H
#define REGION_DIRECTORY_LDAP_H

#include <lber.h>
#include <ldap.h>
#include <openldap.h>
#include <sys/socket.h>

#include "lib/own.h"
#include "region/directory.h"

struct directory {
	LDAP *ld;
	int deadline_ms;
	int64_t certificate_until; /* 0: no certificate */
};

OWNER(release_message, LDAPMessage *, ldap_msgfree)
OWNER(release_controls, LDAPControl **, ldap_controls_free)
OWNER(release_control, LDAPControl *, ldap_control_free)
OWNER(release_ldap_text, char *, ldap_memfree)
__attribute__((unused)) static inline void release_ber(BerElement **ber)
{
	if (*ber)
		ber_free(*ber, 1);
}

/* Returns the notAfter time of the server's certificate
 * (directory_certificate.c), 0 if it cannot be read. */
int64_t certificate_until(LDAP *ld);

/* Returns the type of the next message for id, 0 after deadline_ms, -1 on
 * error; the caller frees *ret. */
int next_message(struct directory *d, int id, int all, int deadline_ms,
                 LDAPMessage **ret);

/* Waits for the operation's result: its code, diagnosticMessage and controls,
 * which the caller frees.  On timeout the operation is abandoned. */
bool wait_result(struct directory *d, int id, const char *doing, int *ret_code,
                 char **ret_text, LDAPControl ***ret_controls,
                 struct fault *why) must_check;

/* Sets err from an LDAP result code; returns false. */
bool ldap_fault(struct fault *why, const char *doing, int code,
                const char *text);

/* Returns the entry in this message, living in a; NULL if it is malformed. */
struct directory_entry *read_entry(struct directory *d, struct arena *a,
                                   LDAPMessage *message);

/* A search in progress. */
struct reading {
	struct directory *d;
	int id;
	int code;               /* resultCode of searchResultDone */
	LDAPControl **controls; /* of searchResultDone; the caller frees them */
	bool (*each)(void *with, const struct directory_entry *e,
	             struct fault *why);
	void *with;
};

/* Runs a search: calls r->each for every entry, then sets the result code and
 * controls in r, also when the server returns an error. */
bool search_with(struct reading *r, const char *base,
                 enum directory_scope scope, const char *filter,
                 const char *const *names, size_t most, LDAPControl **controls,
                 struct fault *why) must_check;

/* The socket address of a URI (directory_resolve.c). */
struct directory_target {
	struct sockaddr_storage at;
	socklen_t length;
};

bool directory_target(const LDAPURLDesc *u, int64_t deadline,
                      struct directory_target *ret,
                      struct fault *why) must_check;

#endif
