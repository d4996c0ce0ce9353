/* SPDX-License-Identifier: AGPL-3.0-or-later
 * revocation_record.h: records in Redis that an entry is revoked, and queues
 * the end of the sessions, so that portvakt-web notifies their services. */
#ifndef IDP_REVOCATION_REVOCATION_RECORD_H
#define IDP_REVOCATION_REVOCATION_RECORD_H

#include "idp/revocation/revocation.h"
#include "region/ldap/directory.h"

/* Revokes what the person or affiliation of the entry was given until now. */
bool revocation_record(struct revocation *r, const struct config *cfg,
                       const struct entry_slot *entry, const char *reason,
                       struct error *err) must_check;

/* Revokes what the person with this id was given until now. */
bool revocation_record_person(struct revocation *r, const struct config *cfg,
                              const char *id, const char *reason,
                              struct error *err) must_check;

/* Returns in ret_id the id of the person above an affiliation; false where its
 * DN names none. */
bool revocation_person_above(const struct directory_entry *e,
                             char ret_id[37]) must_check;

#endif
