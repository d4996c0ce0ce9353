/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_verify.c: compares the catalogue with the cache of what was
 * written: after a crash, after a change by hand, and when the cache was
 * recreated and is empty. */
#include "sync/engine/provision/catalogue_verify.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/released_names.h"
#include "sync/engine/catalogue/tombstones.h"
#include "sync/engine/feide/feide.h"
#include "sync/engine/groups/groups.h"
#include "sync/engine/guard/threshold_restore.h"
#include "sync/engine/provision/drift_private.h"
#include "sync/engine/source/former_place.h"
#include "sync/engine/source/name_index.h"
#include "sync/engine/state/dirty.h"
#include "sync/engine/state/not_taken.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/desired_entry.h"

/* All attributes, and the operational ones that are compared. */
static const char *const verify_attributes[] = { "*", "entryCSN",
	                                         "createTimestamp", NULL };

struct catalogue_reading {
	struct arena *arena;   /* reset for each entry */
	const char *people_dn; /* normalized DN of ou=people */
	struct drift drift;
};

/* Before the first complete read a difference may be our own write that was not
 * recorded before a crash. */
static bool is_first_verification = true;

static bool verify_is_person(const struct directory_entry *e)
{
	return directory_entry_attribute(e, "portvaktAnchor") == NULL;
}

static void verify_mark_person_dirty(struct arena *a, const char *person)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT directory, anchor FROM affiliations"
	                          " WHERE person = ?1",
	                          "t", person);

	for (size_t i = 0; i < count; i++)
		dirty_mark(rows[i][0], rows[i][1]);
}

static void verify_mark_seen(const char *id)
{
	state_exec("INSERT OR IGNORE INTO met VALUES(?1)", "t", id);
}

static bool verify_person_is_unchanged(const char *id, const char *attrs_json,
                                       const char *csn)
{
	return state_number("SELECT count(*) FROM people WHERE id = ?1"
	                    " AND form = ?2 AND csn = ?3",
	                    "ttt", id, attrs_json, csn) > 0;
}

static void verify_person(struct catalogue_reading *k,
                          const struct directory_entry *e)
{
	struct arena *a = k->arena;
	const json_t *attrs =
	    entry_json_from_ldap(a, e, managed_person_attributes);
	const char *id = entry_json_value(attrs, "portvaktId");
	const char *attrs_json = js_dump(a, attrs);
	const char *csn = directory_entry_text(e, "entryCSN");
	const char *join_value = entry_json_value(attrs, "portvaktJoin");

	verify_mark_seen(id);
	if (verify_person_is_unchanged(id, attrs_json, csn))
		return;
	const char *known =
	    state_text(a, "SELECT form FROM people WHERE id = ?1", "t", id);
	state_exec("INSERT INTO people(id, joins) VALUES(?1, ?2)"
	           " ON CONFLICT DO NOTHING",
	           "tt", id, join_value);
	state_exec("UPDATE people SET form = ?1, csn = ?2 WHERE id = ?3", "ttt",
	           attrs_json, csn, id);
	if (text_equal(known, attrs_json))
		return;
	k->drift.changed += known != NULL;
	verify_mark_person_dirty(a, id);
}

/* Returns the parent's id: portvaktId=<id>,portvaktId=<person>,... */
static const char *verify_parent_id(struct arena *a, const char *dn)
{
	const char *comma = strchr(dn, ',');
	const char *equals = comma ? strchr(comma, '=') : NULL;
	size_t length = equals ? strcspn(equals + 1, ",") : 0;

	return equals ? arena_memdup(a, equals + 1, length) : "";
}

/* Returns whether it is below another person than planned. */
static bool verify_is_misplaced(const char *id)
{
	return state_number("SELECT count(*) FROM affiliations WHERE id = ?1"
	                    " AND person <> under",
	                    "t", id) > 0;
}

static int64_t verify_time(const char *text)
{
	int64_t when = 0;

	return text && clock_parse_generalized_time(text, &when) ? when : 0;
}

/* Returns whether another catalogue entry has this directory and anchor. */
static bool verify_is_duplicate(const char *directory, const char *anchor,
                                const char *id)
{
	return state_number("SELECT count(*) FROM affiliations WHERE"
	                    " directory = ?1 AND anchor = ?2 AND id <> ?3"
	                    " AND form IS NOT NULL",
	                    "ttt", directory, anchor, id) > 0;
}

/* A restored cache may have an affiliation as active that was suspended since.
 * Its directory is read again before it becomes active. */
static void verify_distrust_source_entry(struct arena *a, const char *directory,
                                         const char *anchor)
{
	name_index_store(a, directory, anchor,
	                 state_text(a,
	                            "SELECT body FROM records WHERE directory"
	                            " = ?1 AND anchor = ?2",
	                            "tt", directory, anchor),
	                 NULL);
	state_exec("DELETE FROM records WHERE directory = ?1 AND anchor = ?2",
	           "tt", directory, anchor);
	state_exec("UPDATE sources SET cookie = NULL, complete = 0, wholes = 0"
	           " WHERE directory = ?1",
	           "t", directory);
}

