/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_follow.c: follows the catalogue by syncrepl (RFC 4533) and records
 * in Redis who is no longer active.  Every use of a session, code or token is
 * compared with that record, so a disabled person loses access within seconds.
 * On error the caller starts again with a full refresh, so no change is lost.
 */
#include <string.h>

#include "idp/watch/watch.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/text.h"
#include "region/directory.h"

enum { DEADLINE_MS = 5000, LOOK_EVERY = 2 };

struct following {
	struct watch *watch;
	const struct region *region;
};

static const char *what(const struct known *k)
{
	return k->is_person ? "person" : "affiliation";
}

/* Records a revocation with its time: sessions created before it are invalid.
 * Becoming active again does not restore them; the person logs in again. */
static bool note(struct following *f, struct known *k, bool ended,
                 struct fault *why)
{
	char id[37];

	known_to_text(k->id, id);
	if (ended && !k->ended &&
	    !store_note_ended(f->watch->store, f->region, what(k), id, "ended",
	                      why))
		return false;
	k->ended = ended;
	return true;
}

/* Returns the same digest for the same values in any order. */
static uint32_t tie_with(uint32_t tie, const char *value)
{
	unsigned char hash[HASH_SHA256];
	uint32_t part;

	hash_sha256(value, strlen(value), hash);
	memcpy(&part, hash, sizeof(part));
	return tie ^ part;
}

/* The digest of a person's former ids, or of an affiliation's parent DN. */
static uint32_t tie_of(const struct known *k, const struct directory_entry *e)
{
	const struct directory_attribute *t =
	    entry_attribute(e, "portvaktFormerId");
	uint32_t tie = 0;

	if (!k->is_person)
		return tie_with(0, strchr(e->dn, ',') ?: e->dn) | 1;
	for (size_t i = 0; t && i < t->count; i++)
		tie = tie_with(tie, t->values[i].bytes);
	return tie | 1;
}

/* Revokes sessions when a person was merged or split, or an affiliation moved,
 * because a session holds the person's data. */
static bool note_tie(struct following *f, struct known *k, uint32_t tie,
                     struct fault *why)
{
	char id[37];

	known_to_text(k->id, id);
	if (k->tie != 0 && k->tie != tie && !k->ended &&
	    !store_note_ended(f->watch->store, f->region, what(k), id, "joined",
	                      why))
		return false;
	k->tie = tie;
	return true;
}

static bool counts_now(const struct directory_entry *e, int64_t until)
{
	return text_equal(entry_text(e, "portvaktStatus"), "active") &&
	       (until == 0 || until > clock_now());
}

static bool hear_entry(void *with, const char *uuid,
                       const struct directory_entry *e, struct fault *why)
{
	struct following *f = with;
	unsigned char key[16], id[16];
	int64_t until = 0;
	const char *date = entry_text(e, "portvaktUntil");

	if (!known_from_text(uuid, key) ||
	    !known_from_text(entry_text(e, "portvaktId"), id))
		return true; /* not a person or affiliation, such as ou=people
		              */
	/* A date that cannot be parsed counts as past. */
	if (date && !clock_from_ldap(date, &until))
		until = 1;
	struct known *k = known_place(&f->watch->known, key);

	memcpy(k->id, id, sizeof(id));
	k->is_person = entry_text(e, "portvaktKind") == NULL;
	k->until = until;
	k->seen = true;
	return note_tie(f, k, tie_of(k, e), why) &&
	       note(f, k, !counts_now(e, until), why);
}

static bool hear_present(void *with, char **uuids, size_t count,
                         struct fault *why)
{
	struct following *f = with;
	unsigned char key[16];

	(void)why;
	for (size_t i = 0; i < count; i++) {
		struct known *k = known_from_text(uuids[i], key)
		                      ? known_find(&f->watch->known, key)
		                      : NULL;

		if (k)
			k->seen = true;
	}
	return true;
}

static bool hear_deleted(void *with, char **uuids, size_t count,
                         struct fault *why)
{
	struct following *f = with;
	unsigned char key[16];

