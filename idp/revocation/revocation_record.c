/* SPDX-License-Identifier: AGPL-3.0-or-later
 * revocation_record.c: first denies, then has the sessions ended: if the second
 * fails, the caller repeats both. */
#include "idp/revocation/revocation_record.h"

#include <stdio.h>
#include <string.h>

#include "region/redis/store_end.h"

bool revocation_record(struct revocation *r, const struct config *cfg,
                       const struct entry_slot *entry, const char *reason,
                       struct error *err)
{
	char id[37], person[37];

	entry_uuid_format(entry->id, id);
	if (entry->is_person)
		return revocation_record_person(r, cfg, id, reason, err);
	entry_uuid_format(entry->person, person);
	return store_revoke(r->store, cfg, "affiliation", id, reason, err) &&
	       store_queue_revocation(r->store, cfg, person, id, err);
}

bool revocation_record_person(struct revocation *r, const struct config *cfg,
                              const char *id, const char *reason,
                              struct error *err)
{
	return store_revoke(r->store, cfg, "person", id, reason, err) &&
	       store_queue_revocation(r->store, cfg, id, NULL, err);
}

bool revocation_person_above(const struct directory_entry *e, char ret_id[37])
{
	static const char rdn[] = "portvaktId=";
	const char *parent = strchr(e->dn, ',');
	unsigned char bytes[16];

	if (!parent || strncasecmp(++parent, rdn, strlen(rdn)) != 0)
		return false;
	(void)snprintf(ret_id, 37, "%s", parent + strlen(rdn));
	return entry_uuid_parse(ret_id, bytes);
}
