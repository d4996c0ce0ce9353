/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide.c: keeps the entries of people in Feide's trees up to date.  Runs after
 * people and groups, as it is built from their entries in the catalogue.  An
 * entry that the catalogue refuses is logged; when the catalogue is unavailable
 * the mark stays and the entry is retried. */
#include "sync/writer/feide.h"

#include <stdatomic.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/state.h"

enum { BATCH = 200 };

/* ---- marking */

static atomic_bool used = true;

void feide_use(bool any)
{
	atomic_store(&used, any);
	if (any)
		return;
	state_lock();
	state_do("DELETE FROM feide", "");
	state_do("DELETE FROM feide_due", "");
	state_unlock();
}

void feide_note(const char *affiliation)
{
	if (!atomic_load(&used))
		return;
	state_do("INSERT INTO feide_due(affiliation) VALUES(?1)"
	         " ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "t", affiliation);
}

void feide_note_person(const char *person)
{
	if (!atomic_load(&used))
		return;
	state_do("INSERT INTO feide_due(affiliation) SELECT id FROM"
	         " affiliations WHERE person = ?1"
	         " ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "t", person);
}

void feide_note_holders(const char *group)
{
	if (!atomic_load(&used))
		return;
	state_do("INSERT INTO feide_due(affiliation) SELECT member FROM"
	         " holding WHERE grp = ?1"
	         " ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "t", group);
}

/* ---- one entry */

struct feide_work {
	const char *affiliation;
	int64_t gen;
	const char *was_uid, *was_in; /* as published; NULL: not published */
	const char *was;              /* its entry, as JSON */
	struct feide_person p;
	bool in_tree;
	bool refused;
	bool done;
};

static void read_known(struct arena *a, struct feide_work *w)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT uid, municipality, form FROM feide"
	                          " WHERE affiliation = ?1",
	                          "t", w->affiliation);

	if (count == 0 || !rows[0][2])
		return;
	w->was_uid = rows[0][0];
	w->was_in = rows[0][1];
	w->was = rows[0][2];
}

static void plan(struct arena *a, const struct region *r, struct feide_work *w)
{
	read_known(a, w);
	w->in_tree = feide_person(a, r, w->affiliation, &w->p);
}

/* Of two accounts of one municipality with the same login name, the one
 * published first has it. */
static bool is_anothers(const struct feide_work *w)
{
	state_lock();
	bool other = state_number("SELECT count(*) FROM feide WHERE"
	                          " municipality = ?1 AND uid = ?2"
	                          " AND affiliation <> ?3"
	                          " AND form IS NOT NULL",
	                          "ttt", w->p.municipality->name, w->p.uid,
	                          w->affiliation) > 0;
	state_unlock();
	return other;
}

static bool is_where_it_was(const struct feide_work *w)
{
	return text_equal(w->was_uid, w->p.uid) &&
	       text_equal(w->was_in, w->p.municipality->name);
}

/* The name was reserved when the entry was published. */
static bool is_entered(const struct feide_work *w)
{
	return w->was && is_where_it_was(w) && strstr(w->was, w->p.person);
}

static bool may_be_published(const struct region *r, struct arena *a,
                             struct feide_work *w, bool *ret_may,
                             struct fault *why)
{
	bool taken = false;

	*ret_may = false;
	if (!w->in_tree || !w->p.publishable)
		return true;
	if (!is_entered(w) && !feide_enter(r, a, &w->p, &taken, why))
		return false;
	if (taken || is_anothers(w))
		feide_find(w->p.found, FEIDE_NAME_TAKEN, w->p.uid);
	else
		*ret_may = true;
	return true;
}

static bool write_entry(const struct region *r, struct arena *a,
                        struct feide_work *w, struct fault *why)
{
	static const char *const classes[] = { "inetOrgPerson", "eduPerson",
		                               "norEduPerson", NULL };
	const struct derived d = { w->p.dn, classes, feide_person_names,
		                   w->p.form };

	if (w->was && is_where_it_was(w) &&
	    text_equal(w->was, js_write(a, w->p.form)))
		return true;
	return derived_bring(r, a, &d, why);
}

static bool bring_entry(const struct region *r, struct arena *a,
                        struct feide_work *w, struct fault *why)
{
	bool may = false;

	if (!may_be_published(r, a, w, &may, why))
		return false;
	if (w->was && (!may || !is_where_it_was(w)) &&
	    !derived_remove(r, a, feide_person_dn(a, r, w->was_in, w->was_uid),
	                    why))
		return false;
	if (may && !write_entry(r, a, w, why))
		return false;
	w->p.publishable = may;
	w->done = true;
	return true;
}

/* An entry that the catalogue refuses does not stop the others. */
static bool bring_or_refuse(const struct region *r, struct arena *a,
                            struct feide_work *w, struct fault *why)
{
	struct fault inner = { 0 };

	if (bring_entry(r, a, w, &inner))
		return true;
	if (inner.kind != FAULT_INVALID)
		return fault(why, inner.kind, "%s", inner.text);
	log_warn("the catalogue refuses an entry of Feide's tree",
	         "affiliation", w->affiliation, "why", inner.text, NULL);
	w->refused = true;
	return true;
}

/* ---- storing the result */

static bool is_taken(const struct feide_work *w)
{
	for (size_t i = 0; i < json_array_size(w->p.found); i++)
		if (feide_error_from(js_string(json_array_get(w->p.found, i),
		                               "error")) == FEIDE_NAME_TAKEN)
			return true;
	return false;
}

static void note_work(struct arena *a, const struct feide_work *w)
{
	const struct feide_person *p = &w->p;

	if (!w->done)
		return;
	if (!w->in_tree) {
		state_do("DELETE FROM feide WHERE affiliation = ?1", "t",
		         w->affiliation);
		return;
	}
	json_t *found = js_keep(a, json_pack("{s:O}", "found", p->found));
	state_do("INSERT OR REPLACE INTO feide(affiliation, municipality, uid,"
	         " form, found) VALUES(?1, ?2, ?3, ?4, ?5)",
	         "ttttt", w->affiliation, p->municipality->name, p->uid,
	         p->publishable ? js_write(a, p->form) : NULL,
	         json_array_size(p->found) > 0 ? js_write(a, found) : NULL);
	state_do("DELETE FROM quarantine WHERE directory = ?1 AND anchor = ?2"
	         " AND reason = 'login-name-taken'",
	         "tt", p->directory, p->anchor);
	if (is_taken(w))
		state_do("INSERT OR REPLACE INTO quarantine VALUES(?1, ?2,"
		         " 'login-name-taken', ?3)",
		         "tti", p->directory, p->anchor, clock_now());
}

/* Affiliations that waited for the login name may be published now. */
static void note_others(const struct feide_work *w)
{
	if (w->was_uid && !(w->in_tree && w->p.publishable))
		state_do(
		    "INSERT OR IGNORE INTO feide_due(affiliation)"
		    " SELECT affiliation FROM feide WHERE municipality = ?1"
		    " AND uid = ?2 AND form IS NULL"
		    " AND affiliation <> ?3",
		    "ttt", w->was_in, w->was_uid, w->affiliation);
}

static void note_all(struct arena *a, struct feide_work *all, size_t count)
{
	state_lock();
	state_begin();
	for (size_t i = 0; i < count; i++) {
		note_work(a, &all[i]);
		if (!all[i].done && !all[i].refused)
			continue;
		note_others(&all[i]);
		state_do("DELETE FROM feide_due WHERE affiliation = ?1"
		         " AND gen = ?2",
		         "ti", all[i].affiliation, all[i].gen);
	}
	state_commit();
	state_unlock();
}

static struct feide_work *take(struct arena *a, const struct region *r,
                               size_t *ret_count)
{
	state_lock();
	char ***rows = state_rows(a, ret_count,
	                          "SELECT affiliation, gen FROM feide_due"
	                          " LIMIT ?1",
	                          "i", (int64_t)BATCH);
	struct feide_work *all = arena_array(a, struct feide_work, *ret_count);

	for (size_t i = 0; i < *ret_count; i++) {
		long long gen = 0;

		(void)!text_to_number(rows[i][1], 0, INT64_MAX, &gen);
		all[i].affiliation = rows[i][0];
		all[i].gen = gen;
		plan(a, r, &all[i]);
	}
	state_unlock();
	return all;
}

bool feide_apply(const struct region *r)
{
	struct arena *a = arena_open();
	struct fault why = { 0 };
	size_t count = 0;
	bool good = true;
	struct feide_work *all = take(a, r, &count);

	for (size_t i = 0; i < count && good; i++)
		good = bring_or_refuse(r, a, &all[i], &why);
	if (count > 0)
		note_all(a, all, count);
	arena_close(a);
	return good && count > 0;
}

/* ---- verifying against the catalogue */

static const char *id_in(struct arena *a, const char *dn)
{
	const char *equals = dn ? strchr(dn, '=') : NULL;

	return equals ? arena_bytes(a, equals + 1, strcspn(equals + 1, ","))
	              : NULL;
}

static const char *organisation_in(struct arena *a, const json_t *form)
{
	return id_in(a, form_text(form, "eduPersonOrgDN"));
}

static bool found_person(void *with, const struct directory_entry *e,
                         struct fault *why)
{
	const int64_t *run = with;
	struct arena *a = arena_open();
	const json_t *form = form_of_entry(a, e, feide_person_names);
	const char *id = id_in(a, form_text(form, "seeAlso"));
	const char *now = js_write(a, form);

	(void)why;
	if (!id)
		id = arena_print(a, "unknown:%s", e->dn);
	const char *known = state_text(
	    a, "SELECT form FROM feide WHERE affiliation = ?1", "t", id);
	state_do("INSERT INTO feide(affiliation) VALUES(?1)"
	         " ON CONFLICT DO NOTHING",
	         "t", id);
	state_do("UPDATE feide SET form = ?2, uid = ?3, municipality = ?4,"
	         " seen = ?5 WHERE affiliation = ?1",
	         "tttti", id, now, form_text(form, "uid"),
	         organisation_in(a, form), *run);
	if (!text_equal(known, now))
		feide_note(id);
	arena_close(a);
	return true;
}

bool feide_readback(const struct region *r, int64_t run, struct fault *why)
{
	struct arena *a = arena_open();
	bool good = catalogue_each(
	    catalogue_writer, r,
	    arena_print(a, "ou=feide,%s", r->catalogue.base), SCOPE_SUBTREE,
	    "(objectClass=norEduPerson)", (const char *const[]){ "*", NULL },
	    found_person, &run, why);

	if (good) {
		state_do("INSERT INTO feide_due(affiliation) SELECT affiliation"
		         " FROM feide WHERE form IS NOT NULL"
		         " AND coalesce(seen, 0) <> ?1"
		         " ON CONFLICT DO UPDATE SET gen = gen + 1",
		         "i", run);
		state_do("UPDATE feide SET form = NULL WHERE"
		         " coalesce(seen, 0) <> ?1",
		         "i", run);
	}
	arena_close(a);
	return good;
}