	for (size_t i = 0; i < count; i++) {
		struct known *k = known_from_text(uuids[i], key)
		                      ? known_find(&f->watch->known, key)
		                      : NULL;

		if (k && !note(f, k, true, why))
			return false;
	}
	return true;
}

/* If the refresh leaves out at least half of the entries, the response is taken
 * as faulty and no missing entry is revoked. */
static bool hear_refreshed(void *with, const char *cookie, size_t length,
                           bool deletes, struct fault *why)
{
	struct following *f = with;
	struct known_table *t = &f->watch->known;
	size_t seen = 0;

	(void)cookie;
	(void)length;
	(void)deletes;
	for (size_t i = 0; i < t->room; i++)
		seen += t->at[i].taken && t->at[i].seen;
	for (size_t i = 0; seen * 2 > t->count && i < t->room; i++)
		if (t->at[i].taken && !t->at[i].seen && !t->at[i].ended &&
		    !note(f, &t->at[i], true, why))
			return false;
	return true;
}

static bool hear_cookie(void *with, const char *cookie, size_t length,
                        struct fault *why)
{
	(void)with;
	(void)cookie;
	(void)length;
	(void)why;
	return true;
}

/* A validity date that passes changes nothing in the catalogue, so check here.
 */
static bool look_at_dates(struct following *f, int64_t now, struct fault *why)
{
	struct known_table *t = &f->watch->known;

	for (size_t i = 0; i < t->room; i++) {
		struct known *k = &t->at[i];

		if (k->taken && !k->ended && k->until && k->until <= now &&
		    !note(f, k, true, why))
			return false;
	}
	f->watch->looked_at = now;
	return true;
}

static bool hear_idle(void *with, struct fault *why)
{
	struct following *f = with;
	struct region *active = snapshot_current();
	bool same = text_equal(active->hash, f->region->hash);
	int64_t now = clock_now();

	region_release(active);
	if (!same)
		return fault(why, FAULT_UNAVAILABLE, "new configuration");
	if (now - f->watch->looked_at < LOOK_EVERY)
		return true;
	return look_at_dates(f, now, why);
}

static bool open_catalogue(const struct region *r, struct arena *a,
                           struct directory **ret, struct fault *why)
{
	char **uris = arena_array(a, char *, 2);
	char *password = NULL;

	uris[0] = arena_copy(a, r->catalogue.uri);
	if (!region_secret(r, a, r->catalogue.reader_secret, &password, why))
		return false;
	const struct directory_address at = {
		.uris = uris,
		.trust = r->catalogue.trust,
		.bind_as = r->catalogue.reader,
		.password = password,
		.deadline_ms = DEADLINE_MS,
	};

	return directory_open(&at, ret, why);
}

static void forget_seen(struct known_table *t)
{
	for (size_t i = 0; i < t->room; i++)
		t->at[i].seen = false;
}

static bool follow_open(struct watch *w, const struct region *r,
                        struct directory *d, struct arena *a, struct fault *why)
{
	static const struct follow_events events = {
		.entry = hear_entry,
		.present = hear_present,
		.deleted = hear_deleted,
		.refreshed = hear_refreshed,
		.cookie = hear_cookie,
		.idle = hear_idle,
	};
	static const char *const names[] = {
		"portvaktId",   "portvaktStatus",   "portvaktUntil",
		"portvaktKind", "portvaktFormerId", NULL
	};
	struct following f = { w, r };
	int code = 0;

	forget_seen(&w->known);
	return directory_follow(
	    d, arena_print(a, "ou=people,%s", r->catalogue.base),
	    "(objectClass=*)", names, NULL, 0, &events, &f, &code, why);
}

bool watch_follow(struct watch *w, const struct region *r, struct fault *why)
{
	struct arena *a = arena_open();
	struct directory *d = NULL;

	if (open_catalogue(r, a, &d, why)) {
		(void)!follow_open(w, r, d, a, why);
		directory_close(d);
	}
	arena_close(a);
	return false;
}
