/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_verify.c: compares the catalogue with the cache of what was
 * written: after a crash, after a change by hand, and when the cache was
 * recreated and is empty. */
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/drift.h"
#include "sync/writer/feide.h"
#include "sync/writer/groups.h"
#include "sync/writer/guard.h"
#include "sync/writer/state.h"

/* All attributes, and the operational ones that are compared. */
static const char *const names[] = { "*", "entryCSN", "createTimestamp", NULL };

struct reading {
	struct arena *arena; /* reset for each entry */
	const char *base;    /* normalized DN of ou=people */
	struct drift drift;
};

/* Before the first complete read a difference may be our own write that was not
 * recorded before a crash. */
static bool is_first = true;

static bool is_person(const struct directory_entry *e)
{
	return entry_attribute(e, "portvaktAnchor") == NULL;
}

static void dirty_person(struct arena *a, const char *person)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT directory, anchor FROM affiliations"
	                          " WHERE person = ?1",
	                          "t", person);

	for (size_t i = 0; i < count; i++)
		make_dirty(rows[i][0], rows[i][1]);
}

static void meet(const char *id)
{
	state_do("INSERT OR IGNORE INTO met VALUES(?1)", "t", id);
}

static bool is_known_person(const char *id, const char *form, const char *csn)
{
	return state_number("SELECT count(*) FROM people WHERE id = ?1"
	                    " AND form = ?2 AND csn = ?3",
	                    "ttt", id, form, csn) > 0;
}

static void found_person(struct reading *k, const struct directory_entry *e)
{
	struct arena *a = k->arena;
	const json_t *form = form_of_entry(a, e, person_form_names);
	const char *id = form_text(form, "portvaktId");
	const char *now = js_write(a, form);
	const char *csn = entry_text(e, "entryCSN");
	const char *joins = form_text(form, "portvaktJoin");

	meet(id);
	if (is_known_person(id, now, csn))
		return;
	const char *known =
	    state_text(a, "SELECT form FROM people WHERE id = ?1", "t", id);
	state_do("INSERT INTO people(id, joins) VALUES(?1, ?2)"
	         " ON CONFLICT DO NOTHING",
	         "tt", id, joins);
	state_do("UPDATE people SET form = ?1, csn = ?2 WHERE id = ?3", "ttt",
	         now, csn, id);
	if (text_equal(known, now))
		return;
	k->drift.changed += known != NULL;
	dirty_person(a, id);
}

/* Returns the parent's id: portvaktId=<id>,portvaktId=<person>,... */
static const char *person_above(struct arena *a, const char *dn)
{
	const char *comma = strchr(dn, ',');
	const char *equals = comma ? strchr(comma, '=') : NULL;
	size_t length = equals ? strcspn(equals + 1, ",") : 0;

	return equals ? arena_bytes(a, equals + 1, length) : "";
}

/* Returns whether it is below another person than planned. */
static bool is_elsewhere(const char *id)
{
	return state_number("SELECT count(*) FROM affiliations WHERE id = ?1"
	                    " AND person <> under",
	                    "t", id) > 0;
}

static int64_t time_in(const char *text)
{
	int64_t when = 0;

	return text && clock_from_ldap(text, &when) ? when : 0;
}

/* Returns whether another catalogue entry has this directory and anchor. */
static bool is_twin(const char *directory, const char *anchor, const char *id)
{
	return state_number("SELECT count(*) FROM affiliations WHERE"
	                    " directory = ?1 AND anchor = ?2 AND id <> ?3"
	                    " AND form IS NOT NULL",
	                    "ttt", directory, anchor, id) > 0;
}

/* A restored cache may have an affiliation as active that was suspended since.
 * Its directory is read again before it becomes active. */
static void doubt_record(const char *directory, const char *anchor)
{
	state_do("DELETE FROM records WHERE directory = ?1 AND anchor = ?2",
	         "tt", directory, anchor);
	state_do("UPDATE sources SET cookie = NULL, complete = 0, wholes = 0"
	         " WHERE directory = ?1",
	         "t", directory);
}

static bool left_unknown(const char *id, const json_t *form)
{
	return is_first &&
	       text_equal(form_text(form, "portvaktStatus"), "suspended") &&
	       state_number("SELECT count(*) FROM affiliations WHERE id = ?1"
	                    " AND status = 'active'",
	                    "t", id) > 0;
}

/* The usual case: nothing differs from the cache. */
static bool is_known_affiliation(struct arena *a,
                                 const struct directory_entry *e,
                                 const char *form, int64_t made)
{
	return state_number("SELECT count(*) FROM affiliations WHERE id = ?1"
	                    " AND form = ?2 AND csn = ?3 AND directory = ?4"
	                    " AND anchor = ?5 AND under = ?6 AND person = under"
	                    " AND made = ?7 AND seen >= ?8",
	                    "ttttttii", entry_text(e, "portvaktId"), form,
	                    entry_text(e, "entryCSN"),
	                    entry_text(e, "portvaktDirectory"),
	                    entry_text(e, "portvaktAnchor"),
	                    person_above(a, e->dn), made,
	                    time_in(entry_text(e, "portvaktLastSeen"))) > 0;
}

