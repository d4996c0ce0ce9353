/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_follow.c: follows the catalogue by syncrepl (RFC 4533) and records
 * in Redis which people and affiliations are no longer active.  Every use of a
 * session, code or token checks that record, so a disabled person loses access
 * within seconds.  On error the caller starts again with a full refresh, so no
 * change is lost. */
#include <string.h>

#include "idp/revocation/proved_links.h"
#include "idp/revocation/revocation_record.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "region/ldap/directory.h"

enum { DEADLINE_MS = 5000, DATE_CHECK_INTERVAL_S = 2 };

struct catalogue_follow {
	struct revocation *revocation;
	const struct config *cfg;
};

/* Revokes the sessions of an entry that is no longer active: those created
 * before the revocation stay invalid when the entry becomes active again. */
static bool follow_update_revoked(struct catalogue_follow *f,
                                  struct entry_slot *entry, bool is_revoked,
                                  struct error *err)
{
	if (is_revoked && !entry->is_revoked &&
	    !revocation_record(f->revocation, f->cfg, entry, "ended", err))
		return false;
	entry->is_revoked = is_revoked;
	return true;
}

/* Adds a value by XOR, so that the order of values does not matter. */
static uint32_t correlation_digest_add(uint32_t digest, const char *value)
{
	unsigned char hash[HASH_SHA256_SIZE];
	uint32_t first_bytes;

	hash_sha256(value, strlen(value), hash);
	memcpy(&first_bytes, hash, sizeof(first_bytes));
	return digest ^ first_bytes;
}

/* Returns the digest of a person's former ids, or of the DN above an
 * affiliation, which is its person's.  The lowest bit is set, as 0 means that
 * the entry was not read yet. */
static uint32_t correlation_digest_of(const struct entry_slot *entry,
                                      const struct directory_entry *e)
{
	const struct directory_attribute *t =
	    directory_entry_attribute(e, "portvaktFormerId");
	uint32_t digest = 0;

	if (!entry->is_person)
		return correlation_digest_add(0, strchr(e->dn, ',') ?: e->dn) |
		       1;
	for (size_t i = 0; t && i < t->count; i++)
		digest = correlation_digest_add(digest, t->values[i].bytes);
	return digest | 1;
}

/* Revokes sessions when correlation changed: a person was merged or split, or
 * an affiliation moved to another person.  A session holds the person's data.
 */
static bool follow_update_correlation(struct catalogue_follow *f,
                                      struct entry_slot *entry, uint32_t digest,
                                      struct error *err)
{
	if (entry->correlation_digest != 0 &&
	    entry->correlation_digest != digest && !entry->is_revoked &&
	    !revocation_record(f->revocation, f->cfg, entry, "joined", err))
		return false;
	entry->correlation_digest = digest;
	return true;
}

/* Revokes the sessions of the person above an affiliation. */
static bool follow_revoke_person_of(struct catalogue_follow *f,
                                    const struct directory_entry *e,
                                    const char *reason, struct error *err)
{
	char id[37];

	return !revocation_person_above(e, id) ||
	       revocation_record_person(f->revocation, f->cfg, id, reason, err);
}

/* Revokes the person's sessions when a doubt about an affiliation begins or a
 * proved link disappears: from now on each login proves less.  A doubt that
 * began while this process did not run counts as new. */
static bool follow_update_proof(struct catalogue_follow *f,
                                struct entry_slot *entry,
                                const struct directory_entry *e,
                                struct error *err)
{
	bool in_doubt = directory_entry_text(e, "portvaktDoubt") != NULL;
	bool ends = in_doubt && !entry->in_doubt;

	if (entry->is_person)
		return true;
	ends |= proved_links_update(entry, e);
	if (ends &&
	    !follow_revoke_person_of(f, e, in_doubt ? "doubt" : "link", err))
		return false;
	entry->in_doubt = in_doubt;
	return true;
}

/* After the person before was revoked, where it changed. */
static void follow_update_person(struct entry_slot *entry,
                                 const struct directory_entry *e)
{
	char id[37];

	if (!entry->is_person && revocation_person_above(e, id))
		(void)!entry_uuid_parse(id, entry->person);
}

static bool entry_is_active(const struct directory_entry *e,
                            int64_t valid_until)
{
	return text_equal(directory_entry_text(e, "portvaktStatus"),
	                  "active") &&
	       (valid_until == 0 || valid_until > clock_now());
}

static bool follow_on_entry(void *data, const char *uuid,
                            const struct directory_entry *e, struct error *err)
{
	struct catalogue_follow *f = data;
	unsigned char key[16], id[16];
	int64_t valid_until = 0;
	const char *date = directory_entry_text(e, "portvaktUntil");

	if (!entry_uuid_parse(uuid, key) ||
	    !entry_uuid_parse(directory_entry_text(e, "portvaktId"), id))
		return true; /* neither person nor affiliation: ou=people */
	/* A date that cannot be parsed is taken as past: fail closed. */
	if (date && !clock_parse_generalized_time(date, &valid_until))
		valid_until = 1;
	struct entry_slot *entry =
	    entry_table_insert(&f->revocation->entries, key);

	memcpy(entry->id, id, sizeof(id));
	entry->is_person = directory_entry_text(e, "portvaktKind") == NULL;
	entry->valid_until = valid_until;
	entry->seen = true;
	if (!follow_update_correlation(f, entry,
	                               correlation_digest_of(entry, e), err))
		return false;
	follow_update_person(entry, e);
	return follow_update_proof(f, entry, e, err) &&
	       follow_update_revoked(f, entry, !entry_is_active(e, valid_until),
	                             err);
}

