/* SPDX-License-Identifier: AGPL-3.0-or-later
 * full_read_session.c: a session with a directory that has no change
 * notification: a full paged read (RFC 2696) at the configured interval, which
 * the provisioner compares with what it has. */
#include "sync/connector/full_read_session.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ldap/ad_values.h"
#include "region/ldap/dn.h"
#include "sync/connector/attribute_map.h"
#include "sync/connector/provisioner_client.h"
#include "sync/connector/source_entry_send.h"
#include "sync/connector/source_session.h"

enum { PAGE_SIZE = 500, POLL_S = 1 };

/* They identify an entry independently of its DN; the first one that the entry
 * has is used. */
static const char *const anchor_attributes[] = { "entryUUID", "nsUniqueId",
	                                         "objectGUID",
	                                         "ibm-entryUUID" };

static char *anchor_from_value(struct arena *a,
                               const struct directory_attribute *t)
{
	const struct directory_value *v = &t->values[0];

	if (strcasecmp(t->name, "objectGUID") == 0)
		return ad_format_guid(a, v);
	return strlen(v->bytes) == v->length && v->length > 0
	           ? text_lower(a, v->bytes)
	           : NULL;
}

/* Returns the anchor of an entry: without such an attribute a hash of the DN,
 * so that a renamed entry counts as a new one. */
static char *full_read_anchor(struct arena *a, const struct directory_entry *e)
{
	for (size_t i = 0; i < LENGTH(anchor_attributes); i++) {
		const struct directory_attribute *t =
		    directory_entry_attribute(e, anchor_attributes[i]);
		char *text = t && t->count > 0 ? anchor_from_value(a, t) : NULL;

		if (text)
			return text;
	}
	return hash_sha256_base64url(a, dn_normalize(a, e->dn));
}

static bool full_read_on_entry(void *data, const struct directory_entry *e,
                               struct error *err)
{
	struct source_session *s = data;
	struct arena *a = arena_open();
	bool good = source_entry_send(s, full_read_anchor(a, e), e, err);

	arena_close(a);
	return good;
}

static const char **full_read_attributes(struct source_session *s)
{
	const char **mapped = attribute_map_names(s->arena, s->directory);
	VECTOR(const char *) names = { 0 };

	for (size_t i = 0; mapped[i]; i++)
		*vector_append(s->arena, &names) = mapped[i];
	for (size_t i = 0; i < LENGTH(anchor_attributes); i++)
		*vector_append(s->arena, &names) = anchor_attributes[i];
	*vector_append(s->arena, &names) = NULL;
	return names.at;
}

static bool full_read_once(struct source_session *s, struct error *err)
{
	struct directory *d = NULL;

	if (!source_session_connect(s, &d, err))
		return false;
	s->full_run = true;
	bool good =
	    provisioner_begin_run(s, err) &&
	    directory_search_paged(d, s->directory->base, "(objectClass=*)",
	                           full_read_attributes(s), PAGE_SIZE,
	                           full_read_on_entry, s, err) &&
	    provisioner_commit_run(s, true, err);
	directory_close(d);
	return good;
}

bool full_read_session_run(struct source_session *s, struct error *err)
{
	static const struct timespec sleep_time = { POLL_S, 0 };

	if (!full_read_once(s, err))
		return false;
	s->refreshed = true;
	s->full_sync_at =
	    clock_monotonic_ms() + s->directory->poll_interval * 1000;
	daemon_trim_heap();
	while (!source_session_must_end(s, err))
		(void)nanosleep(&sleep_time, NULL);
	return false;
}
