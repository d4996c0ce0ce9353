/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plan_holds.c: a held change leaves the former values of an affiliation in
 * force: kind with its roles, last days, login names. */
#include "sync/engine/provision/plan_holds.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/guard/change_effects.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/guard/change_impact.h"

static void holds_keep_lost_values(json_t *attrs, const json_t *before)
{
	for (const char *const *name = guard_counted_attributes; *name; name++)
		if (js_array(before, *name) && !js_array(attrs, *name))
			(void)json_object_set(attrs, *name,
			                      js_array(before, *name));
}

static bool holds_has_value(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

/* The roles of the entry that it had before, and those that a hold keeps. */
static void holds_keep_roles(json_t *attrs, const json_t *before, int held)
{
	const json_t *had = js_array(before, "portvaktRole");
	const json_t *has = js_array(attrs, "portvaktRole");
	json_t *kept = json_array();

	for (size_t i = 0; i < json_array_size(has); i++) {
		json_t *role = json_array_get(has, i);

		if (!(held & HOLD_ROLE_GRANT) || holds_has_value(had, role))
			(void)json_array_append(kept, role);
	}
	for (size_t i = 0; i < json_array_size(had); i++) {
		json_t *role = json_array_get(had, i);

		if (held & HOLD_ROLE_LOSS && !holds_has_value(kept, role))
			(void)json_array_append(kept, role);
	}
	(void)json_object_del(attrs, "portvaktRole");
	if (json_array_size(kept) > 0)
		(void)json_object_set(attrs, "portvaktRole", kept);
	json_decref(kept);
}

static const struct {
	int held;
	const char *name;
} kept_attributes[] = {
	{ HOLD_KIND | HOLD_KIND_UP, "portvaktKind" },
	{ HOLD_KIND | HOLD_KIND_UP, "portvaktMunicipality" },
	{ HOLD_KIND | HOLD_KIND_UP, "portvaktRole" },
	{ HOLD_KIND | HOLD_KIND_UP, "o" },
	{ HOLD_RETURN, "portvaktFrom" },
	{ HOLD_END_DATE, "portvaktUntil" },
	{ HOLD_END_DATE, "portvaktExpires" },
	{ HOLD_NAME_CHANGE, "portvaktLogin" },
	{ HOLD_NAME_CHANGE, "mail" },
};

static void holds_keep_attribute(json_t *attrs, const json_t *before,
                                 const char *name)
{
	json_t *values = js_array(before, name);

	(void)json_object_del(attrs, name);
	if (values)
		(void)json_object_set(attrs, name, values);
}

/* Sorted, as entry_json_set_values() writes them. */
static void holds_sort_roles(json_t *attrs)
{
	struct arena *a = arena_open();
	const json_t *list = js_array(attrs, "portvaktRole");
	size_t count = json_array_size(list);
	const char **roles = arena_array(a, const char *, count);

	for (size_t i = 0; i < count; i++)
		roles[i] =
		    arena_strdup(a, json_string_value(json_array_get(list, i)));
	entry_json_set_values(attrs, "portvaktRole", roles, count);
	arena_close(a);
}

void plan_holds_keep(json_t *attrs, const json_t *before, int held)
{
	if (before && held & HOLD_VALUE_LOSS)
		holds_keep_lost_values(attrs, before);
	if (held & (HOLD_ROLE_GRANT | HOLD_ROLE_LOSS)) {
		holds_keep_roles(attrs, before, held);
		holds_sort_roles(attrs);
	}
	for (const char *const *name = guard_shared_attributes;
	     before && held & HOLD_SAME_VALUE && *name; name++)
		holds_keep_attribute(attrs, before, *name);
	for (size_t i = 0; before && i < LENGTH(kept_attributes); i++)
		if (held & kept_attributes[i].held)
			holds_keep_attribute(attrs, before,
			                     kept_attributes[i].name);
}

bool plan_holds_is_disabled(const struct source_entry *entry,
                            const json_t *attrs, int held)
{
	int64_t now = clock_now();

	if (change_effects_has_ended(attrs))
		return true;
	return held & HOLD_END_DATE ? source_entry_is_locked(entry, now)
	                            : source_entry_is_disabled(entry, now);
}

static bool holds_is_active(const json_t *attrs)
{
	return text_equal(entry_json_value(attrs, "portvaktStatus"), "active");
}

/* Kind and roles are remembered in every state: a return is free if they are
 * those at the suspension. */
static bool holds_is_remembered(const struct source_entry *entry,
                                const struct change_effect *effect,
                                bool stays_active)
{
	if (effect->undoes ||
	    (!stays_active && change_effect_is_standing(effect)))
		return true;
	if (effect->what == HOLD_NOTHING)
		return stays_active;
	return impact_counts(entry->directory, entry->anchor, (int)effect->what,
	                     effect->detail);
}

const json_t *plan_holds_remember_joined(struct arena *a,
                                         const struct source_entry *entry,
                                         const json_t *after)
{
	const char *former =
	    after && entry
		? impact_former_kind(a, entry->directory, entry->anchor)
		: NULL;

	if (!former)
		return after;
	json_t *changed = js_own(a, json_deep_copy(after));
	recent_change_record(
	    a, changed,
	    &(struct change_effect){ .what = HOLD_KIND_UP,
	                             .record =
	                                 arena_printf(a, "kind %s", former) });
	return changed;
}

const json_t *plan_holds_remember(struct arena *a,
                                  const struct source_entry *entry,
                                  const json_t *before, const json_t *after)
{
	size_t count = 0;

	if (!entry || !before || !after || before == after ||
	    json_equal(before, after))
		return after;
	bool was_active = holds_is_active(before);
	bool is_active = holds_is_active(after);
	const struct change_effect *effects =
	    change_effects_find(a, before, after, &count);
	json_t *changed = js_own(a, json_deep_copy(after));

	for (size_t i = 0; i < count; i++)
		if (holds_is_remembered(entry, &effects[i],
		                        was_active && is_active))
			recent_change_record(a, changed, &effects[i]);
	if (!was_active && is_active) {
		struct change_effect back =
		    change_effect_return(a, before, after);

		if (holds_is_remembered(entry, &back, false))
			recent_change_record(a, changed, &back);
	}
	return changed;
}
