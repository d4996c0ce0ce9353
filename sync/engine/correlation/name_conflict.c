/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_conflict.c: finds who else has, or had until recently, a login name or a
 * mail address.  A login name is looked up in the directory at a login, so two
 * entries of one directory exclude each other also where they are the same
 * person's, or one of them is disabled. */
#include "sync/engine/correlation/name_conflict.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/source/directory_move.h"
#include "sync/engine/source/name_index.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/desired_entry.h"

static const char *const reasons_in_use[NAME_KINDS] = { "login-name-in-use",
	                                                "mail-in-use" };
static const char *const reasons_held[NAME_KINDS] = { "login-name-held",
	                                              "mail-held" };

/* Another entry, with its affiliation if it has one. */
struct name_holder {
	const char *directory, *anchor, *municipality;
	const char *person;   /* NULL: none yet */
	const json_t *before; /* in the catalogue, or NULL */
	int64_t suspended_at; /* 0: active */
	bool lives;           /* its entry exists and is in use */
	bool has_it;          /* its entry has the name */
	bool has_same_number; /* as the entry, and may be its person */
};

static bool name_list_has(struct arena *a, const json_t *attrs,
                          enum name_kind kind, const char *folded)
{
	const json_t *list = js_array(attrs, name_attributes[kind]);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (text_equal(name_normalize(a, json_string_value(
						     json_array_get(list, i))),
		               folded))
			return true;
	return false;
}

static bool name_is_shared(const struct name_claim *c, enum name_kind kind)
{
	const struct directory_conf *d =
	    config_directory(c->cfg, c->entry->directory);

	return kind == NAME_MAIL &&
	       (c->classification->municipality->shared_mail ||
	        (d && d->shared_mail));
}

/* ---- the others */

static char ***name_select_affiliation(struct arena *a, const char *directory,
                                       const char *anchor, size_t *ret_count)
{
	return state_rows(a, ret_count,
	                  "SELECT person, form, suspended, status"
	                  " FROM affiliations WHERE directory = ?1"
	                  " AND anchor = ?2",
	                  "tt", directory, anchor);
}

static void name_load_affiliation(const struct name_claim *c,
                                  struct name_holder *h)
{
	size_t count = 0;
	char ***rows =
	    name_select_affiliation(c->arena, h->directory, h->anchor, &count);
	long long at = 0;

	if (count == 0)
		return;
	h->person = rows[0][0];
	h->before = entry_json_parse(c->arena, rows[0][1]);
	if (text_equal(rows[0][3], "suspended") && rows[0][2] &&
	    text_to_number(rows[0][2], 0, INT64_MAX, &at))
		h->suspended_at = at;
	h->municipality = entry_json_value(h->before, "portvaktMunicipality");
}

struct name_claim name_conflict_claim(struct arena *a, const struct config *cfg,
                                      const struct source_entry *entry,
                                      const struct classification *s)
{
	size_t count = 0;
	char ***rows =
	    name_select_affiliation(a, entry->directory, entry->anchor, &count);

	return (struct name_claim){
		.arena = a,
		.cfg = cfg,
		.entry = entry,
		.classification = s,
		.person = count > 0 ? rows[0][0] : NULL,
		.before = count > 0 ? entry_json_parse(a, rows[0][1]) : NULL
	};
}

static struct name_holder name_load_holder(const struct name_claim *c,
                                           enum name_kind kind,
                                           const char *folded,
                                           const char *directory,
                                           const char *anchor)
{
	const struct source_entry *entry =
	    source_entry_load(c->arena, directory, anchor);
	struct name_holder h = { .directory = directory, .anchor = anchor };
	struct classification s;

	name_load_affiliation(c, &h);
	if (!source_entry_classify(c->arena, c->cfg, entry, &s))
		return h;
	h.municipality = s.municipality->name;
	h.lives =
	    !source_entry_is_disabled(entry, clock_now()) ||
	    (kind == NAME_LOGIN && text_equal(directory, c->entry->directory));
	h.has_it = name_list_has(
	    c->arena, desired_names(c->arena, entry, h.before), kind, folded);
	h.has_same_number = !c->is_another && entry->join_value &&
	                    text_equal(entry->join_value, c->entry->join_value);
	return h;
}

static bool name_is_in_scope(const struct name_claim *c, const char *directory,
                             const char *municipality)
{
	return text_equal(directory, c->entry->directory) ||
	       text_equal(municipality, c->classification->municipality->name);
}

