/* SPDX-License-Identifier: AGPL-3.0-or-later
 * municipality_purge.c: removes a municipality that has left from the
 * catalogue, the change log and the cache. */
#include "sync/engine/provision/municipality_purge.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/change_log.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/catalogue/tombstones.h"
#include "sync/engine/state/state.h"
#include "sync/engine/state/work.h"
#include "sync/engine/target/purge_check.h"

/* ---- people: planned like all others, but not held */

static int64_t purge_mark_people(const char *municipality)
{
	static const char announce_sql[] =
	    "INSERT OR IGNORE INTO announced SELECT directory, anchor"
	    " FROM affiliations WHERE"
	    " json_extract(form, '$.portvaktMunicipality[0]') = ?1";

	state_exec(announce_sql, "t", municipality);
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, 0 FROM affiliations WHERE"
	           " json_extract(form, '$.portvaktMunicipality[0]') = ?1",
	           "t", municipality);
	state_exec("DELETE FROM held WHERE EXISTS (SELECT 1 FROM affiliations"
	           " AS f WHERE f.directory = held.directory"
	           " AND f.anchor = held.anchor AND"
	           " json_extract(f.form, '$.portvaktMunicipality[0]') = ?1)",
	           "t", municipality);
	return state_number(
	    "SELECT count(*) FROM affiliations WHERE"
	    " json_extract(form, '$.portvaktMunicipality[0]') = ?1",
	    "t", municipality);
}

/* ---- other entries */

struct purge_list {
	struct arena *arena;
	VECTOR(char *) dns;
};

static bool purge_collect(void *data, const struct directory_entry *e,
                          struct error *err)
{
	struct purge_list *d = data;

	(void)err;
	*vector_append(d->arena, &d->dns) = arena_strdup(d->arena, e->dn);
	return true;
}

/* Children sort before their parents. */
static int purge_compare_length(const void *x, const void *y)
{
	size_t a = strlen(*(char *const *)x), b = strlen(*(char *const *)y);

	return a < b ? 1 : a > b ? -1 : 0;
}

static bool purge_remove_matching(const struct config *cfg, struct arena *a,
                                  const char *base, const char *filter,
                                  struct error *err)
{
	static const char *const nothing[] = { "1.1", NULL };
	struct purge_list d = { .arena = a };

	if (!catalogue_for_each(catalogue_writer, cfg, base, SCOPE_SUBTREE,
	                        filter, nothing, purge_collect, &d, err))
		return false;
	if (d.dns.count > 0)
		qsort(d.dns.at, d.dns.count, sizeof(char *),
		      purge_compare_length);
	for (size_t i = 0; i < d.dns.count; i++) {
		enum directory_write_result done = WRITE_FAILED;

		if (!catalogue_delete(catalogue_writer, cfg, a, d.dns.at[i],
		                      &done, err))
			return false;
	}
	return true;
}

static bool purge_remove_other_entries(const struct config *cfg,
                                       struct arena *a, const char *name,
                                       struct error *err)
{
	const struct {
		const char *place, *filter;
	} rows[] = {
		{ "ou=groups",
		  arena_printf(a, "(portvaktMunicipality=%s)", name) },
		{ "ou=municipalities",
		  arena_printf(a, "(|(portvaktId=%s)(portvaktId=%s.*))", name,
		               name) },
		{ arena_printf(a, "o=%s,ou=feide", name), "(objectClass=*)" },
		{ "ou=issued,ou=decisions",
		  arena_printf(a, "(cn=%s:*)", name) },
	};

	for (size_t i = 0; i < LENGTH(rows); i++)
		if (!purge_remove_matching(cfg, a,
		                           arena_printf(a, "%s,%s",
		                                        rows[i].place,
		                                        cfg->catalogue.base),
		                           rows[i].filter, err))
			return false;
	return true;
}

/* Otherwise they would be written again. */
static void purge_forget_groups(const char *municipality)
{
	state_lock();
	state_exec("DELETE FROM holding WHERE grp IN"
	           " (SELECT id FROM groups WHERE municipality = ?1)",
	           "t", municipality);
	state_exec("DELETE FROM groups WHERE municipality = ?1", "t",
	           municipality);
	state_unlock();
}

static bool purge_municipality(const struct config *cfg, struct arena *a,
                               const struct municipality *m, struct error *err)
{
	char *done_key = arena_printf(a, "left:%s", m->name);

	state_lock();
	bool done = state_number("SELECT count(*) FROM meta WHERE name = ?1",
	                         "t", done_key) > 0;
	bool is_due = !done && purge_is_due(a, cfg, m);
	int64_t remaining = is_due ? purge_mark_people(m->name) : 0;
	state_unlock();
	if (!is_due || remaining > 0)
		return true;
	purge_forget_groups(m->name);
	if (!purge_remove_other_entries(cfg, a, m->name, err) ||
	    !tombstones_purge(cfg, m->name, err))
		return false;
	state_lock();
	state_exec("INSERT OR REPLACE INTO meta VALUES(?1, 'gone')", "t",
	           done_key);
	state_unlock();
	log_event(LOG_SYNC_MUNICIPALITY_PURGED, "municipality", m->name, NULL);
	return true;
}

bool purge_departed(const struct config *cfg, struct error *err)
{
	struct arena *a = arena_open();
	bool good = true;

	for (size_t i = 0; i < cfg->municipality_count && good; i++)
		if (municipality_is_offboarded(&cfg->municipalities[i],
		                               clock_now()))
			good = purge_municipality(cfg, a,
			                          &cfg->municipalities[i], err);
	arena_close(a);
	return good;
}

/* ---- forget and scrub */

/* Ids to scrub; guarded by the state's lock. */
static json_t *ids_to_scrub;

bool purge_forget_ids(const struct ipc_request *q, char **argv,
                      struct error *err)
{
	(void)q, (void)err;
	if (!ids_to_scrub)
		ids_to_scrub = json_object();
	for (argv++; *argv; argv++)
		(void)json_object_set_new(ids_to_scrub, *argv, json_true());
	return true;
}

/* The cache is recreated as a whole, so that no table keeps a row of these
 * people. */
bool purge_scrub(const struct ipc_request *q, char **argv, struct error *err)
{
	(void)q, (void)argv;
	if (ids_to_scrub && !change_log_purge(ids_to_scrub, err))
		return false;
	json_decref(ids_to_scrub);
	ids_to_scrub = NULL;
	if (!state_recreate(err))
		return false;
	work_request_verify();
	overrides_request_load();
	return true;
}