static bool verify_missed_suspension(const char *id, const json_t *attrs)
{
	return is_first_verification &&
	       text_equal(entry_json_value(attrs, "portvaktStatus"),
	                  "suspended") &&
	       state_number("SELECT count(*) FROM affiliations WHERE id = ?1"
	                    " AND status = 'active'",
	                    "t", id) > 0;
}

/* The usual case: nothing differs from the cache. */
static bool verify_affiliation_is_unchanged(struct arena *a,
                                            const struct directory_entry *e,
                                            const char *attrs_json,
                                            int64_t created)
{
	return state_number("SELECT count(*) FROM affiliations WHERE id = ?1"
	                    " AND form = ?2 AND csn = ?3 AND directory = ?4"
	                    " AND anchor = ?5 AND under = ?6 AND person = under"
	                    " AND made = ?7 AND seen >= ?8",
	                    "ttttttii", directory_entry_text(e, "portvaktId"),
	                    attrs_json, directory_entry_text(e, "entryCSN"),
	                    directory_entry_text(e, "portvaktDirectory"),
	                    directory_entry_text(e, "portvaktAnchor"),
	                    verify_parent_id(a, e->dn), created,
	                    verify_time(directory_entry_text(
				e, "portvaktLastSeen"))) > 0;
}

/* What another program changed is put back, however many it changed. */
static void verify_mark_repair(const char *directory, const char *anchor)
{
	state_exec("UPDATE dirty SET cause = 'drift' WHERE directory = ?1"
	           " AND anchor = ?2 AND cause IS NULL",
	           "tt", directory, anchor);
}

/* After a lost cache: the DNs that it had, of which a group may list one. */
static void verify_former_dns(struct arena *a, const json_t *attrs,
                              const char *directory, const char *anchor)
{
	const json_t *list = js_array(attrs, "portvaktFormerDn");
	const char *written = entry_json_value(attrs, "portvaktSourceDn");
	char *place = written ? dn_normalize(a, written) : NULL;

	for (size_t i = 0; i < json_array_size(list); i++)
		former_place_known(directory, anchor,
		                   json_string_value(json_array_get(list, i)));
	if (place && state_number("SELECT count(*) FROM records"
	                          " WHERE directory = ?1 AND anchor = ?2"
	                          " AND place <> ?3",
	                          "ttt", directory, anchor, place) > 0)
		former_place_known(directory, anchor, place);
}

static void verify_affiliation(struct catalogue_reading *k,
                               const struct directory_entry *e)
{
	struct arena *a = k->arena;
	const json_t *attrs =
	    entry_json_from_ldap(a, e, managed_affiliation_attributes);
	const char *id = entry_json_value(attrs, "portvaktId");
	const char *directory = entry_json_value(attrs, "portvaktDirectory");
	const char *anchor = entry_json_value(attrs, "portvaktAnchor");
	const char *attrs_json = js_dump(a, attrs);
	int64_t created =
	    verify_time(directory_entry_text(e, "createTimestamp"));

	if (verify_affiliation_is_unchanged(a, e, attrs_json, created)) {
		verify_mark_seen(id);
		return;
	}
	const char *known = state_text(
	    a, "SELECT form FROM affiliations WHERE id = ?1", "t", id);
	if (verify_is_duplicate(directory, anchor, id)) {
		drift_add_duplicate(&k->drift, e, verify_parent_id(a, e->dn));
		return;
	}
	verify_mark_seen(id);
	if (verify_missed_suspension(id, attrs))
		verify_distrust_source_entry(a, directory, anchor);
	/* A planned id that was never written gives way to a written one. */
	state_exec(
	    "DELETE FROM affiliations WHERE directory = ?1 AND anchor = ?2"
	    " AND id <> ?3 AND form IS NULL",
	    "ttt", directory, anchor, id);
	state_exec("INSERT INTO affiliations(id, person, directory, anchor,"
	           " person_before)"
	           " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
	           "ttttt", id, verify_parent_id(a, e->dn), directory, anchor,
	           entry_json_value(attrs, "portvaktPersonBefore"));
	state_exec("UPDATE affiliations SET form = ?1, csn = ?2, status = ?3,"
	           " suspended = ?4, under = ?5, made = CASE ?7 WHEN "
	           "0 THEN made ELSE ?7 END,"
	           " seen = max(seen, ?8) WHERE id = ?6",
	           "tttittii", attrs_json, directory_entry_text(e, "entryCSN"),
	           entry_json_value(attrs, "portvaktStatus"),
	           verify_time(entry_json_value(attrs, "portvaktSuspended")),
	           verify_parent_id(a, e->dn), id, created,
	           verify_time(directory_entry_text(e, "portvaktLastSeen")));
	released_names_record(a, id, attrs);
	k->drift.changed += known && !text_equal(known, attrs_json);
	if (!known)
		verify_former_dns(a, attrs, directory, anchor);
	if (!text_equal(known, attrs_json) || verify_is_misplaced(id))
		dirty_mark(directory, anchor);
	if (known && !text_equal(known, attrs_json) && !is_first_verification)
		verify_mark_repair(directory, anchor);
}

