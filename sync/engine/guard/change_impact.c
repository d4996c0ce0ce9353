/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_impact.c: assesses the counted effects (enum hold_mask) of each dirty
 * row before it is applied, and whether each counts, is expected, or takes back
 * a recent one. */
#include "sync/engine/guard/change_impact.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/groups/school_year.h"
#include "sync/engine/guard/change_effects.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/guard/impact_new.h"
#include "sync/engine/guard/impact_private.h"
#include "sync/engine/guard/source_identity_check.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/directory_move.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/desired_entry.h"
#include "sync/engine/target/protected_address.h"

enum {
	ASSESS_ROWS = 1000, /* rows at once: connectors wait meanwhile */
	TEMPORARY_S = 120 * 24 * 60 * 60,
};

/* Attributes that count when a new configuration changes them. */
static const char *const config_counted_attributes[] = { "portvaktMunicipality",
	                                                 "portvaktKind",
	                                                 "portvaktRole",
	                                                 "portvaktLogin",
	                                                 "portvaktUnit",
	                                                 "portvaktUntil",
	                                                 "portvaktExpires",
	                                                 "portvaktPosition",
	                                                 "mail",
	                                                 "cn" };

/* Returns the DN of the container of an entry, or NULL. */
static const char *impact_container(struct arena *a, const char *dn)
{
	size_t length = dn ? strlen(dn_first_rdns(a, dn, 1)) : 0;

	return dn && dn[length] == ',' ? dn + length + 1 : NULL;
}

static void impact_set_scopes(struct impact_row *l)
{
	struct arena *a = l->arena;
	const char *dn = entry_json_value(l->before, "portvaktSourceDn");

	if (l->kind)
		return;
	if (!dn && l->entry && l->entry->dn)
		dn = dn_pretty(a, l->entry->dn);
	l->ou = impact_container(a, dn);
	if (l->before) {
		l->kind = change_effects_kind(a, l->before);
		l->unit = entry_json_value(l->before, "portvaktUnit");
		return;
	}
	l->kind = arena_printf(a, "%s %s", l->classification.municipality->name,
	                       affiliation_type_name(l->classification.kind));
	l->unit = source_entry_value(l->entry, "unit");
}

static void impact_insert(struct impact_row *l, enum hold_mask what,
                          const char *detail, enum suspect_free free)
{
	state_exec("INSERT OR IGNORE INTO suspects"
	           " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	           "ttitttti", l->directory, l->anchor, (int64_t)what, detail,
	           l->kind, l->unit, l->ou, (int64_t)free);
	l->found = true;
}

static void impact_add_free(struct impact_row *l, enum hold_mask what,
                            const char *detail, enum suspect_free free)
{
	impact_set_scopes(l);
	impact_insert(l, what, detail, free);
}

static void impact_add(struct impact_row *l, enum hold_mask what,
                       const char *detail)
{
	impact_add_free(l, what, detail, SUSPECT_COUNTS);
}

/* A flag of the directory is computed once for all its rows. */
static bool impact_source_flag(struct impact_row *l, const char *what,
                               bool (*compute)(const char *directory))
{
	char *name = arena_printf(l->arena, "%s %s", what, l->directory);
	json_t *flag = json_object_get(l->source_flags, name);

	if (!flag) {
		flag = json_boolean(compute(l->directory));
		(void)json_object_set_new(l->source_flags, name, flag);
	}
	return json_is_true(flag);
}

static bool impact_is_first_day(struct impact_row *l)
{
	return impact_source_flag(l, "young", guard_is_first_day);
}

/* ---- lost and gained values */

/* Values of a person with one affiliation: the number and the given name. */
static void impact_find_lost_person_values(struct impact_row *l)
{
	struct arena *a = l->arena;
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT p.joins, p.form FROM people AS p"
	                          " WHERE p.id = ?1 AND (SELECT count(*) FROM"
	                          " affiliations AS f WHERE f.person = p.id)"
	                          " = 1",
	                          "t", l->person);

	if (count == 0)
		return;
	if (l->classification.joins_by_national_id && rows[0][0] &&
	    !l->entry->join_value && !l->entry->national_id_error)
		impact_add(l, HOLD_VALUE_LOSS, "national-id");
	if (!source_entry_value(l->entry, "given-name") &&
	    entry_json_value(entry_json_parse(a, rows[0][1]), "givenName"))
		impact_add(l, HOLD_VALUE_LOSS, "givenName");
}

