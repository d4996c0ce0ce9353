/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reconcile_plan.c: compares the desired state of one person's entries with
 * what was written last. */
#include "sync/engine/provision/reconcile_plan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/tombstones.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/provision/former_id.h"
#include "sync/engine/provision/plan_private.h"
#include "sync/engine/provision/plan_values.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/desired_entry.h"
#include "sync/engine/target/former_name.h"
#include "sync/engine/target/protected_address.h"
#include "sync/engine/target/purge_check.h"

/* ---- the person */

/* Precedence: by kind, municipality and DN.  Those in doubt are last, and
 * before them those that joined a person of another municipality without a
 * proof. */
static int plan_compare_precedence(const void *x, const void *y)
{
	const struct planned_affiliation *h =
	    *(struct planned_affiliation *const *)x;
	const struct planned_affiliation *i =
	    *(struct planned_affiliation *const *)y;

	if (!h->proof.doubt != !i->proof.doubt)
		return i->proof.doubt ? -1 : 1;
	if (h->is_unproved != i->is_unproved)
		return i->is_unproved ? -1 : 1;
	if (h->classification.kind != i->classification.kind)
		return h->classification.kind < i->classification.kind ? -1 : 1;
	int where = strcmp(h->classification.municipality->name,
	                   i->classification.municipality->name);
	return where != 0 ? where
	                  : strcmp(h->entry->normal_dn, i->entry->normal_dn);
}

static const struct source_entry **plan_live_entries(
    struct arena *a, struct planned_affiliation *all, size_t count,
    size_t *ret_count)
{
	struct planned_affiliation **live =
	    arena_array(a, struct planned_affiliation *, count);
	const struct source_entry **entries =
	    arena_array(a, const struct source_entry *, count);
	size_t live_count = 0;

	for (size_t i = 0; i < count; i++)
		if (all[i].is_classified)
			live[live_count++] = &all[i];
	if (live_count > 0)
		qsort(live, live_count, sizeof(live[0]),
		      plan_compare_precedence);
	for (size_t i = 0; i < live_count; i++)
		entries[i] = live[i]->entry;
	*ret_count = live_count;
	return entries;
}

/* Returns how many of the live entries may name the person: those that are in
 * no doubt, or all if there is no other. */
static size_t plan_count_naming(const struct planned_affiliation *all,
                                size_t count, size_t live_count)
{
	size_t naming = 0;

	for (size_t i = 0; i < count; i++)
		naming += all[i].is_classified && !all[i].proof.doubt;
	return naming > 0 ? naming : live_count;
}

static bool plan_any_has_status(const struct planned_affiliation *all,
                                size_t count, const char *status)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(entry_json_value(all[i].after, "portvaktStatus"),
		               status))
			return true;
	return false;
}

static const char *plan_latest_suspension(const struct planned_affiliation *all,
                                          size_t count)
{
	const char *latest = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *since =
		    entry_json_value(all[i].after, "portvaktSuspended");

		if (since && (!latest || strcmp(since, latest) > 0))
			latest = since;
	}
	return latest;
}

static void plan_set_person_status(json_t *attrs,
                                   const struct planned_affiliation *all,
                                   size_t count)
{
	bool active = plan_any_has_status(all, count, "active");

	entry_json_set(attrs, "portvaktStatus",
	               active ? "active" : "suspended");
	entry_json_set(attrs, "portvaktSuspended",
	               active ? NULL : plan_latest_suspension(all, count));
}

struct plan_builder {
	struct arena *arena;
	const char *person;
	bool from_empty; /* as if the catalogue were empty */
	VECTOR(struct plan_step) steps;
};

static struct plan_step *plan_add_step(struct plan_builder *p, const char *id,
                                       const char *csn, const json_t *before,
                                       const json_t *after)
{
	struct plan_step *s = vector_append(p->arena, &p->steps);

	if (p->from_empty)
		before = NULL;
	*s = (struct plan_step){ .kind = !after   ? STEP_REMOVE
		                         : before ? STEP_CHANGE
		                                  : STEP_ADD,
		                 .id = id,
		                 .person = p->person,
		                 .csn = csn,
		                 .before = before,
		                 .after = after };
	return s;
}