static void found_affiliation(struct reading *k,
                              const struct directory_entry *e)
{
	struct arena *a = k->arena;
	const json_t *form = form_of_entry(a, e, affiliation_form_names);
	const char *id = form_text(form, "portvaktId");
	const char *directory = form_text(form, "portvaktDirectory");
	const char *anchor = form_text(form, "portvaktAnchor");
	const char *now = js_write(a, form);
	int64_t made = time_in(entry_text(e, "createTimestamp"));

	if (is_known_affiliation(a, e, now, made)) {
		meet(id);
		return;
	}
	const char *known = state_text(
	    a, "SELECT form FROM affiliations WHERE id = ?1", "t", id);
	if (is_twin(directory, anchor, id)) {
		drift_twin(&k->drift, e, person_above(a, e->dn));
		return;
	}
	meet(id);
	if (left_unknown(id, form))
		doubt_record(directory, anchor);
	/* A planned id that was never written gives way to a written one. */
	state_do("DELETE FROM affiliations WHERE directory = ?1 AND anchor = ?2"
	         " AND id <> ?3 AND form IS NULL",
	         "ttt", directory, anchor, id);
	state_do("INSERT INTO affiliations(id, person, directory, anchor,"
	         " person_before)"
	         " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
	         "ttttt", id, person_above(a, e->dn), directory, anchor,
	         form_text(form, "portvaktPersonBefore"));
	state_do("UPDATE affiliations SET form = ?1, csn = ?2, status = ?3,"
	         " suspended = ?4, under = ?5, made = CASE ?7 WHEN "
	         "0 THEN made ELSE ?7 END,"
	         " seen = max(seen, ?8) WHERE id = ?6",
	         "tttittii", now, entry_text(e, "entryCSN"),
	         form_text(form, "portvaktStatus"),
	         time_in(form_text(form, "portvaktSuspended")),
	         person_above(a, e->dn), id, made,
	         time_in(entry_text(e, "portvaktLastSeen")));
	k->drift.changed += known && !text_equal(known, now);
	if (!text_equal(known, now) || is_elsewhere(id))
		make_dirty(directory, anchor);
}

static bool found(void *with, const struct directory_entry *e,
                  struct fault *why)
{
	struct reading *k = with;

	(void)why;
	k->arena = arena_open();
	if (!entry_text(e, "portvaktId")) {
		if (!text_equal(dn_normal(k->arena, e->dn), k->base))
			drift_stranger(&k->drift, e->dn);
	} else if (is_person(e))
		found_person(k, e);
	else
		found_affiliation(k, e);
	arena_close(k->arena);
	return true;
}

/* Entries that are missing are written again.  Those not seen are found by the
 * primary key, without reading every row. */
static void forget_missing_people(struct arena *a)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT p.id FROM people AS x CROSS JOIN"
	                          " people AS p ON p.id = x.id"
	                          " WHERE x.id NOT IN (SELECT id FROM met)"
	                          " AND p.form IS NOT NULL",
	                          "");

	for (size_t i = 0; i < count; i++) {
		dirty_person(a, rows[i][0]);
		state_do("UPDATE people SET form = NULL, csn = NULL"
		         " WHERE id = ?1",
		         "t", rows[i][0]);
	}
}

static void forget_missing_affiliations(struct arena *a)
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
		make_dirty(rows[i][1], rows[i][2]);
		state_do("UPDATE affiliations SET form = NULL, csn = NULL,"
		         " status = NULL, suspended = 0, under = NULL"
		         " WHERE id = ?1",
		         "t", rows[i][0]);
	}
}

/* Rejected and ambiguous entries may be valid now. */
static void dirty_doubtful(void)
{
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?1 FROM quarantine",
	         "i", now_ms());
}

bool readback(const struct region *r, struct fault *why)
{
	struct arena *a = arena_open();
	char *base = arena_print(a, "ou=people,%s", r->catalogue.base);
	struct reading k = { .base = dn_normal(a, base), .drift.arena = a };
	int64_t run = now_ms();

	state_lock();
	state_begin();
	state_do("DELETE FROM met", "");
	bool good = catalogue_each(catalogue_writer, r, base, SCOPE_SUBTREE,
	                           "(objectClass=*)", names, found, &k, why) &&
	            group_readback(r, run, why) && feide_readback(r, run, why);
	if (good) {
		forget_missing_people(a);
		forget_missing_affiliations(a);
		dirty_doubtful();
		brake_remember();
	}
	state_do(good ? "COMMIT" : "ROLLBACK", "");
	state_unlock();
	if (is_first)
		k.drift.changed = 0;
	good = good && drift_heal(r, &k.drift, why);
	is_first = is_first && !good;
	arena_close(a);
	return good;
}