static bool name_is_same_person(const struct name_claim *c,
                                const struct name_holder *h)
{
	return c->person && h->person ? text_equal(c->person, h->person)
	                              : h->has_same_number;
}

enum name_rank_value {
	NAME_RANK_NEW,   /* not in the catalogue */
	NAME_RANK_KNOWN, /* ... without the name */
	NAME_RANK_HAD_IT,
	NAME_RANK_HAS_IT, /* ... and active */
};

static enum name_rank_value name_rank(struct arena *a, const json_t *before,
                                      enum name_kind kind, const char *folded)
{
	if (!before)
		return NAME_RANK_NEW;
	if (!name_list_has(a, before, kind, folded))
		return NAME_RANK_KNOWN;
	return text_equal(entry_json_value(before, "portvaktStatus"), "active")
	           ? NAME_RANK_HAS_IT
	           : NAME_RANK_HAD_IT;
}

static bool name_comes_first(const struct name_claim *c,
                             const struct name_holder *h, enum name_kind kind,
                             const char *folded)
{
	enum name_rank_value own = name_rank(c->arena, c->before, kind, folded);
	enum name_rank_value other =
	    name_rank(c->arena, h->before, kind, folded);
	int by_directory = strcmp(h->directory, c->entry->directory);

	if (own != other)
		return other > own;
	return by_directory != 0 ? by_directory < 0
	                         : strcmp(h->anchor, c->entry->anchor) < 0;
}

/* ---- names in use */

static const char *name_subject(const struct name_claim *c,
                                const struct name_holder *h)
{
	return overrides_subject(c->arena, h->directory, h->anchor);
}

static bool name_is_in_use_by(const struct name_claim *c,
                              const struct name_holder *h, enum name_kind kind,
                              const char *folded)
{
	bool same_person = name_is_same_person(c, h);

	/* Its person is in the directory that replaces it. */
	if (!h->before && directory_successor(c->cfg, h->directory))
		return false;
	if (!h->lives || !h->has_it ||
	    !name_is_in_scope(c, h->directory, h->municipality))
		return false;
	if (same_person && (kind == NAME_MAIL ||
	                    !text_equal(h->directory, c->entry->directory)))
		return false;
	return name_comes_first(c, h, kind, folded);
}

static bool name_find_user(const struct name_claim *c, enum name_kind kind,
                           const char *folded, struct name_conflict *ret)
{
	size_t count = 0;
	char ***rows = state_rows(c->arena, &count,
	                          "SELECT directory, anchor FROM names"
	                          " WHERE kind = ?1 AND name = ?2 AND NOT"
	                          " (directory = ?3 AND anchor = ?4)",
	                          "ittt", (int64_t)kind, folded,
	                          c->entry->directory, c->entry->anchor);

	for (size_t i = 0; i < count; i++) {
		struct name_holder h =
		    name_load_holder(c, kind, folded, rows[i][0], rows[i][1]);

		if (!name_is_in_use_by(c, &h, kind, folded))
			continue;
		*ret = (struct name_conflict){ reasons_in_use[kind],
			                       name_subject(c, &h), 0 };
		return true;
	}
	return false;
}

/* ---- names given up */

static char *name_quarantine_reason(struct arena *a, const char *directory,
                                    const char *anchor)
{
	return state_text(a,
	                  "SELECT reason FROM quarantine WHERE directory = ?1"
	                  " AND anchor = ?2 AND area = ?3",
	                  "tti", directory, anchor, (int64_t)QUARANTINE_NAME);
}

static bool name_is_decided(struct arena *a, const char *directory,
                            const char *anchor)
{
	return overrides_latest(a, "join new",
	                        overrides_subject(a, directory, anchor)) !=
	       NULL;
}

/* Affiliations that have the name in the catalogue, by index. */
static char ***name_select_holders(const struct name_claim *c,
                                   enum name_kind kind, const char *folded,
                                   size_t *ret_count)
{
	if (kind == NAME_LOGIN)
		return state_rows(
		    c->arena, ret_count,
		    "SELECT directory, anchor FROM affiliations WHERE"
		    " json_extract(form, '$.portvaktLogin[0]') = ?1",
		    "t", folded);
	return state_rows(c->arena, ret_count,
	                  "SELECT directory, anchor FROM affiliations WHERE"
	                  " lower(json_extract(form, '$.mail[0]')) = ?1",
	                  "t", folded);
}

/* Returns whether the holder's entry has another name, which a third one
 * uses. */