static bool verify_entry(void *data, const struct directory_entry *e,
                         struct error *err)
{
	struct catalogue_reading *k = data;

	(void)err;
	k->arena = arena_open();
	if (!directory_entry_text(e, "portvaktId")) {
		if (!text_equal(dn_normalize(k->arena, e->dn), k->people_dn))
			drift_add_foreign(&k->drift, e->dn);
	} else if (verify_is_person(e))
		verify_person(k, e);
	else
		verify_affiliation(k, e);
	arena_close(k->arena);
	return true;
}

/* Entries that are missing are written again.  Those not seen are found by the
 * primary key, without reading every row. */
static void verify_forget_missing_people(struct arena *a)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT p.id FROM people AS x CROSS JOIN"
	                          " people AS p ON p.id = x.id"
	                          " WHERE x.id NOT IN (SELECT id FROM met)"
	                          " AND p.form IS NOT NULL",
	                          "");

	for (size_t i = 0; i < count; i++) {
		verify_mark_person_dirty(a, rows[i][0]);
		state_exec("UPDATE people SET form = NULL, csn = NULL"
		           " WHERE id = ?1",
		           "t", rows[i][0]);
	}
}

static void verify_forget_missing_affiliations(struct arena *a)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT f.id, f.directory, f.anchor"
	                          " FROM affiliations AS x CROSS JOIN"
	                          " affiliations AS f ON f.id = x.id"
	                          " WHERE x.id NOT IN (SELECT id FROM met)"
	                          " AND f.form IS NOT NULL",
	                          "");

	for (size_t i = 0; i < count; i++) {
		dirty_mark(rows[i][1], rows[i][2]);
		state_exec("UPDATE affiliations SET form = NULL, csn = NULL,"
		           " status = NULL, suspended = 0, under = NULL"
		           " WHERE id = ?1",
		           "t", rows[i][0]);
	}
}

/* Rejected and ambiguous entries may be valid now. */
static void verify_mark_quarantined_dirty(void)
{
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?1 FROM quarantine UNION"
	           " SELECT directory, anchor, ?1 FROM not_taken"
	           " WHERE cause = ?2",
	           "it", state_now_ms(), not_taken_refused);
}

/* Doubts that are missing are found again: each entry whose number is not its
 * person's, and either another entry has that number or the person has another
 * affiliation.  For most entries two indexes alone decide. */
static void verify_mark_doubtful_dirty(void)
{
	state_exec(
	    "INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	    " SELECT r.directory, r.anchor, ?1 FROM (SELECT joins FROM records"
	    "  WHERE joins IS NOT NULL GROUP BY joins HAVING count(*) > 1)"
	    " AS n CROSS JOIN records AS r ON r.joins = n.joins"
	    " CROSS JOIN affiliations AS f ON f.directory = r.directory"
	    " AND f.anchor = r.anchor CROSS JOIN people AS p"
	    " ON p.id = f.person WHERE p.joins IS NOT r.joins"
	    " UNION SELECT r.directory, r.anchor, ?1 FROM (SELECT person"
	    "  FROM affiliations GROUP BY person HAVING count(*) > 1) AS n"
	    " CROSS JOIN people AS p ON p.id = n.person"
	    " CROSS JOIN affiliations AS f ON f.person = p.id"
	    " CROSS JOIN records AS r ON r.directory = f.directory"
	    " AND r.anchor = f.anchor WHERE r.joins IS NOT NULL"
	    " AND r.joins IS NOT p.joins",
	    "i", state_now_ms());
}

bool verify_catalogue(const struct config *cfg, struct error *err)
{
	struct arena *a = arena_open();
	char *base = arena_printf(a, "ou=people,%s", cfg->catalogue.base);
	struct catalogue_reading k = { .people_dn = dn_normalize(a, base),
		                       .drift.arena = a };
	int64_t run = state_now_ms();

	state_lock();
	state_begin();
	state_exec("DELETE FROM met", "");
	bool good =
	    catalogue_for_each(catalogue_writer, cfg, base, SCOPE_SUBTREE,
	                       "(objectClass=*)", verify_attributes,
	                       verify_entry, &k, err) &&
	    tombstones_read(cfg, err) && group_verify(cfg, run, err) &&
	    feide_verify(cfg, run, err);
	if (good) {
		verify_forget_missing_people(a);
		verify_forget_missing_affiliations(a);
		verify_mark_quarantined_dirty();
		verify_mark_doubtful_dirty();
		threshold_restore(k.drift.changed > 0);
	}
	state_exec(good ? "COMMIT" : "ROLLBACK", "");
	state_unlock();
	if (is_first_verification)
		k.drift.changed = 0;
	good = good && drift_repair(cfg, &k.drift, err);
	is_first_verification = is_first_verification && !good;
	arena_close(a);
	return good;
}
