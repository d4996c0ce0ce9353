/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ad_values.h: decodes Active Directory attribute values (MS-ADTS, MS-DTYP).
 * directory.h has the requests. */
#ifndef REGION_LDAP_AD_VALUES_H
#define REGION_LDAP_AD_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "region/ldap/directory.h"

/* Returns a GUID's 16 bytes (MS-DTYP 2.3.4) as 8-4-4-4-12 hex digits in lower
 * case, living in a; NULL if there are not 16. */
char *ad_format_guid(struct arena *a, const struct directory_value *v);
/* The same for the entry's only value of that attribute; else NULL. */
char *ad_entry_guid(struct arena *a, const struct directory_entry *e,
                    const char *name);

/* Returns a SID (MS-DTYP 2.4.2.2) as text, "S-1-5-21-1-2-3-513" (2.4.2.1),
 * living in a; NULL if the bytes are not exactly one SID. */
char *ad_format_sid(struct arena *a, const struct directory_value *v);
/* The same for the entry's objectSid. */
char *ad_entry_sid(struct arena *a, const struct directory_entry *e);
/* Returns the SID of the account's primary group: primaryGroupID in the domain
 * of its objectSid (MS-ADTS 3.1.1.4.5.11), living in a; NULL if either is
 * missing or unreadable.  The group's `member` does not have the account. */
char *ad_primary_group_sid(struct arena *a, const struct directory_entry *e);

/* Returns whether userAccountControl disables the account; true if it cannot be
 * read. */
bool ad_is_disabled(const struct directory_entry *e);
/* Returns whether the account is a machine, domain controller or trust. */
bool ad_is_machine(const struct directory_entry *e);
/* A FILETIME: 100 ns since 1601. */
enum ad_time { AD_TIME_UNREADABLE = 0, AD_TIME_NEVER, AD_TIME_AT };
/* AD_TIME_AT: *ret_when is in seconds since 1970.  Never: 0, the maximum
 * (MS-ADTS 2.2.17), and times after the year 9999. */
enum ad_time ad_parse_filetime(const char *text, int64_t *ret_when);
/* Returns true and accountExpires in seconds since 1970; false: never expires.
 */
bool ad_account_expires(const struct directory_entry *e, int64_t *ret_when);

/* Parses the option of a ranged attribute (MS-ADTS 3.1.1.3.1.3.3):
 * "member;range=0-1499" or, for the last range, "member;range=1500-*".  Returns
 * false if there is none. */
struct ad_range {
	const char *name; /* "member", living in a */
	long long from;
	long long next; /* start of the next range; 0: this is the last */
};
bool ad_parse_range(struct arena *a, const char *name, struct ad_range *ret);

#endif
