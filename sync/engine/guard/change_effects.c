/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_effects.c: compares an affiliation before and after a change.  What
 * portvaktRecentChange names as former is a change taken back, which is free.
 */
#include "sync/engine/guard/change_effects.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/guard/deactivation_threshold.h"

enum {
	KEPT_S = 30 * THRESHOLD_DAY,
	KEPT_CHANGES = 20, /* of one affiliation: the newest */
	TAKEN_BACK_S = THRESHOLD_WEEK,
};

static const char recent_name[] = "portvaktRecentChange";
static const char *const end_names[] = { "portvaktUntil", "portvaktExpires" };
static const char *const name_names[] = { "portvaktLogin", "mail" };

struct effect_finder {
	struct arena *arena;
	const json_t *before, *after;
	VECTOR(struct change_effect) all;
};

/* ---- portvaktRecentChange */

/* Splits "TIME REST"; returns the rest, or NULL if it is too old. */
static const char *recent_change_rest(struct arena *a, const char *value,
                                      int64_t *ret_when)
{
	const char *space = value ? strchr(value, ' ') : NULL;

	if (!space ||
	    !clock_parse_generalized_time(
		arena_memdup(a, value, (size_t)(space - value)), ret_when))
		return NULL;
	return *ret_when > clock_now() - KEPT_S ? space + 1 : NULL;
}

/* Returns record if the affiliation remembers it, not older than age seconds,
 * otherwise NULL. */
static const char *recent_change_find(struct arena *a, const json_t *attrs,
                                      const char *record, int64_t age)
{
	const json_t *list = js_array(attrs, recent_name);
	int64_t when = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		if (text_equal(recent_change_rest(
				   a,
				   json_string_value(json_array_get(list, i)),
				   &when),
		               record) &&
		    when > clock_now() - age)
			return record;
	return NULL;
}

void recent_change_record(struct arena *a, json_t *attrs,
                          const struct change_effect *effect)
{
	const json_t *list = js_array(attrs, recent_name);
	VECTOR(const char *) kept = { 0 };

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *value = json_string_value(json_array_get(list, i));
		int64_t when = 0;
		const char *rest = recent_change_rest(a, value, &when);

		if (rest &&
		    !(effect->undoes && text_equal(rest, effect->undoes)))
			*vector_append(a, &kept) = arena_strdup(a, value);
	}
	if (!effect->undoes && effect->record)
		*vector_append(a, &kept) = arena_printf(
		    a, "%s %s", clock_format_generalized_time(a, clock_now()),
		    effect->record);
	size_t count =
	    entry_json_keep_newest(kept.at, kept.count, KEPT_CHANGES);
	entry_json_set_values(attrs, recent_name, kept.at, count);
}

/* ---- kind */

static const struct {
	const char *kind;
	int rank; /* what it may do in general */
} kind_ranks[] = {
	{ "guest", 0 },    { "pupil", 0 },      { "vendor", 1 },
	{ "employee", 2 }, { "politician", 2 }, { "teacher", 3 },
};

int change_effects_rank(const char *kind)
{
	for (size_t i = 0; i < LENGTH(kind_ranks); i++)
		if (text_equal(kind_ranks[i].kind, kind))
			return kind_ranks[i].rank;
	return 0;
}

const char *change_effects_kind(struct arena *a, const json_t *attrs)
{
	const char *municipality =
	    entry_json_value(attrs, "portvaktMunicipality");
	const char *kind = entry_json_value(attrs, "portvaktKind");

	return arena_printf(a, "%s %s", municipality ? municipality : "",
	                    kind ? kind : "");
}

static enum hold_mask kind_change_mask(const char *from, const char *to)
{
	return change_effects_rank(to) > change_effects_rank(from)
	           ? HOLD_KIND_UP
	           : HOLD_KIND;
}

/* Returns whether it was this kind or a higher one of the municipality
 * lately. */
static bool effect_was_higher(struct effect_finder *f)
{
	const json_t *list = js_array(f->before, recent_name);
	const char *kind = entry_json_value(f->after, "portvaktKind");
	const char *municipality =
	    entry_json_value(f->after, "portvaktMunicipality");
	char *prefix = arena_printf(f->arena, "kind %s ", municipality);

	for (size_t i = 0; i < json_array_size(list); i++) {
		int64_t when = 0;
		const char *rest = recent_change_rest(
		    f->arena, json_string_value(json_array_get(list, i)),
		    &when);

		if (rest && text_starts(rest, prefix) &&
		    change_effects_rank(rest + strlen(prefix)) >=
		        change_effects_rank(kind))
			return true;
	}
	return false;
}

