/* SPDX-License-Identifier: AGPL-3.0-or-later
 * drift.c: corrects ou=people, which only the provisioner writes.  Foreign
 * entries are removed.  Of two affiliations of one source entry, created by two
 * provisioners at once, both choose the same one to keep. */
#include "sync/writer/drift.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/state.h"

void drift_stranger(struct drift *d, const char *dn)
{
	*list_add(d->arena, &d->strangers) = arena_copy(d->arena, dn);
}

void drift_twin(struct drift *d, const struct directory_entry *e,
                const char *person)
{
	struct arena *a = d->arena;

	*list_add(a, &d->twins) = (struct twin){
		.dn = arena_copy(a, e->dn),
		.id = arena_copy(a, entry_text(e, "portvaktId")),
		.directory = arena_copy(a, entry_text(e, "portvaktDirectory")),
		.anchor = arena_copy(a, entry_text(e, "portvaktAnchor")),
		.person = arena_copy(a, person),
	};
}

/* Children before their parents. */
static int by_length(const void *x, const void *y)
{
	size_t n = strlen(*(const char *const *)x);
	size_t m = strlen(*(const char *const *)y);

	return n < m ? 1 : n > m ? -1 : 0;
}

static bool remove_one(const struct region *r, const char *dn,
                       struct fault *why)
{
	enum write_result result = WRITE_FAILED;
	struct arena *a = arena_open();
	struct fault inner = { 0 };
	bool good =
	    catalogue_remove(catalogue_writer, r, a, dn, &result, &inner);

	arena_close(a);
	if (good)
		log_warn("removed from ou=people what sync did not write",
		         "entry", dn, NULL);
	/* An entry with children is refused, and found again next time. */
	if (!good && inner.kind != FAULT_INVALID)
		return fault(why, inner.kind, "%s", inner.text);
	return true;
}

/* ---- duplicates */

/* Returns the affiliation in the state database; NULL: none any more. */
static char **known_twin(struct arena *a, const struct twin *t)
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
static const char *loser_of(struct arena *a, const struct region *r,
                            const struct twin *t)
{
	char **known = known_twin(a, t);

	if (!known)
		return NULL;
	bool is_there = text_equal(known[2], "1");
	if (is_there && strcmp(known[1], t->person) < 0)
		return t->dn;
	state_do("DELETE FROM affiliations WHERE id = ?1", "t", known[0]);
	/* The remaining one is read by the next verification. */
	control_want_readback();
	return is_there ? arena_print(a,
	                              "portvaktId=%s,portvaktId=%s,"
	                              "ou=people,%s",
	                              known[0], known[1], r->catalogue.base)
	                : NULL;
}

static bool heal_twin(const struct region *r, const struct twin *t,
                      struct fault *why)
{
	struct arena *a = arena_open();

	state_lock();
	const char *loser = loser_of(a, r, t);
	state_unlock();
	bool good = !loser || remove_one(r, loser, why);
	arena_close(a);
	return good;
}

static void remember(size_t count)
{
	if (count == 0)
		return;
	log_warn("the catalogue was changed by somebody else", NULL);
	state_lock();
	state_do("INSERT OR REPLACE INTO meta VALUES('drift', ?1)", "i",
	         (int64_t)count);
	state_do("INSERT OR REPLACE INTO meta VALUES('drift_at', ?1)", "i",
	         clock_now());
	state_unlock();
}

bool drift_heal(const struct region *r, struct drift *d, struct fault *why)
{
	bool good = true;

	remember(d->changed + d->strangers.count + d->twins.count);
	if (d->strangers.count > 0)
		qsort(d->strangers.at, d->strangers.count,
		      sizeof(d->strangers.at[0]), by_length);
	for (size_t i = 0; i < d->strangers.count && good; i++)
		good = remove_one(r, d->strangers.at[i], why);
	for (size_t i = 0; i < d->twins.count && good; i++)
		good = heal_twin(r, &d->twins.at[i], why);
	return good;
}
