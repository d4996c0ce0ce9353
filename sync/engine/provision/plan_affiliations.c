/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plan_affiliations.c: the desired state of each affiliation of a person.  A
 * leaver is suspended at once and removed after the grace period. */
#include "sync/engine/provision/plan_private.h"

#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/released_names.h"
#include "sync/engine/correlation/name_conflict.h"
#include "sync/engine/guard/change_effects.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/guard/change_impact.h"
#include "sync/engine/provision/plan_holds.h"
#include "sync/engine/provision/plan_values.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/desired_entry.h"
#include "sync/engine/target/purge_check.h"

/* The grace period begins when the source entry is gone, also for one that was
 * disabled before.  portvaktSourceDn distinguishes the two: it is set while the
 * entry exists. */
static const json_t *desired_after_delete(struct arena *a,
                                          const struct config *cfg,
                                          const struct planned_affiliation *h)
{
	if (!h->before ||
	    (!h->is_excluded && !source_is_complete(h->directory)))
		return h->before;
	bool was_there =
	    entry_json_value(h->before, "portvaktSourceDn") != NULL;
	if (!was_there && plan_grace_is_over(a, cfg, h->id, h->before))
		return NULL;
	json_t *attrs = js_own(a, json_deep_copy(h->before));
	entry_json_set(attrs, "portvaktSourceDn", NULL);
	entry_json_set(attrs, "portvaktFormerDn", NULL);
	/* Of the entry that took it over, if that is excluded. */
	entry_json_set(attrs, "portvaktDirectory", h->directory);
	entry_json_set(attrs, "portvaktAnchor", h->anchor);
	return plan_suspended_attrs(a, attrs, was_there ? NULL : h->before);
}

/* ---- the desired state */

/* Effects that the guard has not evaluated yet are held. */
static int plan_hold_mask(const struct planned_affiliation *h,
                          const json_t *checked, const char *name)
{
	int held = guard_held_mask(h->directory, h->anchor);

	if (!checked || json_object_get(checked, name))
		return held;
	return held | impact_mask(h->directory, h->anchor);
}

/* The desired attributes, without the changes that are held and names that
 * another has. */
static json_t *desired_affiliation_guarded(struct arena *a,
                                           const struct config *cfg,
                                           const struct planned_affiliation *h)
{
	static const char recent_changes[] = "portvaktRecentChange";
	json_t *attrs =
	    h->before && h->held & HOLD_CONFIG_CHANGE
		? js_own(a, json_deep_copy(h->before))
		: desired_affiliation(a, h->entry, &h->classification, h->id,
	                              h->before);

	const struct name_claim claim = { .arena = a,
		                          .cfg = cfg,
		                          .entry = h->entry,
		                          .classification = &h->classification,
		                          .person = h->person,
		                          .before = h->before };

	name_conflict_keep_former(&claim, attrs);
	(void)json_object_del(attrs, recent_changes);
	if (js_array(h->before, recent_changes))
		(void)json_object_set(attrs, recent_changes,
		                      js_array(h->before, recent_changes));
	plan_holds_keep(attrs, h->before, h->held);
	return attrs;
}

static const json_t *desired_state(struct arena *a, const struct config *cfg,
                                   const struct planned_affiliation *h)
{
	if (h->before && purge_includes(a, cfg, h->before))
		return NULL;
	bool was_active =
	    text_equal(entry_json_value(h->before, "portvaktStatus"), "active");
	if (!h->is_classified)
		return was_active && !h->is_excluded &&
		               h->held & HOLD_DEACTIVATE
		           ? h->before
		           : desired_after_delete(a, cfg, h);
	json_t *attrs = desired_affiliation_guarded(a, cfg, h);
	bool is_disabled = plan_holds_is_disabled(h->entry, attrs, h->held);
	if (was_active && is_disabled && h->held & HOLD_DEACTIVATE &&
	    !change_effects_has_ended(h->before))
		return h->before;
	if (h->before && !was_active && !is_disabled &&
	    h->held & (HOLD_RETURN | HOLD_CONFIG_CHANGE))
		return h->before;
	return is_disabled ? plan_suspended_attrs(a, attrs, h->before) : attrs;
}

