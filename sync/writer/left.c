/* SPDX-License-Identifier: AGPL-3.0-or-later
 * municipality_purge.c: removes a municipality that has left from the
 * catalogue, the change log and the cache. */
#include "sync/writer/left.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/decisions.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

/* ---- conditions */

static bool is_decided(struct arena *a, const char *municipality)
{
	size_t count = 0;
	const struct decision *all =
	    decisions_of(a, "leave", municipality, &count);

	for (size_t i = 0; i < count; i++)
		for (const char **s = all[i].subjects; *s; s++)
			if (text_equal(*s, "step remove"))
				return true;
	return false;
}

bool left_has_gone(struct arena *a, const struct region *r,
                   const struct municipality *m)
{
	return municipality_has_left(m, clock_now()) && !m->issuer &&
	       m->people_count == 0 && region_issuer(r, m->name) == NULL &&
	       is_decided(a, m->name);
}

bool left_is_removed(struct arena *a, const struct region *r,
                     const json_t *form)
{
	const char *name = form_text(form, "portvaktMunicipality");
	const struct municipality *m =
	    name ? region_municipality(r, name) : NULL;

	return m && left_has_gone(a, r, m);
}

/* ---- people: planned like all others, but not held */

static int64_t let_go(const char *municipality)
{
	static const char whose[] =
	    "INSERT OR IGNORE INTO announced SELECT directory, anchor"
	    " FROM affiliations WHERE"
	    " json_extract(form, '$.portvaktMunicipality[0]') = ?1";

	state_do(whose, "t", municipality);
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT directory, anchor, 0 FROM affiliations WHERE"
	         " json_extract(form, '$.portvaktMunicipality[0]') = ?1",
	         "t", municipality);
	state_do("DELETE FROM held WHERE EXISTS (SELECT 1 FROM affiliations"
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

struct doomed {
	struct arena *arena;
	LIST(char *) dns;
};

static bool note(void *with, const struct directory_entry *e, struct fault *why)
{
	struct doomed *d = with;

	(void)why;
	*list_add(d->arena, &d->dns) = arena_copy(d->arena, e->dn);
	return true;
}

/* Children sort before their parents. */
static int by_length(const void *x, const void *y)
{
	size_t a = strlen(*(char *const *)x), b = strlen(*(char *const *)y);

	return a < b ? 1 : a > b ? -1 : 0;
}

static bool remove_found(const struct region *r, struct arena *a,
                         const char *base, const char *filter,
                         struct fault *why)
{
	static const char *const nothing[] = { "1.1", NULL };
	struct doomed d = { .arena = a };

	if (!catalogue_each(catalogue_writer, r, base, SCOPE_SUBTREE, filter,
	                    nothing, note, &d, why))
		return false;
	if (d.dns.count > 0)
		qsort(d.dns.at, d.dns.count, sizeof(char *), by_length);
	for (size_t i = 0; i < d.dns.count; i++) {
		enum write_result done = WRITE_FAILED;

		if (!catalogue_remove(catalogue_writer, r, a, d.dns.at[i],
		                      &done, why))
			return false;
	}
	return true;
}

static bool remove_rest(const struct region *r, struct arena *a,
                        const char *name, struct fault *why)
{
	const struct {
		const char *place, *filter;
	} rows[] = {
		{ "ou=groups",
		  arena_print(a, "(portvaktMunicipality=%s)", name) },
		{ "ou=municipalities",
		  arena_print(a, "(|(portvaktId=%s)(portvaktId=%s.*))", name,
		              name) },
		{ arena_print(a, "o=%s,ou=feide", name), "(objectClass=*)" },
		{ "ou=issued,ou=decisions", arena_print(a, "(cn=%s:*)", name) },
	};

	for (size_t i = 0; i < LENGTH(rows); i++)
		if (!remove_found(r, a,
		                  arena_print(a, "%s,%s", rows[i].place,
		                              r->catalogue.base),
		                  rows[i].filter, why))
			return false;
	return true;
}

/* Otherwise they would be written again. */
static void forget_groups(const char *municipality)
{
	state_lock();
	state_do("DELETE FROM holding WHERE grp IN"
	         " (SELECT id FROM groups WHERE municipality = ?1)",
	         "t", municipality);
	state_do("DELETE FROM groups WHERE municipality = ?1", "t",
	         municipality);
	state_unlock();
}

static bool go_one(const struct region *r, struct arena *a,
                   const struct municipality *m, struct fault *why)
{
	char *mark = arena_print(a, "left:%s", m->name);

	state_lock();
	bool done = state_number("SELECT count(*) FROM meta WHERE name = ?1",
	                         "t", mark) > 0;
	bool gone = !done && left_has_gone(a, r, m);
	int64_t left = gone ? let_go(m->name) : 0;
	state_unlock();
	if (!gone || left > 0)
		return true;
	forget_groups(m->name);
	if (!remove_rest(r, a, m->name, why))
		return false;
	state_lock();
	state_do("INSERT OR REPLACE INTO meta VALUES(?1, 'gone')", "t", mark);
	state_unlock();
	log_info("all of a municipality that left is removed", "municipality",
	         m->name, NULL);
	return true;
}

bool left_go(const struct region *r, struct fault *why)
{
	struct arena *a = arena_open();
	bool good = true;

	for (size_t i = 0; i < r->municipality_count && good; i++)
		if (municipality_has_left(&r->municipalities[i], clock_now()))
			good = go_one(r, a, &r->municipalities[i], why);
	arena_close(a);
	return good;
}

/* ---- forget and scrub */

/* Ids to scrub; guarded by the state's lock. */
static json_t *to_forget;

bool left_forget(const struct question *q, char **words, struct fault *why)
{
	(void)q, (void)why;
	if (!to_forget)
		to_forget = json_object();
	for (words++; *words; words++)
		(void)json_object_set_new(to_forget, *words, json_true());
	return true;
}

/* The cache is recreated as a whole, so that no table keeps a row of these
 * people. */
bool left_scrub(const struct question *q, char **words, struct fault *why)
{
	(void)q, (void)words;
	if (to_forget && !journal_strike(to_forget, why))
		return false;
	json_decref(to_forget);
	to_forget = NULL;
	if (!state_renew(why))
		return false;
	control_want_readback();
	decisions_want();
	return true;
}