static bool plan_is_unchanged(const struct plan_builder *p,
                              const struct planned_affiliation *h)
{
	bool is_moved = h->before && h->after && h->current_parent &&
	                !text_equal(h->current_parent, p->person);

	if (p->from_empty)
		return !h->after;
	return (!is_moved && json_equal(h->before, h->after)) ||
	       (!h->before && !h->after);
}

static void plan_affiliation_steps(struct plan_builder *p,
                                   const struct planned_affiliation *all,
                                   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct planned_affiliation *h = &all[i];

		if (plan_is_unchanged(p, h))
			continue;
		struct plan_step *s =
		    plan_add_step(p, h->id, h->csn, h->before, h->after);
		if (s->before && h->current_parent &&
		    !text_equal(h->current_parent, p->person))
			s->current_parent = h->current_parent;
		s->directory = h->directory;
		s->anchor = h->anchor;
	}
}

static bool plan_any_remains(const struct planned_affiliation *all,
                             size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].after)
			return true;
	return false;
}

/* Returns whether an entry of the person may exist unread: its directory is
 * not read yet, or the deactivation is held. */
static bool plan_has_unread_entry(const struct planned_affiliation *all,
                                  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].after && !all[i].is_classified &&
		    (!source_is_complete(all[i].directory) ||
		     all[i].held & HOLD_DEACTIVATE))
			return true;
	return false;
}

/* Held changes and missing sources do not change the person's names. */
static void plan_keep_names(json_t *attrs, const json_t *before,
                            const struct planned_affiliation *all, size_t count)
{
	static const char *const names[] = { "cn", "displayName", "sn",
		                             "givenName" };
	bool lost = false;
	int held = 0;

	for (size_t i = 0; i < count; i++)
		held |= all[i].held;
	for (size_t i = 0; before && i < LENGTH(names); i++)
		lost |=
		    js_array(before, names[i]) && !js_array(attrs, names[i]);
	if (!before || !(held & (HOLD_CONFIG_CHANGE | HOLD_SAME_VALUE) ||
	                 (held & HOLD_VALUE_LOSS && lost) ||
	                 plan_has_unread_entry(all, count)))
		return;
	for (size_t i = 0; i < LENGTH(names); i++)
		entry_json_set(attrs, names[i],
		               entry_json_value(before, names[i]));
}

/* Held changes and missing sources do not remove protection. */
static void plan_keep_protection(json_t *attrs, const json_t *before,
                                 const struct planned_affiliation *all,
                                 size_t count)
{
	static const char name[] = "portvaktProtected";
	const char *now = entry_json_value(attrs, name);
	bool is_uncertain = false;

	for (size_t i = 0; i < count; i++)
		is_uncertain |=
		    (all[i].after && !all[i].is_classified) ||
		    all[i].held & (HOLD_PROTECTED | HOLD_CONFIG_CHANGE);
	if (is_uncertain && protected_address_stricter(
				entry_json_value(before, name), now) != now)
		entry_json_set(attrs, name, entry_json_value(before, name));
}

/* Ids of the people that the affiliations belonged to before a merge;
 * NULL-terminated. */
static const char *const *plan_previous(struct plan_builder *p,
                                        const struct planned_affiliation *all,
                                        size_t count)
{
	const char **ids = arena_array(p->arena, const char *, count + 1);
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (all[i].proof.person_before)
			ids[found++] = all[i].proof.person_before;
	return ids;
}

static void plan_person_step(struct plan_builder *p, const struct config *cfg,
                             char **row, struct planned_affiliation *all,
                             size_t count)
{
	const json_t *before = entry_json_parse(p->arena, row[0]);
	size_t live_count = 0;
	const struct source_entry **live =
	    plan_live_entries(p->arena, all, count, &live_count);

	json_t *after =
	    desired_person(p->arena, cfg, p->person, row[2], live, live_count,
	                   plan_count_naming(all, count, live_count), before);
	plan_keep_names(after, before, all, count);
	former_name_update(p->arena, after, before);
	plan_keep_protection(after, before, all, count);
	plan_set_person_status(after, all, count);
	former_id_update(p->arena, p->person, after,
	                 plan_previous(p, all, count));
	if (before && json_equal(before, after) && !p->from_empty)
		return;
	struct plan_step *s =
	    plan_add_step(p, p->person, row[1], before, after);
	s->is_person = true;
	s->join_value = row[2];
	s->sealed_national_id =
	    plan_sealed_id(s->before, after, live, live_count);
}

