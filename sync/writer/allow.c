/* SPDX-License-Identifier: AGPL-3.0-or-later
 * approvals.c: approvals of held changes, loaded from the overrides: the
 * entries named by a release, welcome or accept, or the evidence named by an
 * accept.  Each is valid once: an entry that is written as active afterwards
 * has used it. */
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/list.h"
#include "lib/text.h"
#include "sync/writer/decisions.h"
#include "sync/writer/groups.h"
#include "sync/writer/guard.h"
#include "sync/writer/state.h"

static const char kinds[] = "release welcome accept";
static const char *const words[] = { "source", "values", "roles",
	                             "configuration" };

/* Returns what an accept approves, or the override's own action. */
static const char *word_of(const struct decision *d)
{
	if (!text_equal(d->decides, "accept"))
		return d->decides;
	for (size_t i = 0; i < d->count; i++)
		for (size_t w = 0; w < LENGTH(words); w++)
			if (text_equal(d->subjects[i], words[w]))
				return words[w];
	return "";
}

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* All parts of a list carry the hash of the whole list.  A list with missing
 * parts was not written completely and is ignored. */
static bool is_whole(struct arena *a, const struct decision *all, size_t count,
                     const struct decision *d)
{
	LIST(const char *) list = { 0 };
	struct text t = text_in(a);

	for (size_t i = 0; i < count; i++)
		for (size_t s = 0;
		     s < all[i].count && text_equal(all[i].hash, d->hash); s++)
			if (strchr(all[i].subjects[s], ':'))
				*list_add(a, &list) = all[i].subjects[s];
	if (list.count > 0)
		qsort(list.at, list.count, sizeof(list.at[0]), by_text);
	for (size_t i = 0; i < list.count; i++)
		if (i == 0 || strcmp(list.at[i], list.at[i - 1]) != 0)
			text_addf(&t, "%s\n", list.at[i]);
	return text_equal(hash_text(a, list.count > 0 ? t.at : ""), d->hash);
}

static void allow(const char *directory, const char *anchor, const char *word,
                  int64_t at)
{
	state_do("INSERT INTO allowed VALUES(?1, ?2, ?3, ?4) ON CONFLICT"
	         " DO UPDATE SET at = max(at, excluded.at)",
	         "ttti", directory, anchor, word, at);
}

/* The subjects are a directory and the evidence in any order; both pairs are
 * stored and approvals_is_allowed() finds the right one. */
static void allow_evidence(const struct decision *d, const char *word)
{
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < d->count; k++)
			if (i != k && !strchr(d->subjects[i], ':') &&
			    !strchr(d->subjects[k], ':'))
				allow(d->subjects[i], d->subjects[k], word,
				      d->from);
}

static void take(struct arena *a, const struct decision *d)
{
	const char *word = word_of(d);

	for (size_t i = 0; i < d->count; i++) {
		const char *colon = strchr(d->subjects[i], ':');

		if (colon)
			allow(arena_bytes(a, d->subjects[i],
			                  (size_t)(colon - d->subjects[i])),
			      colon + 1, word, d->from);
	}
	if (text_equal(d->decides, "accept"))
		allow_evidence(d, word);
}

/* Releases the held member losses of its groups, once for each release. */
static void release_groups(struct arena *a, const struct decision *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const char *directory = d->subjects[i];
		char *name = arena_print(a, "groups %s", directory);

		if (strchr(directory, ':') ||
		    state_number("SELECT value FROM meta WHERE name = ?1", "t",
		                 name) >= d->from)
			continue;
		groups_release(directory);
		state_do("INSERT OR REPLACE INTO meta VALUES(?1, ?2)", "ti",
		         name, d->from);
	}
}

void allow_read(void)
{
	struct arena *a = arena_open();
	size_t count = 0;
	const struct decision *all = decisions_of(a, kinds, NULL, &count);
	json_t *whole = js_keep(a, json_object());

	state_do("DELETE FROM allowed", "");
	for (size_t i = 0; i < count; i++) {
		const char *hash = all[i].hash;

		if (hash && !json_object_get(whole, hash))
			(void)json_object_set_new(
			    whole, hash,
			    json_boolean(is_whole(a, all, count, &all[i])));
		if (hash && !json_is_true(json_object_get(whole, hash)))
			continue;
		take(a, &all[i]);
		if (text_equal(all[i].decides, "release"))
			release_groups(a, &all[i]);
	}
	arena_close(a);
}

bool allow_is(const char *word, const char *directory, const char *anchor)
{
	return state_number("SELECT count(*) FROM allowed AS x LEFT JOIN"
	                    " affiliations AS f ON f.directory = x.directory"
	                    " AND f.anchor = x.anchor WHERE x.directory = ?1"
	                    " AND x.anchor = ?2 AND x.word = ?3"
	                    " AND x.at > coalesce(f.seen, 0)",
	                    "ttt", directory, anchor, word) > 0;
}