/* Names that it gives up are kept in every state. */
static const json_t *plan_with_released_names(
    struct arena *a, const struct config *cfg,
    const struct planned_affiliation *h, const json_t *attrs)
{
	if (attrs && attrs != h->before)
		released_names_update(a, cfg, h->before, (json_t *)attrs);
	return attrs;
}

/* What is known about the person is kept in every state.  One affiliation
 * alone is in no doubt: it is its own person. */
static void plan_set_proofs(struct arena *a, struct planned_affiliation *all,
                            size_t count, const json_t *checked)
{
	struct affiliation_proof *proofs =
	    arena_array(a, struct affiliation_proof, count);

	for (size_t i = 0; i < count; i++) {
		struct planned_affiliation *h = &all[i];
		const char *key = source_entry_key(a, h->directory, h->anchor);

		h->proof.doubt =
		    count < 2
			? NULL
			: proof_doubt(h->proof.doubt, h->before, h->directory,
		                      h->anchor, json_object_get(checked, key));
		h->proof.municipality =
		    h->is_classified
			? h->classification.municipality->name
			: entry_json_value(h->before, "portvaktMunicipality");
		proofs[i] = h->proof;
	}
	for (size_t i = 0; i < count; i++) {
		all[i].after =
		    proof_set(a, all[i].after, &proofs[i], proofs, count);
		all[i].is_unproved =
		    proof_is_unproved(all[i].after, &proofs[i], proofs, count);
	}
}

/* ---- loading */

static void plan_classify(struct arena *a, const struct config *cfg,
                          struct planned_affiliation *h)
{
	h->entry = source_entry_load(a, h->directory, h->anchor);
	h->is_classified =
	    source_entry_classify(a, cfg, h->entry, &h->classification);
	h->is_excluded = !h->is_classified &&
	                 source_entry_is_excluded(a, h->directory, h->anchor);
}

/* is_new: the affiliation of a known person is not written yet. */
static const json_t *plan_after(struct arena *a, const struct config *cfg,
                                const struct planned_affiliation *h,
                                bool is_new)
{
	const json_t *after = desired_state(a, cfg, h);

	after = is_new ? plan_holds_remember_joined(a, h->entry, after)
	               : plan_holds_remember(a, h->entry, h->before, after);
	return plan_with_released_names(a, cfg, h, after);
}

static char ***plan_select_affiliations(struct arena *a, const char *person,
                                        size_t *ret_count)
{
	return state_rows(
	    a, ret_count,
	    "SELECT f.id, f.directory, f.anchor, form, csn, under,"
	    " person_before, reason, EXISTS (SELECT 1 FROM decided AS x"
	    " WHERE x.subject = f.id AND x.decides = 'link')"
	    " FROM affiliations AS f LEFT JOIN quarantine AS q"
	    " ON q.directory = f.directory AND q.anchor = f.anchor"
	    " AND q.area = ?2 AND q.reason <> 'national-id-invalid'"
	    " WHERE person = ?1 ORDER BY f.id",
	    "ti", person, (int64_t)QUARANTINE_JOIN);
}

static struct planned_affiliation plan_from_row(struct arena *a,
                                                const char *person, char **row)
{
	return (struct planned_affiliation){
		.id = row[0],
		.person = person,
		.directory = row[1],
		.anchor = row[2],
		.before = entry_json_parse(a, row[3]),
		.csn = row[4],
		.current_parent = row[5],
		.proof = { .id = row[0],
		           .person_before = row[6],
		           .doubt = row[7],
		           .has_links = text_equal(row[8], "1") },
	};
}

struct planned_affiliation *plan_load_affiliations(struct arena *a,
                                                   const struct config *cfg,
                                                   const char *person,
                                                   const json_t *checked,
                                                   size_t *ret_count)
{
	char ***rows = plan_select_affiliations(a, person, ret_count);
	struct planned_affiliation *all =
	    arena_array(a, struct planned_affiliation, *ret_count);

	for (size_t i = 0; i < *ret_count; i++) {
		struct planned_affiliation *h = &all[i];

		*h = plan_from_row(a, person, rows[i]);
		plan_classify(a, cfg, h);
		h->held = plan_hold_mask(
		    h, checked, source_entry_key(a, h->directory, h->anchor));
		h->after = plan_after(a, cfg, h, !h->before && *ret_count > 1);
	}
	plan_set_proofs(a, all, *ret_count, checked);
	return all;
}