static bool name_is_kept_by(const struct name_claim *c,
                            const struct name_holder *h, enum name_kind kind)
{
	const struct source_entry *entry =
	    source_entry_load(c->arena, h->directory, h->anchor);
	struct name_conflict found;
	struct classification s;

	if (!name_quarantine_reason(c->arena, h->directory, h->anchor) ||
	    !source_entry_classify(c->arena, c->cfg, entry, &s))
		return false;
	struct name_claim claim =
	    name_conflict_claim(c->arena, c->cfg, entry, &s);
	const json_t *list =
	    js_array(desired_names(c->arena, entry, claim.before),
	             name_attributes[kind]);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (name_find_user(
			&claim, kind,
			name_normalize(c->arena, json_string_value(
						     json_array_get(list, i))),
			&found))
			return true;
	return false;
}

/* One that waits for a name that is in use still has this one; otherwise it is
 * given up as soon as the catalogue is written.  Several that only wait for one
 * another's names get them in time. */
static bool name_is_held_by(const struct name_claim *c,
                            const struct name_holder *h, enum name_kind kind,
                            struct name_conflict *ret)
{
	*ret = (struct name_conflict){ reasons_in_use[kind], name_subject(c, h),
		                       0 };
	if (name_is_kept_by(c, h, kind))
		return true;
	ret->reason = reasons_held[kind];
	ret->until = (h->suspended_at > 0 ? h->suspended_at : clock_now()) +
	             c->cfg->hold_released_names;
	if (name_is_decided(c->arena, c->entry->directory, c->entry->anchor) &&
	    (h->suspended_at > 0 ||
	     name_is_decided(c->arena, h->directory, h->anchor)))
		return false;
	return ret->until > clock_now();
}

static bool name_find_holder(const struct name_claim *c, enum name_kind kind,
                             const char *folded, struct name_conflict *ret)
{
	size_t count = 0;
	char ***rows = name_select_holders(c, kind, folded, &count);

	for (size_t i = 0; i < count; i++) {
		struct name_holder h =
		    name_load_holder(c, kind, folded, rows[i][0], rows[i][1]);

		if ((h.lives && h.has_it) || name_is_same_person(c, &h) ||
		    !name_is_in_scope(c, h.directory, h.municipality))
			continue;
		if (name_is_held_by(c, &h, kind, ret))
			return true;
	}
	return false;
}

static const char *name_former_holder(struct arena *a, const char *owner)
{
	char *subject = state_text(a,
	                           "SELECT directory || ':' || anchor"
	                           " FROM affiliations WHERE id = ?1",
	                           "t", owner);

	return subject ? subject : arena_printf(a, "person %s", owner);
}

/* Released by an affiliation that is there, or by one that was removed. */
static bool name_find_released(const struct name_claim *c, enum name_kind kind,
                               const char *folded, struct name_conflict *ret)
{
	size_t count = 0;
	char *hash =
	    arena_printf(c->arena, "#%s",
	                 released_name_hash(c->arena, c->cfg, kind, folded));
	char ***rows = state_rows(
	    c->arena, &count,
	    "SELECT r.owner, r.directory, r.municipality, r.at FROM released"
	    " AS r LEFT JOIN affiliations AS f ON f.id = r.owner"
	    " WHERE r.kind = ?1 AND r.name IN (?2, ?3) AND r.at > ?4"
	    " AND coalesce(f.person, r.owner) IS NOT ?5 ORDER BY r.at DESC",
	    "ittit", (int64_t)kind, folded, hash,
	    clock_now() - c->cfg->hold_released_names, c->person);

	for (size_t i = 0; i < count; i++) {
		long long at = 0;

		if (!name_is_in_scope(c, rows[i][1], rows[i][2]) ||
		    name_is_decided(c->arena, c->entry->directory,
		                    c->entry->anchor) ||
		    !text_to_number(rows[i][3], 0, INT64_MAX, &at))
			continue;
		*ret =
		    (struct name_conflict){ reasons_held[kind],
			                    name_former_holder(c->arena,
			                                       rows[i][0]),
			                    at + c->cfg->hold_released_names };
		return true;
	}
	return false;
}

/* Two that each wait for the other's name get them after the same time. */
static bool name_has_waited(const struct name_claim *c, enum name_kind kind)
{
	int64_t since = state_number(
	    "SELECT since FROM quarantine WHERE directory = ?1 AND anchor = ?2"
	    " AND area = ?3 AND reason = ?4",
	    "ttit", c->entry->directory, c->entry->anchor,
	    (int64_t)QUARANTINE_NAME, reasons_held[kind]);

	return since > 0 && since + c->cfg->hold_released_names <= clock_now();
}