/* Returns whether the catalogue has a protection that no entry has now. */
static bool impact_loses_protection(const struct impact_row *l)
{
	struct arena *a = l->arena;
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count,
	    "SELECT f.directory, f.anchor FROM people AS p JOIN affiliations"
	    " AS f ON f.person = p.id WHERE p.id = ?1 AND"
	    " json_extract(p.form, '$.portvaktProtected[0]') IS NOT NULL",
	    "t", l->person);

	for (size_t i = 0; i < count; i++) {
		const struct source_entry *entry =
		    source_entry_load(a, rows[i][0], rows[i][1]);
		struct classification s;

		if (source_entry_classify(a, l->cfg, entry, &s) &&
		    protected_address_code(a, entry))
			return false;
	}
	return count > 0;
}

/* New colleagues get their groups days after their entry. */
static bool impact_is_expected(const struct impact_row *l,
                               const struct change_effect *effect)
{
	return l->is_newcomer && (effect->what == HOLD_KIND_UP ||
	                          effect->what == HOLD_ROLE_GRANT);
}

static void impact_add_effect(struct impact_row *l,
                              const struct change_effect *effect)
{
	enum suspect_free free = SUSPECT_COUNTS;

	if (effect->what == HOLD_NOTHING ||
	    (effect->what == HOLD_ROLE_GRANT && !l->is_continued &&
	     impact_is_first_day(l)))
		return;
	if (effect->undoes)
		free = SUSPECT_TAKEN_BACK;
	else if (effect->what == HOLD_END_DATE &&
	         school_year_plans_end(l->cfg, l->affiliation, l->before,
	                               effect->detail))
		free = SUSPECT_ANNOUNCED;
	else if (impact_is_expected(l, effect))
		free = SUSPECT_EXPECTED;
	impact_add_free(l, effect->what, effect->detail, free);
}

static void impact_find_changes(struct impact_row *l)
{
	size_t count = 0;

	if (json_equal(l->before, l->after))
		return;
	const struct change_effect *effects =
	    change_effects_find(l->arena, l->before, l->after, &count);

	bool stays_active = l->is_active && !l->is_disabled;
	for (size_t i = 0; i < count; i++)
		if (stays_active ||
		    change_effect_counts_suspended(l->before, &effects[i]))
			impact_add_effect(l, &effects[i]);
}

static const char *impact_format_values(struct arena *a, const json_t *attrs,
                                        const char *name)
{
	const json_t *list = js_array(attrs, name);

	return list ? js_dump(a, list) : "nothing";
}

static bool impact_attribute_differs(const json_t *before, const json_t *after,
                                     const char *name)
{
	const json_t *old = js_array(before, name);
	const json_t *new = js_array(after, name);

	return old != new && !json_equal(old, new);
}

static void impact_find_config_changes(struct impact_row *l)
{
	struct arena *a = l->arena;

	for (size_t i = 0; i < LENGTH(config_counted_attributes); i++)
		if (impact_attribute_differs(l->before, l->after,
		                             config_counted_attributes[i]))
			impact_add(
			    l, HOLD_CONFIG_CHANGE,
			    arena_printf(
				a, "%s %s -> %s", config_counted_attributes[i],
				impact_format_values(
				    a, l->before, config_counted_attributes[i]),
				impact_format_values(
				    a, l->after,
				    config_counted_attributes[i])));
}

/* ---- one value for many */

/* The entry moved to another container, or the school year begins, when pupils
 * change schools. */
static bool impact_is_move(const struct impact_row *l)
{
	struct arena *a = l->arena;
	const struct municipality *m = l->classification.municipality;

	if (l->classification.kind == KIND_PUPIL &&
	    school_year_overlaps(&m->school_year, clock_now()))
		return true;
	return !text_equal(
	    impact_container(a,
	                     entry_json_value(l->before, "portvaktSourceDn")),
	    impact_container(a,
	                     entry_json_value(l->after, "portvaktSourceDn")));
}

