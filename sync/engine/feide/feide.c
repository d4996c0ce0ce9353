/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide.c: keeps the entries of people in Feide's trees up to date.  Runs after
 * people and groups, as it is built from their entries in the catalogue.  An
 * entry that the catalogue refuses is logged; when the catalogue is unavailable
 * the mark stays and the entry is retried. */
#include "sync/engine/feide/feide.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/derived_entry.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/feide/feide_check.h"
#include "sync/engine/feide/feide_entry.h"
#include "sync/engine/feide/login_name_registry.h"
#include "sync/engine/state/feide_mark.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"

enum { BATCH = 200 };

/* ---- one entry */

struct feide_work {
	const char *affiliation;
	int64_t generation;
	const char *was_uid,
	    *was_municipality; /* as published; NULL: not published */
	const char *was_entry; /* its entry, as JSON */
	struct feide_person p;
	bool in_tree;
	bool refused;
	bool done;
};

static void feide_read_published(struct arena *a, struct feide_work *w)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT uid, municipality, form FROM feide"
	                          " WHERE affiliation = ?1",
	                          "t", w->affiliation);

	if (count == 0 || !rows[0][2])
		return;
	w->was_uid = rows[0][0];
	w->was_municipality = rows[0][1];
	w->was_entry = rows[0][2];
}

static void feide_plan_entry(struct arena *a, const struct config *cfg,
                             struct feide_work *w)
{
	feide_read_published(a, w);
	w->in_tree = feide_person_build(a, cfg, w->affiliation, &w->p);
}

/* Of two accounts of one municipality with the same login name, the one
 * published first has it. */
static bool login_name_is_in_use(const struct feide_work *w)
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

static bool feide_dn_is_unchanged(const struct feide_work *w)
{
	return text_equal(w->was_uid, w->p.uid) &&
	       text_equal(w->was_municipality, w->p.municipality->name);
}

/* The name was reserved when the entry was published. */
static bool login_name_is_reserved(const struct feide_work *w)
{
	return w->was_entry && feide_dn_is_unchanged(w) &&
	       strstr(w->was_entry, w->p.person);
}

static bool feide_may_publish(const struct config *cfg, struct arena *a,
                              struct feide_work *w, bool *ret_may,
                              struct error *err)
{
	bool taken = false;

	*ret_may = false;
	if (!w->in_tree || !w->p.publishable)
		return true;
	if (!login_name_is_reserved(w) &&
	    !login_name_reserve(cfg, a, &w->p, &taken, err))
		return false;
	if (taken || login_name_is_in_use(w))
		feide_issue_add(w->p.issues, FEIDE_NAME_TAKEN, w->p.uid);
	else
		*ret_may = true;
	return true;
}

static bool feide_write_entry(const struct config *cfg, struct arena *a,
                              struct feide_work *w, struct error *err)
{
	static const char *const classes[] = { "inetOrgPerson", "eduPerson",
		                               "norEduPerson", NULL };
	const struct derived_entry d = { w->p.dn, classes,
		                         feide_person_attributes, w->p.entry };

	if (w->was_entry && feide_dn_is_unchanged(w) &&
	    text_equal(w->was_entry, js_dump(a, w->p.entry)))
		return true;
	return derived_entry_converge(cfg, a, &d, err);
}

static bool feide_converge_entry(const struct config *cfg, struct arena *a,
                                 struct feide_work *w, struct error *err)
{
	bool publish = false;

	if (!feide_may_publish(cfg, a, w, &publish, err))
		return false;
	if (w->was_entry && (!publish || !feide_dn_is_unchanged(w)) &&
	    !derived_entry_remove(
		cfg, a,
		feide_person_dn(a, cfg, w->was_municipality, w->was_uid), err))
		return false;
	if (publish && !feide_write_entry(cfg, a, w, err))
		return false;
	w->p.publishable = publish;
	w->done = true;
	return true;
}

/* An entry that the catalogue refuses does not stop the others. */
static bool feide_apply_entry(const struct config *cfg, struct arena *a,
                              struct feide_work *w, struct error *err)
{
	struct error inner = { 0 };

	if (feide_converge_entry(cfg, a, w, &inner))
		return true;
	if (inner.kind != ERROR_INVALID)
		return error_set(err, inner.kind, "%s", inner.text);
	log_event(LOG_CATALOGUE_ENTRY_REJECTED, "affiliation", w->affiliation,
	          "error", inner.text, NULL);
	w->refused = true;
	return true;
}

/* ---- storing the result */

static bool has_name_taken_issue(const struct feide_work *w)
{
	for (size_t i = 0; i < json_array_size(w->p.issues); i++)
		if (feide_issue_from_code(
			js_string(json_array_get(w->p.issues, i), "error")) ==
		    FEIDE_NAME_TAKEN)
			return true;
	return false;
}

