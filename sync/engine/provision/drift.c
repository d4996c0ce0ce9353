/* SPDX-License-Identifier: AGPL-3.0-or-later
 * drift.c: corrects ou=people, which only the provisioner writes.  Foreign
 * entries are removed.  Of two affiliations of one source entry, created by two
 * provisioners at once, both choose the same one to keep. */
#include "sync/engine/provision/drift_private.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/state/state.h"
#include "sync/engine/state/work.h"

void drift_add_foreign(struct drift *d, const char *dn)
{
	*vector_append(d->arena, &d->foreign) = arena_strdup(d->arena, dn);
}

void drift_add_duplicate(struct drift *d, const struct directory_entry *e,
                         const char *person)
{
	struct arena *a = d->arena;

	*vector_append(a, &d->duplicates) = (struct duplicate_entry){
		.dn = arena_strdup(a, e->dn),
		.id = arena_strdup(a, directory_entry_text(e, "portvaktId")),
		.directory = arena_strdup(
		    a, directory_entry_text(e, "portvaktDirectory")),
		.anchor =
		    arena_strdup(a, directory_entry_text(e, "portvaktAnchor")),
		.person = arena_strdup(a, person),
	};
}

/* Children before their parents. */
static int drift_longer_first(const void *x, const void *y)
{
	size_t n = strlen(*(const char *const *)x);
	size_t m = strlen(*(const char *const *)y);

	return n < m ? 1 : n > m ? -1 : 0;
}

static bool drift_remove(const struct config *cfg, const char *dn,
                         struct error *err)
{
	enum directory_write_result result = WRITE_FAILED;
	struct arena *a = arena_open();
	struct error inner = { 0 };
	bool good =
	    catalogue_delete(catalogue_writer, cfg, a, dn, &result, &inner);

	arena_close(a);
	if (good)
		log_event(LOG_CATALOGUE_FOREIGN_ENTRY_REMOVED, "entry", dn,
		          NULL);
	/* An entry with children is refused, and found again next time. */
	if (!good && inner.kind != ERROR_INVALID)
		return error_set(err, inner.kind, "%s", inner.text);
	return true;
}

/* ---- duplicates */

/* Returns the affiliation in the state database; NULL: none any more. */
static char **drift_known_affiliation(struct arena *a,
                                      const struct duplicate_entry *t)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT id, under, EXISTS (SELECT 1 FROM"
	                          " met WHERE met.id = affiliations.id) FROM"
	                          " affiliations WHERE directory = ?1"
	                          " AND anchor = ?2",
	                          "tt", t->directory, t->anchor);

	return count > 0 ? rows[0] : NULL;
}

/* Returns the DN to remove, or NULL.  Chosen by the person's id, so that all
 * jobs of a duplicated person stay together. */
static const char *drift_choose_removal(struct arena *a,
                                        const struct config *cfg,
                                        const struct duplicate_entry *t)
{
	char **stored = drift_known_affiliation(a, t);

	if (!stored)
		return NULL;
	bool exists = text_equal(stored[2], "1");
	if (exists && strcmp(stored[1], t->person) < 0)
		return t->dn;
	state_exec("DELETE FROM affiliations WHERE id = ?1", "t", stored[0]);
	/* The remaining one is read by the next verification. */
	work_request_verify();
	return exists ? arena_printf(a,
	                             "portvaktId=%s,portvaktId=%s,"
	                             "ou=people,%s",
	                             stored[0], stored[1], cfg->catalogue.base)
	              : NULL;
}

static bool drift_resolve_duplicate(const struct config *cfg,
                                    const struct duplicate_entry *t,
                                    struct error *err)
{
	struct arena *a = arena_open();

	state_lock();
	const char *loser = drift_choose_removal(a, cfg, t);
	state_unlock();
	bool good = !loser || drift_remove(cfg, loser, err);
	arena_close(a);
	return good;
}

static void drift_store_count(size_t count)
{
	if (count == 0)
		return;
	log_event(LOG_CATALOGUE_DRIFT, NULL);
	state_lock();
	state_exec("INSERT OR REPLACE INTO meta VALUES('drift', ?1)", "i",
	           (int64_t)count);
	state_exec("INSERT OR REPLACE INTO meta VALUES('drift_at', ?1)", "i",
	           clock_now());
	state_unlock();
}

bool drift_repair(const struct config *cfg, struct drift *d, struct error *err)
{
	bool good = true;

	drift_store_count(d->changed + d->foreign.count + d->duplicates.count);
	if (d->foreign.count > 0)
		qsort(d->foreign.at, d->foreign.count, sizeof(d->foreign.at[0]),
		      drift_longer_first);
	for (size_t i = 0; i < d->foreign.count && good; i++)
		good = drift_remove(cfg, d->foreign.at[i], err);
	for (size_t i = 0; i < d->duplicates.count && good; i++)
		good = drift_resolve_duplicate(cfg, &d->duplicates.at[i], err);
	return good;
}
