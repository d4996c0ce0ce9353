/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_ldap.h: what the files of the door to LDAP share among
 * themselves.  Nobody else includes it, nor libldap. */
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
	int64_t certificate_until; /* 0: it showed none */
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

/* When the certificate that the server showed ends (directory_certificate.c);
 * 0 where that cannot be read. */
int64_t certificate_until(LDAP *ld);

/* What came for this message within deadline_ms; 0 is lateness. */
int next_message(struct directory *d, int id, int all, int deadline_ms,
                 LDAPMessage **ret);

/* The one result of this operation, its code and the server's words; a late
 * one is abandoned.  The message and controls are the caller's. */
bool wait_result(struct directory *d, int id, const char *doing, int *ret_code,
                 char **ret_text, LDAPControl ***ret_controls,
                 struct fault *why) must_check;

/* An LDAP result as a fault of the kind it is. */
bool ldap_fault(struct fault *why, const char *doing, int code,
                const char *text);

/* The entry of this message, living in a. */
struct directory_entry *read_entry(struct directory *d, struct arena *a,
                                   LDAPMessage *message);

/* A search under way. */
struct reading {
	struct directory *d;
	int id;
	int code;               /* of its end */
	LDAPControl **controls; /* ... and what stands beside it; whoever reads
	                           frees them */
	bool (*each)(void *with, const struct directory_entry *e,
	             struct fault *why);
	void *with;
};

/* Each entry found, then the end's code and controls in r, also where the
 * server says no. */
bool search_with(struct reading *r, const char *base,
                 enum directory_scope scope, const char *filter,
                 const char *const *names, size_t most, LDAPControl **controls,
                 struct fault *why) must_check;

/* Where to connect for an address (directory_name.c). */
struct directory_target {
	struct sockaddr_storage at;
	socklen_t length;
};

bool directory_target(const LDAPURLDesc *u, int64_t deadline,
                      struct directory_target *ret,
                      struct fault *why) must_check;

#endif