static void effect_add(struct effect_finder *f, struct change_effect effect,
                       const char *taken_back)
{
	effect.undoes =
	    recent_change_find(f->arena, f->before, taken_back, KEPT_S);
	*vector_append(f->arena, &f->all) = effect;
}

/* Returns whether the kind or municipality differs. */
static bool effect_find_kind(struct effect_finder *f)
{
	struct arena *a = f->arena;
	const char *from = change_effects_kind(a, f->before);
	const char *to = change_effects_kind(a, f->after);

	if (text_equal(from, to))
		return false;
	effect_add(f,
	           (struct change_effect){
		       .what = kind_change_mask(
			   entry_json_value(f->before, "portvaktKind"),
			   entry_json_value(f->after, "portvaktKind")),
		       .detail = to,
		       .record = arena_printf(a, "kind %s", from) },
	           arena_printf(a, "kind %s", to));
	struct change_effect *effect = &f->all.at[f->all.count - 1];
	if (!effect->undoes && effect->what == HOLD_KIND_UP &&
	    effect_was_higher(f))
		effect->undoes = "";
	return true;
}

/* ---- roles */

static bool effect_has_value(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

/* Roles of one side that the other has not. */
static void effect_find_roles(struct effect_finder *f, const json_t *has,
                              const json_t *other, enum hold_mask what)
{
	char sign = what == HOLD_ROLE_GRANT ? '+' : '-';
	char back = what == HOLD_ROLE_GRANT ? '-' : '+';
	struct arena *a = f->arena;

	for (size_t i = 0; i < json_array_size(has); i++) {
		const char *role = json_string_value(json_array_get(has, i));

		if (effect_has_value(other, json_array_get(has, i)))
			continue;
		effect_add(
		    f,
		    (struct change_effect){
			.what = what,
			.detail = role,
			.record = arena_printf(a, "role%c %s", sign, role) },
		    arena_printf(a, "role%c %s", back, role));
	}
}

/* ---- values */

static const char *effect_joined_values(struct arena *a, const json_t *attrs,
                                        const char *name)
{
	const json_t *list = js_array(attrs, name);
	struct strbuf t = strbuf_init(a);

	for (size_t i = 0; i < json_array_size(list); i++)
		strbuf_appendf(&t, "%s%s", i > 0 ? " " : "",
		               json_string_value(json_array_get(list, i)));
	return t.length > 0 ? t.data : "-";
}

/* Ends are in our own format, which compares as text.  A later one is free, but
 * remembered: it may be taken back within a week.  Otherwise an earlier one
 * counts, also one that the person had before. */
static void effect_find_end(struct effect_finder *f, const char *name)
{
	struct arena *a = f->arena;
	const char *from = entry_json_value(f->before, name);
	const char *to = entry_json_value(f->after, name);

	if (!to || text_equal(from, to))
		return;
	bool is_later = from && strcmp(to, from) > 0;
	bool is_earlier = from && !is_later;
	effect_add(
	    f,
	    (struct change_effect){
		.what = is_later ? HOLD_NOTHING : HOLD_END_DATE,
		.detail = to,
		.record = arena_printf(a, "%s%s %s", is_later ? "later " : "",
	                               name, from ? from : "-") },
	    is_earlier ? NULL : arena_printf(a, "%s %s", name, to));
	struct change_effect *effect = &f->all.at[f->all.count - 1];
	if (is_earlier)
		effect->undoes = recent_change_find(
		    a, f->before, arena_printf(a, "later %s %s", name, to),
		    TAKEN_BACK_S);
}

static void effect_find_change(struct effect_finder *f, const char *name)
{
	struct arena *a = f->arena;

	if (!js_array(f->before, name) || !js_array(f->after, name) ||
	    json_equal(js_array(f->before, name), js_array(f->after, name)))
		return;
	effect_add(f,
	           (struct change_effect){
		       .what = HOLD_NAME_CHANGE,
		       .detail = name,
		       .record = arena_printf(
			   a, "%s %s", name,
			   effect_joined_values(a, f->before, name)) },
	           arena_printf(a, "%s %s", name,
	                        effect_joined_values(a, f->after, name)));
}

static bool effect_is_end(const char *name)
{
	for (size_t i = 0; i < LENGTH(end_names); i++)
		if (text_equal(end_names[i], name))
			return true;
	return false;
}

static void effect_find_loss(struct effect_finder *f, const char *name)
{
	struct arena *a = f->arena;

	if (!js_array(f->before, name) || js_array(f->after, name))
		return;
	effect_add(
	    f,
	    (struct change_effect){
		.what = HOLD_VALUE_LOSS,
		.detail = name,
		.record = effect_is_end(name)
	                      ? arena_printf(a, "%s %s", name,
	                                     entry_json_value(f->before, name))
	                      : arena_printf(a, "lost %s", name) },
	    arena_printf(a, "%s -", name));
}

const struct change_effect *change_effects_find(struct arena *a,
                                                const json_t *before,
                                                const json_t *after,
                                                size_t *ret_count)
{
	struct effect_finder f = { .arena = a,
		                   .before = before,
		                   .after = after };
	const json_t *had = js_array(before, "portvaktRole");
	const json_t *has = js_array(after, "portvaktRole");

	/* The roles that a kind takes go with it: they are remembered. */
	bool is_other_kind = effect_find_kind(&f);
	effect_find_roles(&f, had, has,
	                  is_other_kind ? HOLD_NOTHING : HOLD_ROLE_LOSS);
	effect_find_roles(&f, has, had, HOLD_ROLE_GRANT);
	for (size_t i = 0; i < LENGTH(end_names); i++)
		effect_find_end(&f, end_names[i]);
	for (size_t i = 0; i < LENGTH(name_names); i++)
		effect_find_change(&f, name_names[i]);
	for (const char *const *name = guard_counted_attributes; *name; name++)
		effect_find_loss(&f, *name);
	*ret_count = f.all.count;
	return f.all.at;
}

/* ---- return */

static bool effect_time_of(const json_t *attrs, const char *name,
                           int64_t *ret_when)
{
	const char *text = entry_json_value(attrs, name);

	return text && clock_parse_generalized_time(text, ret_when);
}

/* A first day that was known while the person was suspended. */
static bool effect_is_known_start(const json_t *before, const json_t *after,
                                  int64_t suspended)
{
	int64_t known = 0;
	int64_t now = 0;

	return effect_time_of(before, "portvaktFrom", &known) &&
	       effect_time_of(after, "portvaktFrom", &now) && known == now &&
	       known >= suspended && known <= clock_now();
}

static bool effect_record_is_standing(const char *record)
{
	return record &&
	       (text_starts(record, "kind ") || text_starts(record, "role"));
}

bool change_effect_is_standing(const struct change_effect *effect)
{
	return effect_record_is_standing(effect->record);
}

static bool effect_is_undone(const struct change_effect *effects, size_t count,
                             const char *record)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(effects[i].undoes, record))
			return true;
	return false;
}

