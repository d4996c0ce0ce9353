/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ad.h: what the values of Active Directory mean.  Asking it is the business
 * of region/directory.h. */
#ifndef REGION_AD_H
#define REGION_AD_H

#include <stdbool.h>
#include <stdint.h>

#include "region/directory.h"

/* A GUID's 16 bytes (MS-DTYP 2.3.4) as 8-4-4-4-12 hex digits in lower case,
 * living in a; NULL where they are not 16. */
char *ad_guid(struct arena *a, const struct directory_value *v);
/* The same of an entry's one value of that attribute, or NULL. */
char *ad_guid_of(struct arena *a, const struct directory_entry *e,
                 const char *name);

/* Switched off: by userAccountControl, or because that cannot be read. */
bool ad_is_disabled(const struct directory_entry *e);
/* The account of a machine, a domain controller or a trust, not a person. */
bool ad_is_machine(const struct directory_entry *e);
/* accountExpires, in seconds since 1970; false: never. */
bool ad_expires(const struct directory_entry *e, int64_t *ret_when);

/* An attribute that came in part (MS-ADTS 3.1.1.3.1.3.3), as
 * "member;range=0-1499" or, the last part, "member;range=1500-*". */
struct ad_range {
	const char *name; /* "member", living in a */
	long long from;
	long long next; /* where the next part begins; 0: this was the last */
};
bool ad_range(struct arena *a, const char *name, struct ad_range *ret);

#endif