/* Another entry of the directory has this effect. */
static bool impact_is_suspected(const struct impact_row *l, enum hold_mask what,
                                const char *detail)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM suspects WHERE"
	                    " directory = ?1 AND what = ?2 AND detail = ?3)",
	                    "tit", l->directory, (int64_t)what, detail) > 0;
}

static void impact_find_same_value(struct impact_row *l, const char *name,
                                   size_t limit)
{
	const char *value = entry_json_value(l->after, name);

	if (!value ||
	    json_equal(js_array(l->before, name), js_array(l->after, name)))
		return;
	const char *former = entry_json_value(l->before, name);
	char *detail = arena_printf(l->arena, "%s %s", name, value);
	state_exec("INSERT OR REPLACE INTO got VALUES(?1, ?2, ?3, ?4, ?5)",
	           "tttti", l->directory, detail, former ? former : "",
	           l->anchor, clock_now());
	/* One former value alone was renamed. */
	size_t count = (size_t)state_number(
	    "SELECT count(*) FROM (SELECT 1 FROM got WHERE"
	    " directory = ?1 AND detail = ?2 AND at > ?3"
	    " AND (SELECT min(former) <> max(former)"
	    "  FROM got WHERE directory = ?1"
	    "  AND detail = ?2) LIMIT ?4)",
	    "ttii", l->directory, detail, clock_now() - THRESHOLD_DAY,
	    (int64_t)limit + 1);
	if (count <= limit)
		return;
	/* Those before, if they still wait, are assessed with these. */
	if (!impact_is_suspected(l, HOLD_SAME_VALUE, detail))
		state_exec(
		    "UPDATE dirty SET evaluated = -1 WHERE directory = ?1"
		    " AND evaluated = gen AND anchor IN (SELECT anchor"
		    " FROM got WHERE directory = ?1 AND detail = ?2)",
		    "tt", l->directory, detail);
	impact_add(l, HOLD_SAME_VALUE, detail);
}

static void impact_find_same_values(struct impact_row *l)
{
	const struct directory_conf *d = config_directory(l->cfg, l->directory);
	const struct directory_limits *limits =
	    d && d->limits ? d->limits : &directory_default_limits;

	for (const char *const *name = guard_shared_attributes; *name; name++)
		if (!text_equal(*name, "portvaktUnit") || !impact_is_move(l))
			impact_find_same_value(l, *name, limits->same_values);
}

/* ---- one row */

/* An entry held by a configuration change stays so after its own changes. */
static const char *impact_cause(char **row, int held)
{
	return row[2] || !(held & HOLD_CONFIG_CHANGE) ? row[2] : "unknown";
}

/* A summer substitute has a last day. */
static bool impact_is_temporary(const struct source_entry *entry)
{
	int64_t last = 0;

	return source_entry_time(entry, "until", true, &last) == TIME_KNOWN &&
	       last < clock_now() + TEMPORARY_S;
}

/* A person of this municipality who may do less gets another affiliation. */
static void impact_assess_joined(struct impact_row *l, const char *exceeded)
{
	struct change_effect effect = {
		.what = HOLD_KIND_UP,
		.detail = arena_printf(
		    l->arena, "%s %s", l->classification.municipality->name,
		    affiliation_type_name(l->classification.kind))
	};

	if (impact_load_affiliation(l, exceeded)) {
		l->is_newcomer |= impact_is_temporary(l->entry);
		impact_add_effect(l, &effect);
	}
	l->before = NULL;
	l->kind = l->unit = l->ou = NULL;
}

static void impact_assess_new(struct impact_row *l)
{
	bool is_replaced =
	    l->is_classified &&
	    impact_source_flag(l, "strange", source_identity_has_changed);

	if (!l->is_classified || (!is_replaced && impact_is_first_day(l)) ||
	    directory_entry_has_moved(l->arena, l->cfg, l->entry,
	                              &l->classification))
		return;
	impact_add(l, HOLD_CREATE, l->classification.municipality->name);
	/* Roles that come with a person count in the source only. */
	l->kind = l->unit = l->ou = NULL;
	for (char **role = l->classification.roles; *role; role++)
		impact_insert(l, HOLD_ROLE_GRANT, *role, SUSPECT_COUNTS);
}

/* Suspended: its entry is enabled or there again, gets a first day, or changes
 * meanwhile. */