static bool follow_on_present(void *data, char **uuids, size_t count,
                              struct error *err)
{
	struct catalogue_follow *f = data;
	unsigned char key[16];

	(void)err;
	for (size_t i = 0; i < count; i++) {
		struct entry_slot *entry =
		    entry_uuid_parse(uuids[i], key)
			? entry_table_find(&f->revocation->entries, key)
			: NULL;

		if (entry)
			entry->seen = true;
	}
	return true;
}

static bool follow_on_deleted(void *data, char **uuids, size_t count,
                              struct error *err)
{
	struct catalogue_follow *f = data;
	unsigned char key[16];

	for (size_t i = 0; i < count; i++) {
		struct entry_slot *entry =
		    entry_uuid_parse(uuids[i], key)
			? entry_table_find(&f->revocation->entries, key)
			: NULL;

		if (entry && !follow_update_revoked(f, entry, true, err))
			return false;
	}
	return true;
}

struct follow_deletion {
	struct catalogue_follow *follow;
	struct error *err;
};

static bool follow_on_unseen(void *data, struct entry_slot *entry)
{
	struct follow_deletion *x = data;

	return entry->is_revoked ||
	       follow_update_revoked(x->follow, entry, true, x->err);
}

/* Revokes the entries that the refresh did not name: they were deleted. */
static bool follow_on_refresh_done(void *data, const char *cookie,
                                   size_t length, bool deletes,
                                   struct error *err)
{
	struct catalogue_follow *f = data;
	struct follow_deletion x = { f, err };

	(void)cookie;
	(void)length;
	(void)deletes;
	return entry_table_each_unseen(&f->revocation->entries,
	                               follow_on_unseen, &x);
}

static bool follow_on_cookie(void *data, const char *cookie, size_t length,
                             struct error *err)
{
	(void)data;
	(void)cookie;
	(void)length;
	(void)err;
	return true;
}

/* Revokes entries past portvaktUntil: the catalogue sends no change when a date
 * passes. */
static bool revoke_expired_entries(struct catalogue_follow *f, int64_t now,
                                   struct error *err)
{
	struct entry_table *t = &f->revocation->entries;

	for (size_t i = 0; i < t->capacity; i++) {
		struct entry_slot *entry = &t->slots[i];

		if (entry->in_use && !entry->is_revoked && entry->valid_until &&
		    entry->valid_until <= now &&
		    !follow_update_revoked(f, entry, true, err))
			return false;
	}
	f->revocation->dates_checked_at = now;
	return true;
}

static bool follow_on_idle(void *data, struct error *err)
{
	struct catalogue_follow *f = data;
	struct config *active = config_current();
	bool unchanged = text_equal(active->hash, f->cfg->hash);
	int64_t now = clock_now();

	config_unref(active);
	if (!unchanged)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "configuration changed");
	if (!catalogue_contact_note(f->revocation, f->cfg, err))
		return false;
	if (now - f->revocation->dates_checked_at < DATE_CHECK_INTERVAL_S)
		return true;
	return revoke_expired_entries(f, now, err);
}

static bool follow_open_catalogue(const struct config *cfg, struct arena *a,
                                  struct directory **ret, struct error *err)
{
	char **uris = arena_array(a, char *, 2);
	char *password = NULL;

	uris[0] = arena_strdup(a, cfg->catalogue.uri);
	if (!config_read_secret(cfg, a, cfg->catalogue.reader_secret, &password,
	                        err))
		return false;
	const struct directory_address at = {
		.uris = uris,
		.tls_ca_file = cfg->catalogue.tls_ca_file,
		.bind_dn = cfg->catalogue.reader_dn,
		.password = password,
		.deadline_ms = DEADLINE_MS,
	};

	return directory_open(&at, ret, err);
}

static void entry_table_clear_seen(struct entry_table *t)
{
	for (size_t i = 0; i < t->capacity; i++)
		t->slots[i].seen = false;
}

static bool follow_run_syncrepl(struct revocation *revocation,
                                const struct config *cfg, struct directory *d,
                                struct arena *a, struct error *err)
{
	static const struct syncrepl_callbacks callbacks = {
		.entry = follow_on_entry,
		.present = follow_on_present,
		.deleted = follow_on_deleted,
		.refresh_done = follow_on_refresh_done,
		.cookie = follow_on_cookie,
		.idle = follow_on_idle,
	};
	static const char *const names[] = {
		"portvaktId",         "portvaktStatus",
		"portvaktUntil",      "portvaktKind",
		"portvaktFormerId",   "portvaktDoubt",
		"portvaktProvedLink", NULL
	};
	struct catalogue_follow f = { revocation, cfg };
	int code = 0;

	entry_table_clear_seen(&revocation->entries);
	return directory_syncrepl_run(
	    d, arena_printf(a, "ou=people,%s", cfg->catalogue.base),
	    "(objectClass=*)", names, NULL, 0, &callbacks, &f, &code, err);
}

bool catalogue_follow_run(struct revocation *revocation,
                          const struct config *cfg, struct error *err)
{
	struct arena *a = arena_open();
	struct directory *d = NULL;

	if (follow_open_catalogue(cfg, a, &d, err)) {
		(void)!follow_run_syncrepl(revocation, cfg, d, a, err);
		directory_close(d);
	}
	arena_close(a);
	return false;
}