/* Returns whether kind and roles are those at the suspension: what changed
 * since then is taken back, and nothing else changes. */
static bool effect_has_former_standing(struct arena *a, const json_t *before,
                                       const json_t *after, int64_t suspended)
{
	const json_t *list = js_array(before, recent_name);
	size_t count = 0;
	const struct change_effect *effects =
	    change_effects_find(a, before, after, &count);

	for (size_t i = 0; i < count; i++)
		if (change_effect_is_standing(&effects[i]) &&
		    (!effects[i].undoes || !*effects[i].undoes))
			return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		int64_t when = 0;
		const char *record = recent_change_rest(
		    a, json_string_value(json_array_get(list, i)), &when);

		if (effect_record_is_standing(record) && when >= suspended &&
		    !effect_is_undone(effects, count, record))
			return false;
	}
	return true;
}

/* A last day has come, and is taken back. */
static bool effect_takes_end_back(struct arena *a, const json_t *before,
                                  const json_t *after)
{
	size_t count = 0;
	const struct change_effect *effects =
	    change_effects_find(a, before, after, &count);

	if (!change_effects_has_ended(before))
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < LENGTH(end_names); k++)
			if (effects[i].undoes &&
			    text_starts(effects[i].undoes, end_names[k]))
				return true;
	return false;
}

/* A return soon after the suspension takes it back, if the person is what they
 * were.  What changed before a known first day was counted by itself. */
struct change_effect change_effect_return(struct arena *a, const json_t *before,
                                          const json_t *after)
{
	struct change_effect effect = { .what = HOLD_RETURN,
		                        .detail = "",
		                        .record = "return" };
	int64_t suspended = 0;

	if (!effect_time_of(before, "portvaktSuspended", &suspended))
		return effect;
	if (effect_is_known_start(before, after, suspended) ||
	    ((suspended > clock_now() - TAKEN_BACK_S ||
	      effect_takes_end_back(a, before, after)) &&
	     effect_has_former_standing(a, before, after, suspended)))
		effect.undoes = "suspended";
	return effect;
}

