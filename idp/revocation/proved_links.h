/* SPDX-License-Identifier: AGPL-3.0-or-later
 * proved_links.h: notices that a proved link of an affiliation disappeared,
 * from a number and a digest of its links. */
#ifndef IDP_REVOCATION_PROVED_LINKS_H
#define IDP_REVOCATION_PROVED_LINKS_H

#include "idp/revocation/entry_table.h"
#include "region/ldap/directory.h"

/* Stores number and digest of the entry's links in the slot, and returns
 * whether one of the links known before is missing; true where it cannot be
 * excluded. */
bool proved_links_update(struct entry_slot *slot,
                         const struct directory_entry *e);

#endif
