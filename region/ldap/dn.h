/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn.h: distinguished names (RFC 4514): one normal form for the configuration,
 * synchronisation and logins. */
#ifndef REGION_LDAP_DN_H
#define REGION_LDAP_DN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

/* Returns the normal form, owned by a: DNs that are equal under
 * distinguishedNameMatch with caseIgnoreMatch values (RFC 4517 4.2.15) have the
 * same one, so they compare as strings.  For a string that is not a DN, returns
 * name_fold_case(). */
char *dn_normalize(struct arena *a, const char *dn);
/* Returns the DN as slapd prints it: CN=Kari, OU=Skole gives
 * cn=Kari,ou=Skole. */
char *dn_pretty(struct arena *a, const char *dn);
/* Returns whether dn equals base or is below it; both normalised. */
bool dn_is_under(const char *dn, const char *base);
/* Returns the same for two DNs as written.  outer NULL: every DN is below it;
 * inner NULL: only below NULL. */
bool dn_is_within(const char *inner, const char *outer);
/* Return the number of RDNs, and the first count RDNs as written (all of them
 * if there are fewer). */
size_t dn_rdn_count(const char *dn);
char *dn_first_rdns(struct arena *a, const char *dn, size_t count);
/* Returns a normalised DN from the root down, with a comma after each RDN: the
 * paths of its descendants sort after it and before its dn_path_end(). */
char *dn_path(struct arena *a, const char *dn);
char *dn_path_end(struct arena *a, const char *path);

#endif
