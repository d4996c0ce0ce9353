/* SPDX-License-Identifier: AGPL-3.0-or-later
 * readback.c: what the catalogue really holds, against what we think was
 * written: after a crash, after somebody changed it by hand, and when the
 * cache is new and knows nothing. */
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/feide.h"
#include "sync/writer/groups.h"
#include "sync/writer/guard.h"
#include "sync/writer/state.h"

/* entryCSN and what forms are made of. */
static const char *const names[] = { "*", "entryCSN", "createTimestamp", NULL };

struct reading {
	struct arena *arena; /* for one entry */
	int64_t run;
	size_t count;
};

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

static void found_person(struct reading *k, const struct directory_entry *e)
{
	struct arena *a = k->arena;
	const json_t *form = form_of_entry(a, e, person_form_names);
	const char *id = form_text(form, "portvaktId");
	const char *now = js_write(a, form);
	const char *known =
	    state_text(a, "SELECT form FROM people WHERE id = ?1", "t", id);
	const char *joins = form_text(form, "portvaktJoin");

	state_do("INSERT INTO people(id, joins) VALUES(?1, ?2)"
	         " ON CONFLICT DO NOTHING",
	         "tt", id, joins);
	state_do("UPDATE people SET form = ?1, csn = ?2, found = ?3"
	         " WHERE id = ?4",
	         "ttit", now, entry_text(e, "entryCSN"), k->run, id);
	if (!text_equal(known, now))
		dirty_person(a, id);
}

/* The id of the person above: portvaktId=<id>,portvaktId=<person>,... */
static const char *person_above(struct arena *a, const char *dn)
{
	const char *comma = strchr(dn, ',');
	const char *equals = comma ? strchr(comma, '=') : NULL;
	size_t length = equals ? strcspn(equals + 1, ",") : 0;

	return equals ? arena_bytes(a, equals + 1, length) : "";
}

/* Below somebody else than it should be. */
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

static void found_affiliation(struct reading *k,
                              const struct directory_entry *e)
{
	struct arena *a = k->arena;
	const json_t *form = form_of_entry(a, e, affiliation_form_names);
	const char *id = form_text(form, "portvaktId");
	const char *directory = form_text(form, "portvaktDirectory");
	const char *anchor = form_text(form, "portvaktAnchor");
	const char *now = js_write(a, form);
	const char *known = state_text(
	    a, "SELECT form FROM affiliations WHERE id = ?1", "t", id);
	/* An id that was given and never written gives way to one that was. */
	state_do("DELETE FROM affiliations WHERE directory = ?1 AND anchor = ?2"
	         " AND id <> ?3 AND form IS NULL",
	         "ttt", directory, anchor, id);
	state_do("INSERT INTO affiliations(id, person, directory, anchor,"
	         " person_before)"
	         " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
	         "ttttt", id, person_above(a, e->dn), directory, anchor,
	         form_text(form, "portvaktPersonBefore"));
	state_do("UPDATE affiliations SET form = ?1, csn = ?2, status = ?3,"
	         " suspended = ?4, found = ?5, under = ?6, made = CASE ?8 WHEN "
	         "0 THEN made ELSE ?8 END,"
	         " seen = max(seen, ?9) WHERE id = ?7",
	         "tttiittii", now, entry_text(e, "entryCSN"),
	         form_text(form, "portvaktStatus"),
	         time_in(form_text(form, "portvaktSuspended")), k->run,
	         person_above(a, e->dn), id,
	         time_in(entry_text(e, "createTimestamp")),
	         time_in(entry_text(e, "portvaktLastSeen")));
	if (!text_equal(known, now) || is_elsewhere(id))
		make_dirty(directory, anchor);
}

static bool found(void *with, const struct directory_entry *e,
                  struct fault *why)
{
	struct reading *k = with;

	(void)why;
	if (!entry_text(e, "portvaktId"))
		return true;
	k->arena = arena_open();
	if (is_person(e))
		found_person(k, e);
	else
		found_affiliation(k, e);
	arena_close(k->arena);
	k->count++;
	return true;
}

/* What was written and is not there any more is to be written again. */
static void forget_missing(int64_t run)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT id FROM people WHERE form IS NOT NULL"
	                          " AND coalesce(found, 0) <> ?1",
	                          "i", run);

	for (size_t i = 0; i < count; i++)
		dirty_person(a, rows[i][0]);
	state_do("UPDATE people SET form = NULL, csn = NULL"
	         " WHERE coalesce(found, 0) <> ?1",
	         "i", run);
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?2 FROM affiliations"
	         " WHERE form IS NOT NULL AND coalesce(found, 0) <> ?1",
	         "ii", run, now_ms());
	state_do("UPDATE affiliations SET form = NULL, csn = NULL,"
	         " status = NULL, suspended = 0, under = NULL"
	         " WHERE coalesce(found, 0) <> ?1",
	         "i", run);
	arena_close(a);
}

/* What was refused or doubtful may be good now. */
static void dirty_doubtful(void)
{
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, ?1 FROM quarantine",
	         "i", now_ms());
}

bool readback(const struct region *r, struct fault *why)
{
	struct arena *a = arena_open();
	struct reading k = { .run = now_ms() };
	char *base = arena_print(a, "ou=people,%s", r->catalogue.base);

	state_lock();
	state_begin();
	bool good = catalogue_each(catalogue_writer, r, base, SCOPE_SUBTREE,
	                           "(portvaktId=*)", names, found, &k, why) &&
	            group_readback(r, k.run, why) &&
	            feide_readback(r, k.run, why);
	if (good) {
		forget_missing(k.run);
		dirty_doubtful();
		brake_remember();
	}
	state_do(good ? "COMMIT" : "ROLLBACK", "");
	state_unlock();
	arena_close(a);
	return good;
}