struct change_effect change_effect_start(struct arena *a, const json_t *before,
                                         const json_t *after)
{
	int64_t start = 0;
	int64_t known = 0;
	int64_t suspended = 0;

	if (!effect_time_of(after, "portvaktFrom", &start) ||
	    start <= clock_now() ||
	    !effect_time_of(before, "portvaktSuspended", &suspended) ||
	    (effect_time_of(before, "portvaktFrom", &known) &&
	     known >= suspended))
		return (struct change_effect){ .what = HOLD_NOTHING };
	return change_effect_return(a, before, after);
}

bool change_effect_counts_suspended(const json_t *before,
                                    const struct change_effect *effect)
{
	int64_t start = 0;
	int64_t suspended = 0;

	if (effect->what & (HOLD_KIND | HOLD_KIND_UP | HOLD_ROLE_GRANT))
		return true;
	return effect->what & (HOLD_ROLE_LOSS | HOLD_END_DATE) &&
	       effect_time_of(before, "portvaktSuspended", &suspended) &&
	       effect_time_of(before, "portvaktFrom", &start) &&
	       start >= suspended;
}

bool change_effects_has_returned(struct arena *a, const json_t *attrs)
{
	return recent_change_find(a, attrs, "return", TAKEN_BACK_S) != NULL;
}

bool change_effects_has_ended(const json_t *attrs)
{
	int64_t when = 0;

	for (size_t i = 0; i < LENGTH(end_names); i++)
		if (effect_time_of(attrs, end_names[i], &when) &&
		    when <= clock_now())
			return true;
	return false;
}

/* ---- what the catalogue remembers */

static const struct {
	const char *prefix;
	enum hold_mask what;
} recorded_effects[] = {
	{ "kind ", HOLD_KIND },
	{ "role+ ", HOLD_ROLE_GRANT },
	{ "role- ", HOLD_ROLE_LOSS },
	{ "portvaktUntil ", HOLD_END_DATE },
	{ "portvaktExpires ", HOLD_END_DATE },
	{ "portvaktLogin ", HOLD_NAME_CHANGE },
	{ "mail ", HOLD_NAME_CHANGE },
	{ "lost ", HOLD_VALUE_LOSS },
	{ "return", HOLD_RETURN },
};

/* The detail that was counted: the role, the attribute, or the present end. */
static const char *recent_change_detail(struct arena *a, const json_t *attrs,
                                        const char *rest, enum hold_mask what)
{
	size_t length = strcspn(rest, " ");
	const char *first = arena_memdup(a, rest, length);

	if (what == HOLD_END_DATE)
		return entry_json_value(attrs, first);
	if (what == HOLD_NAME_CHANGE)
		return first;
	return rest[length] ? rest + length + 1 : "";
}

static void recent_change_set_kind(struct arena *a, const json_t *attrs,
                                   const char *former, struct recent_change *c)
{
	const char *kind = strchr(former, ' ');

	c->kind = former;
	c->what = kind_change_mask(kind ? kind + 1 : "",
	                           entry_json_value(attrs, "portvaktKind"));
	c->detail = change_effects_kind(a, attrs);
}

/* An end that was removed is a loss. */
static void recent_change_set_end(struct recent_change *c, const char *prefix)
{
	if (c->detail)
		return;
	c->what = HOLD_VALUE_LOSS;
	c->detail =
	    text_starts(prefix, end_names[0]) ? end_names[0] : end_names[1];
}

bool recent_change_parse(struct arena *a, const json_t *attrs,
                         const char *value, struct recent_change *ret_change)
{
	struct recent_change *c = ret_change;
	const char *rest = recent_change_rest(a, value, &c->when);

	for (size_t i = 0; rest && i < LENGTH(recorded_effects); i++) {
		const char *prefix = recorded_effects[i].prefix;

		if (!text_starts(rest, prefix))
			continue;
		c->what = recorded_effects[i].what;
		c->kind = change_effects_kind(a, attrs);
		c->detail = recent_change_detail(a, attrs, rest, c->what);
		if (c->what == HOLD_END_DATE)
			recent_change_set_end(c, prefix);
		if (c->what == HOLD_KIND)
			recent_change_set_kind(a, attrs, rest + strlen(prefix),
			                       c);
		return true;
	}
	return false;
}