static void feide_store_result(struct arena *a, const struct feide_work *w)
{
	const struct feide_person *p = &w->p;

	if (!w->done)
		return;
	if (!w->in_tree) {
		state_exec("DELETE FROM feide WHERE affiliation = ?1", "t",
		           w->affiliation);
		return;
	}
	json_t *issues = js_own(a, json_pack("{s:O}", "found", p->issues));
	state_exec(
	    "INSERT OR REPLACE INTO feide(affiliation, municipality, uid,"
	    " form, found) VALUES(?1, ?2, ?3, ?4, ?5)",
	    "ttttt", w->affiliation, p->municipality->name, p->uid,
	    p->publishable ? js_dump(a, p->entry) : NULL,
	    json_array_size(p->issues) > 0 ? js_dump(a, issues) : NULL);
	quarantine_set(p->directory, p->anchor, QUARANTINE_FEIDE,
	               has_name_taken_issue(w) ? "login-name-taken" : NULL,
	               NULL);
}

/* Affiliations that waited for the login name may be published now. */
static void feide_mark_waiting(const struct feide_work *w)
{
	if (w->was_uid && !(w->in_tree && w->p.publishable))
		state_exec(
		    "INSERT OR IGNORE INTO feide_due(affiliation)"
		    " SELECT affiliation FROM feide WHERE municipality = ?1"
		    " AND uid = ?2 AND form IS NULL"
		    " AND affiliation <> ?3",
		    "ttt", w->was_municipality, w->was_uid, w->affiliation);
}

static void feide_store_all(struct arena *a, struct feide_work *all,
                            size_t count)
{
	state_lock();
	state_begin();
	for (size_t i = 0; i < count; i++) {
		feide_store_result(a, &all[i]);
		if (!all[i].done && !all[i].refused)
			continue;
		feide_mark_waiting(&all[i]);
		state_exec("DELETE FROM feide_due WHERE affiliation = ?1"
		           " AND gen = ?2",
		           "ti", all[i].affiliation, all[i].generation);
	}
	state_commit();
	state_unlock();
}

static struct feide_work *feide_take_marked(struct arena *a,
                                            const struct config *cfg,
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
		all[i].generation = gen;
		feide_plan_entry(a, cfg, &all[i]);
	}
	state_unlock();
	return all;
}

bool feide_apply(const struct config *cfg)
{
	struct arena *a = arena_open();
	struct error err = { 0 };
	size_t count = 0;
	bool good = true;
	struct feide_work *all = feide_take_marked(a, cfg, &count);

	for (size_t i = 0; i < count && good; i++)
		good = feide_apply_entry(cfg, a, &all[i], &err);
	if (count > 0)
		feide_store_all(a, all, count);
	arena_close(a);
	return good && count > 0;
}

/* ---- verifying against the catalogue */

static const char *first_rdn_value(struct arena *a, const char *dn)
{
	const char *equals = dn ? strchr(dn, '=') : NULL;

	return equals ? arena_memdup(a, equals + 1, strcspn(equals + 1, ","))
	              : NULL;
}

static const char *organisation_of_entry(struct arena *a, const json_t *entry)
{
	return first_rdn_value(a, entry_json_value(entry, "eduPersonOrgDN"));
}

static bool feide_verify_person(void *data, const struct directory_entry *e,
                                struct error *err)
{
	const int64_t *run = data;
	struct arena *a = arena_open();
	const json_t *entry =
	    entry_json_from_ldap(a, e, feide_person_attributes);
	const char *id = first_rdn_value(a, entry_json_value(entry, "seeAlso"));
	const char *now = js_dump(a, entry);

	(void)err;
	if (!id)
		id = arena_printf(a, "unknown:%s", e->dn);
	const char *stored = state_text(
	    a, "SELECT form FROM feide WHERE affiliation = ?1", "t", id);
	state_exec("INSERT INTO feide(affiliation) VALUES(?1)"
	           " ON CONFLICT DO NOTHING",
	           "t", id);
	state_exec("UPDATE feide SET form = ?2, uid = ?3, municipality = ?4,"
	           " seen = ?5 WHERE affiliation = ?1",
	           "tttti", id, now, entry_json_value(entry, "uid"),
	           organisation_of_entry(a, entry), *run);
	if (!text_equal(stored, now))
		feide_mark_affiliation(id);
	arena_close(a);
	return true;
}

bool feide_verify(const struct config *cfg, int64_t run, struct error *err)
{
	struct arena *a = arena_open();
	bool good = catalogue_for_each(
	    catalogue_writer, cfg,
	    arena_printf(a, "ou=feide,%s", cfg->catalogue.base), SCOPE_SUBTREE,
	    "(objectClass=norEduPerson)", (const char *const[]){ "*", NULL },
	    feide_verify_person, &run, err);

	if (good) {
		state_exec(
		    "INSERT INTO feide_due(affiliation) SELECT affiliation"
		    " FROM feide WHERE form IS NOT NULL"
		    " AND coalesce(seen, 0) <> ?1"
		    " ON CONFLICT DO UPDATE SET gen = gen + 1",
		    "i", run);
		state_exec("UPDATE feide SET form = NULL WHERE"
		           " coalesce(seen, 0) <> ?1",
		           "i", run);
	}
	arena_close(a);
	return good;
}
