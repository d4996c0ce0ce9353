/* SPDX-License-Identifier: AGPL-3.0-or-later
 * approvals.c: approvals of held changes, loaded from the overrides: the
 * entries named by a release, welcome or accept, or the evidence named by an
 * accept.  Each is valid once: an entry that is written as active afterwards
 * has used it. */
#include "sync/engine/guard/approvals.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/json.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/state/groups_mark.h"
#include "sync/engine/state/state.h"

static const char approval_actions[] = "release welcome accept";
static const char *const approval_types[] = { "source",  "values",
	                                      "roles",   "configuration",
	                                      "dates",   "protected",
	                                      "returns", "kinds" };

/* Returns what an accept approves, or the override's own action. */
static const char *approval_type(const struct sync_override *d)
{
	if (!text_equal(d->action, "accept"))
		return d->action;
	for (size_t i = 0; i < d->count; i++)
		for (size_t w = 0; w < LENGTH(approval_types); w++)
			if (text_equal(d->subjects[i], approval_types[w]))
				return approval_types[w];
	return "";
}

static int approvals_compare_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* All parts of a list carry the hash of the whole list.  A list with missing
 * parts was not written completely and is ignored. */
static bool approval_list_is_complete(struct arena *a,
                                      const struct sync_override *all,
                                      size_t count,
                                      const struct sync_override *d)
{
	VECTOR(const char *) list = { 0 };
	struct strbuf t = strbuf_init(a);

	for (size_t i = 0; i < count; i++)
		for (size_t s = 0;
		     s < all[i].count && text_equal(all[i].hash, d->hash); s++)
			if (strchr(all[i].subjects[s], ':'))
				*vector_append(a, &list) = all[i].subjects[s];
	if (list.count > 0)
		qsort(list.at, list.count, sizeof(list.at[0]),
		      approvals_compare_text);
	for (size_t i = 0; i < list.count; i++)
		if (i == 0 || strcmp(list.at[i], list.at[i - 1]) != 0)
			strbuf_appendf(&t, "%s\n", list.at[i]);
	return text_equal(
	    hash_sha256_base64url(a, list.count > 0 ? t.data : ""), d->hash);
}

static void approvals_insert(const char *directory, const char *anchor,
                             const char *type, int64_t at)
{
	state_exec("INSERT INTO allowed VALUES(?1, ?2, ?3, ?4) ON CONFLICT"
	           " DO UPDATE SET at = max(at, excluded.at)",
	           "ttti", directory, anchor, type, at);
}

/* The subjects are a directory and the evidence in any order; both pairs are
 * stored and approvals_is_allowed() finds the right one. */
static void approvals_insert_evidence(const struct sync_override *d,
                                      const char *type)
{
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < d->count; k++)
			if (i != k && !strchr(d->subjects[i], ':') &&
			    !strchr(d->subjects[k], ':'))
				approvals_insert(d->subjects[i], d->subjects[k],
				                 type, d->from);
}

static void approvals_load_override(struct arena *a,
                                    const struct sync_override *d)
{
	const char *type = approval_type(d);

	for (size_t i = 0; i < d->count; i++) {
		const char *directory = NULL;
		const char *anchor = NULL;

		if (overrides_split_subject(a, d->subjects[i], &directory,
		                            &anchor))
			approvals_insert(directory, anchor, type, d->from);
	}
	if (text_equal(d->action, "accept"))
		approvals_insert_evidence(d, type);
}

/* Releases the held member losses of its groups, once for each release. */
static void approvals_release_groups(struct arena *a,
                                     const struct sync_override *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const char *directory = d->subjects[i];
		char *name = arena_printf(a, "groups %s", directory);

		if (strchr(directory, ':') ||
		    state_number("SELECT value FROM meta WHERE name = ?1", "t",
		                 name) >= d->from)
			continue;
		groups_mark_released(directory);
		state_exec("INSERT OR REPLACE INTO meta VALUES(?1, ?2)", "ti",
		           name, d->from);
	}
}

void approvals_load(void)
{
	struct arena *a = arena_open();
	size_t count = 0;
	const struct sync_override *all =
	    overrides_list(a, approval_actions, NULL, &count);
	json_t *complete_lists = js_own(a, json_object());

	state_exec("DELETE FROM allowed", "");
	for (size_t i = 0; i < count; i++) {
		const char *hash = all[i].hash;

		if (hash && !json_object_get(complete_lists, hash))
			(void)json_object_set_new(
			    complete_lists, hash,
			    json_boolean(approval_list_is_complete(
				a, all, count, &all[i])));
		if (hash &&
		    !json_is_true(json_object_get(complete_lists, hash)))
			continue;
		approvals_load_override(a, &all[i]);
		if (text_equal(all[i].action, "release"))
			approvals_release_groups(a, &all[i]);
	}
	arena_close(a);
}

bool approvals_is_allowed(const char *type, const char *directory,
                          const char *anchor)
{
	return state_number("SELECT count(*) FROM allowed AS x LEFT JOIN"
	                    " affiliations AS f ON f.directory = x.directory"
	                    " AND f.anchor = x.anchor WHERE x.directory = ?1"
	                    " AND x.anchor = ?2 AND x.approval = ?3"
	                    " AND x.at > coalesce(f.seen, 0)",
	                    "ttt", directory, anchor, type) > 0;
}

void approvals_mark_suspects(const char *directory)
{
	state_exec(
	    "UPDATE suspects SET free = CASE WHEN EXISTS (SELECT 1 FROM allowed"
	    " AS x LEFT JOIN affiliations AS f ON f.directory = x.directory"
	    " AND f.anchor = x.anchor WHERE x.directory = ?1"
	    " AND x.anchor = suspects.anchor AND x.approval = CASE what"
	    " WHEN 1 THEN 'release' WHEN 8 THEN 'welcome' WHEN 16 THEN ''"
	    " WHEN 32 THEN 'returns' WHEN 64 THEN 'kinds'"
	    " WHEN 128 THEN 'kinds' WHEN 4 THEN 'roles' WHEN 256 THEN 'roles'"
	    " WHEN 512 THEN 'dates' WHEN 4096 THEN 'protected'"
	    " ELSE 'values' END"
	    " AND x.at > coalesce(f.seen, 0)) THEN 3"
	    " WHEN what = 1 AND EXISTS (SELECT 1 FROM announced AS n WHERE"
	    " n.directory = ?1 AND n.anchor = suspects.anchor) THEN 2"
	    " WHEN free = 3 THEN 0 ELSE free END WHERE directory = ?1",
	    "t", directory);
}