static void impact_assess_suspended(struct impact_row *l)
{
	if (!l->is_classified || text_equal(l->cause, "drift"))
		return;
	struct change_effect effect =
	    l->is_disabled
		? change_effect_start(l->arena, l->before, l->after)
		: change_effect_return(l->arena, l->before, l->after);

	impact_add_effect(l, &effect);
	if (!text_equal(l->cause, "configuration"))
		impact_find_changes(l);
	else if (!impact_is_first_day(l))
		impact_find_config_changes(l);
}

static enum suspect_free impact_free_deactivation(const struct impact_row *l)
{
	if (school_year_plans_leaver(l->directory, l->anchor))
		return SUSPECT_ANNOUNCED;
	return change_effects_has_returned(l->arena, l->before)
	           ? SUSPECT_TAKEN_BACK
	           : SUSPECT_COUNTS;
}

/* An end that the catalogue has was counted when it was set.  A new one counts
 * as that, also if it has passed: held, it is not in force. */
static bool impact_is_deactivation(struct impact_row *l)
{
	if (!l->is_classified)
		return source_is_complete(l->directory);
	if (!l->is_disabled || change_effects_has_ended(l->before))
		return false;
	if (source_entry_is_locked(l->entry, clock_now()))
		return true;
	l->is_disabled = false;
	return false;
}

static void impact_assess_active(struct impact_row *l)
{
	/* Exclusion by an operator is no accident. */
	if (!l->is_classified &&
	    source_entry_is_excluded(l->arena, l->directory, l->anchor))
		return;
	if (impact_is_deactivation(l))
		impact_add_free(l, HOLD_DEACTIVATE, "",
		                impact_free_deactivation(l));
	if (!l->is_classified || text_equal(l->cause, "drift"))
		return;
	if (l->cause && !impact_is_first_day(l))
		impact_find_config_changes(l);
	if (text_equal(l->cause, "configuration"))
		return;
	impact_find_changes(l);
	if (l->is_disabled)
		return;
	impact_find_same_values(l);
	impact_find_lost_person_values(l);
}

/* An entry without an affiliation is compared with the one it continues.  On
 * the first day of a directory that replaces no other, there is none. */
static void impact_find_affiliation(struct impact_row *l)
{
	if (impact_load_own(l) || !l->is_classified)
		return;
	bool is_first_day = impact_is_first_day(l);
	if (is_first_day && !directory_predecessor(l->cfg, l->directory))
		return;
	const struct impact_new found =
	    impact_new_find(l->arena, l->cfg, l->entry, &l->classification);

	if (found.exceeded && !is_first_day)
		impact_assess_joined(l, found.exceeded);
	l->is_continued =
	    found.continued && impact_load_affiliation(l, found.continued);
}

static void impact_assess(struct impact_row *l)
{
	struct arena *a = l->arena;

	l->entry = source_entry_load(a, l->directory, l->anchor);
	l->is_classified =
	    source_entry_classify(a, l->cfg, l->entry, &l->classification);
	l->is_disabled =
	    l->is_classified && source_entry_is_disabled(l->entry, clock_now());
	impact_find_affiliation(l);
	if (!l->before ||
	    (l->is_continued &&
	     impact_source_flag(l, "strange", source_identity_has_changed)))
		impact_assess_new(l);
	if (!l->before)
		return;
	if (l->is_classified)
		l->after = desired_affiliation(a, l->entry, &l->classification,
		                               l->affiliation, l->before);
	/* A single one is held: lives may depend on it. */
	if (l->is_classified && !protected_address_code(a, l->entry) &&
	    impact_loses_protection(l))
		impact_add(l, HOLD_PROTECTED, "protected");
	if (l->is_active)
		impact_assess_active(l);
	else
		impact_assess_suspended(l);
}

static bool impact_assess_row(const struct config *cfg, char **row,
                              json_t *source_flags)
{
	int held = guard_held_mask(row[0], row[1]);
	struct impact_row l = { .arena = arena_open(),
		                .cfg = cfg,
		                .directory = row[0],
		                .anchor = row[1],
		                .cause = impact_cause(row, held),
		                .held = held,
		                .source_flags = source_flags,
		                /* What was held may be put right. */
		                .found = held != 0 };

	state_exec("DELETE FROM suspects WHERE directory = ?1 AND anchor = ?2",
	           "tt", row[0], row[1]);
	impact_assess(&l);
	state_exec("UPDATE dirty SET evaluated = gen WHERE directory = ?1"
	           " AND anchor = ?2",
	           "tt", row[0], row[1]);
	arena_close(l.arena);
	return l.found;
}

