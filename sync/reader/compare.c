/* SPDX-License-Identifier: AGPL-3.0-or-later
 * full_read_session.c: a session with a directory that has no change
 * notification: a full paged read (RFC 2696) at the configured interval, which
 * the provisioner compares with what it has. */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/hash.h"
#include "lib/list.h"
#include "lib/text.h"
#include "region/ad.h"
#include "sync/reader/reader.h"

enum { PAGE = 500, LOOK_S = 1 };

/* Identifies an entry independent of its name; the first present counts. */
static const char *const anchors[] = { "entryUUID", "nsUniqueId", "objectGUID",
	                               "ibm-entryUUID" };

static char *anchor_text(struct arena *a, const struct directory_attribute *t)
{
	const struct directory_value *v = &t->values[0];

	if (strcasecmp(t->name, "objectGUID") == 0)
		return ad_guid(a, v);
	return strlen(v->bytes) == v->length && v->length > 0
	           ? text_lower(a, v->bytes)
	           : NULL;
}

/* Without such an attribute the DN identifies the entry: renamed, it is another
 * one. */
static char *anchor_of(struct arena *a, const struct directory_entry *e)
{
	for (size_t i = 0; i < LENGTH(anchors); i++) {
		const struct directory_attribute *t =
		    entry_attribute(e, anchors[i]);
		char *text = t && t->count > 0 ? anchor_text(a, t) : NULL;

		if (text)
			return text;
	}
	return hash_text(a, dn_normal(a, e->dn));
}

static bool on_entry(void *with, const struct directory_entry *e,
                     struct fault *why)
{
	struct talk *t = with;
	struct arena *a = arena_open();
	bool good = tell_entry(t, anchor_of(a, e), e, why);

	arena_close(a);
	return good;
}

static const char **names_of(struct talk *t)
{
	const char **usual = fields_names(t->kept, t->directory);
	LIST(const char *) names = { 0 };

	for (size_t i = 0; usual[i]; i++)
		*list_add(t->kept, &names) = usual[i];
	for (size_t i = 0; i < LENGTH(anchors); i++)
		*list_add(t->kept, &names) = anchors[i];
	*list_add(t->kept, &names) = NULL;
	return names.at;
}

static bool read_all(struct talk *t, struct fault *why)
{
	struct directory *d = NULL;

	if (!talk_connect(t, &d, why))
		return false;
	t->whole = true;
	bool good = tell_begin(t, why) &&
	            directory_pages(d, t->directory->base, "(objectClass=*)",
	                            names_of(t), PAGE, on_entry, t, why) &&
	            tell_commit(t, true, why);
	directory_close(d);
	return good;
}

bool compare_converse(struct talk *t, struct fault *why)
{
	static const struct timespec look = { LOOK_S, 0 };

	if (!read_all(t, why))
		return false;
	t->was_good = true;
	t->compare_at = clock_monotonic_ms() + t->directory->poll * 1000;
	daemon_rest();
	while (!talk_is_over(t, why))
		(void)nanosleep(&look, NULL);
	return false;
}