/* ---- one entry */

static bool name_has_conflict(const struct name_claim *c, enum name_kind kind,
                              const char *folded, struct name_conflict *ret)
{
	if (name_find_user(c, kind, folded, ret))
		return true;
	if (name_rank(c->arena, c->before, kind, folded) == NAME_RANK_HAS_IT)
		return false;
	bool found = name_find_holder(c, kind, folded, ret) ||
	             (c->cfg->hold_released_names > 0 &&
	              name_find_released(c, kind, folded, ret));

	return found && (ret->until == 0 || !name_has_waited(c, kind));
}

bool name_conflict_find(const struct name_claim *c, enum name_kind kind,
                        struct name_conflict *ret)
{
	const json_t *attrs = desired_names(c->arena, c->entry, c->before);
	const json_t *list = js_array(attrs, name_attributes[kind]);

	if (name_is_shared(c, kind))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (name_has_conflict(
			c, kind,
			name_normalize(c->arena, json_string_value(
						     json_array_get(list, i))),
			ret))
			return true;
	return false;
}

bool name_conflict_judge(const struct name_claim *c)
{
	struct name_conflict found = { 0 };
	bool any = false;

	for (enum name_kind kind = 0; kind < NAME_KINDS && !any; kind++)
		any = name_conflict_find(c, kind, &found);
	quarantine_set(c->entry->directory, c->entry->anchor, QUARANTINE_NAME,
	               any ? found.reason : NULL, any ? found.other : NULL);
	return any;
}

/* Returns whether another living entry has got the name in the catalogue. */
static bool name_was_given(const struct name_claim *c, enum name_kind kind,
                           const char *folded)
{
	struct name_claim without = *c;
	struct name_conflict found;
	size_t count = 0;

	without.before = NULL;
	(void)name_select_holders(c, kind, folded, &count);
	return count > 1 && name_find_user(&without, kind, folded, &found);
}

/* What another one has got since is not taken back. */
static void name_keep_former_values(const struct name_claim *c,
                                    enum name_kind kind, json_t *attrs)
{
	const json_t *had = js_array(c->before, name_attributes[kind]);
	json_t *kept = json_array();

	for (size_t i = 0; i < json_array_size(had); i++)
		if (!name_was_given(
			c, kind,
			name_normalize(c->arena, json_string_value(
						     json_array_get(had, i)))))
			(void)json_array_append(kept, json_array_get(had, i));
	(void)json_object_del(attrs, name_attributes[kind]);
	if (json_array_size(kept) > 0)
		(void)json_object_set(attrs, name_attributes[kind], kept);
	json_decref(kept);
}

void name_conflict_keep_former(const struct name_claim *c, json_t *attrs)
{
	struct name_conflict found;

	if (!name_quarantine_reason(c->arena, c->entry->directory,
	                            c->entry->anchor))
		return;
	for (enum name_kind kind = 0; kind < NAME_KINDS; kind++)
		if (name_conflict_find(c, kind, &found))
			name_keep_former_values(c, kind, attrs);
}

/* ---- the end of a wait */

void name_conflict_mark_ended_holds(const struct config *cfg, int64_t last)
{
	int64_t end = clock_now() - cfg->hold_released_names;

	state_exec("INSERT INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?1 FROM quarantine AS q"
	           " WHERE area = ?2 AND reason IN (?3, ?4) AND (since <= ?6"
	           " OR EXISTS (SELECT 1 FROM released WHERE at > ?5"
	           " AND at <= ?6) OR EXISTS (SELECT 1 FROM affiliations"
	           " WHERE status = 'suspended' AND suspended > ?5"
	           " AND suspended <= ?6))"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "iittii", state_now_ms(), (int64_t)QUARANTINE_NAME,
	           reasons_held[NAME_LOGIN], reasons_held[NAME_MAIL],
	           last - cfg->hold_released_names, end);
}

void name_conflict_mark_waiting(struct arena *a, const json_t *attrs)
{
	const char *directory = entry_json_value(attrs, "portvaktDirectory");
	const char *anchor = entry_json_value(attrs, "portvaktAnchor");

	for (enum name_kind kind = 0; kind < NAME_KINDS; kind++) {
		const json_t *list = js_array(attrs, name_attributes[kind]);

		for (size_t i = 0; i < json_array_size(list); i++)
			name_index_mark_waiting(
			    directory, anchor, kind,
			    name_normalize(
				a, json_string_value(json_array_get(list, i))));
	}
}