/* A person without affiliations is removed. */
static void plan_remove_person(struct plan_builder *p, char **row)
{
	const json_t *before = entry_json_parse(p->arena, row[0]);
	struct plan_step *s = plan_add_step(p, p->person, row[1], before, NULL);

	s->is_person = true;
}

const struct source_entry *const *plan_source_entries(struct arena *a,
                                                      const struct config *cfg,
                                                      const char *person,
                                                      size_t *ret_count)
{
	size_t count = 0;
	struct planned_affiliation *all =
	    plan_load_affiliations(a, cfg, person, NULL, &count);

	return plan_live_entries(a, all, count, ret_count);
}

/* A municipality that leaves takes its ids with it. */
static struct plan_tombstone plan_tombstone(
    struct plan_builder *p, const struct config *cfg, char **row,
    const struct planned_affiliation *all, size_t count)
{
	struct arena *a = p->arena;
	json_t *removed = js_own(a, json_array());
	json_t *living = js_own(a, json_object());
	const json_t *before = tombstone_of(a, p->person);

	for (size_t i = 0; i < count; i++)
		if (all[i].after)
			(void)json_object_set_new(living, all[i].id,
			                          json_true());
		else if (all[i].before &&
		         !purge_includes(a, cfg, all[i].before))
			(void)json_array_append(removed,
			                        (json_t *)all[i].before);
	if (p->from_empty || (!before && json_array_size(removed) == 0))
		return (struct plan_tombstone){ 0 };
	const json_t *after = tombstone_desired(
	    a, cfg,
	    &(struct tombstone_facts){
		.person = p->person,
		.join_value = row ? row[2] : NULL,
		.before = before,
		.former_ids = js_array(entry_json_parse(a, row ? row[0] : NULL),
	                               "portvaktFormerId"),
		.removed = removed,
		.living = living });
	return (struct plan_tombstone){
		.after = after,
		.is_changed = !(before && after ? json_equal(before, after)
		                                : before == after),
		.is_first = json_array_size(removed) > 0,
	};
}

static struct plan plan_build(struct plan_builder p, const struct config *cfg,
                              const json_t *checked)
{
	struct arena *a = p.arena;
	const char *person = p.person;
	size_t count = 0;
	size_t person_count = 0;
	char ***rows = state_rows(a, &person_count,
	                          "SELECT form, csn, joins FROM people"
	                          " WHERE id = ?1",
	                          "t", person);
	struct planned_affiliation *all =
	    plan_load_affiliations(a, cfg, person, checked, &count);

	if (person_count == 1 && plan_any_remains(all, count))
		plan_person_step(&p, cfg, rows[0], all, count);
	plan_affiliation_steps(&p, all, count);
	bool deletes_person =
	    person_count == 1 && !plan_any_remains(all, count);
	if (deletes_person && !p.from_empty)
		plan_remove_person(&p, rows[0]);
	return (struct plan){ person, p.steps.at, p.steps.count, deletes_person,
		              plan_tombstone(&p, cfg,
		                             person_count == 1 ? rows[0] : NULL,
		                             all, count) };
}

struct plan plan_person(struct arena *a, const struct config *cfg,
                        const char *person, const json_t *checked)
{
	return plan_build((struct plan_builder){ .arena = a, .person = person },
	                  cfg, checked);
}

struct plan plan_full(struct arena *a, const struct config *cfg,
                      const char *person)
{
	return plan_build((struct plan_builder){ .arena = a,
	                                         .person = person,
	                                         .from_empty = true },
	                  cfg, js_own(a, json_object()));
}