bool impact_assess_batch(const struct config *cfg, bool *ret_found)
{
	struct arena *a = arena_open();
	json_t *source_flags = js_own(a, json_object());
	size_t count = 0;
	char ***rows =
	    state_rows(a, &count,
	               "SELECT directory, anchor, cause FROM dirty"
	               " WHERE evaluated <> gen ORDER BY at LIMIT ?1",
	               "i", (int64_t)ASSESS_ROWS);
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found |= impact_assess_row(cfg, rows[i], source_flags);
	arena_close(a);
	*ret_found = found;
	return count == ASSESS_ROWS;
}

void impact_assess_entry(const struct config *cfg, const char *directory,
                         const char *anchor)
{
	struct arena *a = arena_open();
	char *row[] = { arena_strdup(a, directory), arena_strdup(a, anchor),
		        state_text(a,
		                   "SELECT cause FROM dirty WHERE directory ="
		                   " ?1 AND anchor = ?2",
		                   "tt", directory, anchor) };

	(void)impact_assess_row(cfg, row, js_own(a, json_object()));
	arena_close(a);
}

int impact_mask(const char *directory, const char *anchor)
{
	return (int)state_number("SELECT sum(what) FROM (SELECT DISTINCT what"
	                         " FROM suspects WHERE directory = ?1"
	                         " AND anchor = ?2)",
	                         "tt", directory, anchor);
}

bool impact_counts(const char *directory, const char *anchor, int what,
                   const char *detail)
{
	return state_number("SELECT count(*) FROM suspects WHERE directory = ?1"
	                    " AND anchor = ?2 AND what = ?3 AND detail = ?4"
	                    " AND free IN (0, 4)",
	                    "ttit", directory, anchor, (int64_t)what,
	                    detail) > 0;
}

const char *impact_former_kind(struct arena *a, const char *directory,
                               const char *anchor)
{
	return state_text(a,
	                  "SELECT kind FROM suspects WHERE directory = ?1"
	                  " AND anchor = ?2 AND what = ?3 AND free = 0",
	                  "tti", directory, anchor, (int64_t)HOLD_KIND_UP);
}

/* What is taken back counts no longer. */
static void impact_forget_taken_back(const char *directory, const char *anchor,
                                     int64_t held)
{
	state_exec(
	    "DELETE FROM passed WHERE directory = ?1 AND anchor = ?2 AND EXISTS"
	    " (SELECT 1 FROM suspects AS s WHERE s.directory = ?1"
	    " AND s.anchor = ?2 AND s.free = 1 AND (s.what & ?3) = 0"
	    " AND ((s.what IN (64, 128) AND passed.what IN (64, 128))"
	    "  OR (s.what IN (4, 256) AND passed.what = 260 - s.what"
	    "   AND passed.detail = s.detail)"
	    "  OR (s.what IN (2, 512) AND passed.what = 512)"
	    "  OR (s.what = 1024 AND passed.what = 1024"
	    "   AND passed.detail = s.detail)))",
	    "tti", directory, anchor, held);
}

void impact_record_applied(const char *directory, const char *anchor)
{
	if (state_number("SELECT count(*) FROM suspects WHERE directory = ?1"
	                 " AND anchor = ?2",
	                 "tt", directory, anchor) == 0)
		return;
	int64_t held = guard_held_mask(directory, anchor);

	impact_forget_taken_back(directory, anchor, held);
	state_exec("INSERT OR REPLACE INTO passed SELECT directory, anchor,"
	           " what, detail, kind, unit, ou, ?4, free"
	           " FROM suspects WHERE directory = ?1 AND anchor = ?2"
	           " AND (what & ?3) = 0 AND free IN (0, 1, 4) AND what <> 16",
	           "ttii", directory, anchor, held, clock_now());
	state_exec("DELETE FROM suspects WHERE directory = ?1 AND anchor = ?2"
	           " AND (what & ?3) = 0",
	           "tti", directory, anchor, held);
}
