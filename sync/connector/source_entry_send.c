/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry_send.c: maps an entry of the source directory and adds it to the
 * run.  A national identity number is sent as join value and encrypted value
 * only; an invalid one is replaced by the flaw "national-id". */
#include "sync/connector/source_entry_send.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/connector/attribute_map.h"
#include "sync/connector/national_id.h"
#include "sync/connector/national_id_client.h"
#include "sync/connector/provisioner_client.h"
#include "sync/connector/source_group.h"
#include "sync/connector/source_session.h"

static bool source_entry_add_national_id(struct source_session *s,
                                         struct arena *a,
                                         const struct directory_entry *e,
                                         struct sync_entry *entry,
                                         struct error *err)
{
	const char *number = national_id_strip_separators(
	    a, attribute_map_national_id(s->directory, e));

	if (!number || national_id_is_auxiliary(number, clock_now()))
		return true;
	if (national_id_is_valid(number, s->synthetic, clock_now()))
		return national_id_add_to_entry(s->connector, s->cfg, a, number,
		                                entry, err);
	entry->flaw = "national-id";
	return true;
}

bool source_entry_send(struct source_session *s, const char *anchor,
                       const struct directory_entry *e, struct error *err)
{
	struct arena *a = arena_open();
	struct sync_entry *entry =
	    attribute_map_entry(a, s->directory, anchor, e);
	bool good = true;

	if (entry->class == ENTRY_CLASS_PERSON)
		good = source_entry_add_national_id(s, a, e, entry, err);
	if (good && entry->class == ENTRY_CLASS_GROUP)
		good = source_group_send(s, a, entry, err);
	else if (good)
		good = provisioner_queue_entry(s, a, entry, err);
	arena_close(a);
	return good;
}
