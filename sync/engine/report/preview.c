/* SPDX-License-Identifier: AGPL-3.0-or-later
 * preview.c: shows what would come of one source entry and why: the rule that
 * selects it, the person it joins, each attribute that would change, what is
 * held or left out, and whether its person can log in.  It runs the rules that
 * synchronisation runs, in a transaction that is rolled back, so it also shows
 * an entry of a directory in dry-run mode, in quarantine or held. */
#include "sync/engine/report/preview_private.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/guard/change_impact.h"
#include "sync/engine/provision/apply.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/report/reports.h"
#include "sync/engine/state/state.h"

static const char *preview_time(struct arena *a, const char *seconds)
{
	long long when = 0;

	if (!seconds || !text_to_number(seconds, 1, INT64_MAX, &when))
		return "never";
	return clock_format_iso(a, when);
}

/* ---- the entry and its rule */

static void preview_show_source(const struct preview *p)
{
	const struct directory_conf *conf =
	    config_directory(p->cfg, p->directory);
	char *full = state_text(p->arena,
	                        "SELECT full_at FROM sources"
	                        " WHERE directory = ?1",
	                        "t", p->directory);

	preview_line(p, "entry", p->entry_text);
	ipc_reply_line(p->request, "  read       last full synchronisation %s",
	               preview_time(p->arena, full));
	if (!conf)
		preview_line(p, "  directory", "it is not configured");
	else if (conf->dry_run)
		preview_line(p, "  directory",
		             "in dry-run mode: nothing is written");
}

static const char *preview_location(const struct preview *p,
                                    const struct source_location *at)
{
	return at->file ? arena_printf(p->arena, "%s:%d", at->file, at->line)
	                : "the configuration";
}

/* Returns where people { } is that reads this directory. */
static const char *preview_mappings(const struct preview *p)
{
	struct strbuf places = strbuf_init(p->arena);

	for (size_t m = 0; m < p->cfg->municipality_count; m++) {
		const struct municipality *one = &p->cfg->municipalities[m];

		for (size_t i = 0; i < one->source_mapping_count; i++)
			if (text_equal(one->source_mappings[i].directory->name,
			               p->directory))
				strbuf_appendf(
				    &places, "%s%s",
				    places.length > 0 ? ", " : "",
				    preview_location(
					p, &one->source_mappings[i].location));
	}
	return places.length > 0 ? places.data : "no people { }";
}

static const char *preview_why_unclassified(const struct preview *p)
{
	if (!p->entry)
		return "the entry is gone from the directory";
	if (!text_equal(p->entry->class, "person"))
		return arena_printf(p->arena, "it is no person: %s",
		                    p->entry->class);
	if (source_entry_is_excluded(p->arena, p->directory, p->anchor))
		return "an operator's decision excludes it";
	return arena_printf(p->arena, "no rule of %s selects it",
	                    preview_mappings(p));
}

static const char *preview_role_place(const struct preview *p, const char *role)
{
	const struct source_mapping *m = p->classification.mapping;

	for (size_t i = 0; i < m->rule_count; i++)
		if (text_equal(m->rules[i].role, role))
			return preview_location(p, &m->rules[i].location);
	return "the configuration";
}

static void preview_show_kind(const struct preview *p)
{
	const struct classification *s = &p->classification;

	if (!p->is_classified) {
		preview_line(
		    p, "kind",
		    arena_printf(p->arena, "none: %s", p->why_no_kind));
		return;
	}
	preview_line(p, "kind",
	             arena_printf(p->arena, "%s in %s, by %s",
	                          affiliation_type_name(s->kind),
	                          s->municipality->name,
	                          preview_location(p, &s->rule->location)));
	for (char **role = s->roles; *role; role++)
		preview_line(p, "role",
		             arena_printf(p->arena, "%s, by %s", *role,
		                          preview_role_place(p, *role)));
}

/* ---- the join */

static const char *preview_decision(const struct preview *p)
{
	const struct sync_override *d =
	    overrides_of_entry(p->arena, p->directory, p->anchor);

	return d ? arena_printf(p->arena, ", by a decision of %s", d->by) : "";
}

static bool preview_person_is_written(const char *person)
{
	return state_number("SELECT count(*) FROM people WHERE id = ?1"
	                    " AND form IS NOT NULL",
	                    "t", person) > 0;
}

static bool preview_is_known_affiliation(const struct preview *p)
{
	return state_number("SELECT count(*) FROM affiliations WHERE id = ?1"
	                    " AND form IS NOT NULL",
	                    "t", p->affiliation) > 0;
}

static bool preview_has_join_value(const struct preview *p)
{
	return p->is_classified && p->classification.joins_by_national_id &&
	       p->entry->join_value && !p->entry->national_id_error;
}

static const char *preview_join_text(const struct preview *p)
{
	const char *decision = preview_decision(p);

	if (!p->person)
		return p->is_classified ? "none: it is in quarantine" : "none";
	if (p->former_person)
		return arena_printf(p->arena, "moves from person %s to %s%s",
		                    p->former_person, p->person, decision);
	if (p->linked)
		return arena_printf(p->arena, "person %s, linked before%s",
		                    p->person, decision);
	if (preview_is_known_affiliation(p))
		return arena_printf(
		    p->arena,
		    "person %s: it continues affiliation %s, whose entry is "
		    "gone",
		    p->person, p->affiliation);
	if (state_number("SELECT count(*) FROM affiliations"
	                 " WHERE person = ?1",
	                 "t", p->person) > 1 ||
	    preview_person_is_written(p->person))
		return arena_printf(p->arena, "person %s%s", p->person,
		                    *decision ? decision
		                              : ", who has the same national "
		                                "number");
	return arena_printf(p->arena, "a new person%s%s",
	                    preview_has_join_value(p)
	                        ? ""
	                        : ", without a national number to join by",
	                    decision);
}

static void preview_show_join(const struct preview *p)
{
	size_t count = 0;
	char ***rows = state_rows(p->arena, &count,
	                          "SELECT reason, since, other FROM quarantine"
	                          " WHERE directory = ?1 AND anchor = ?2"
	                          " ORDER BY area",
	                          "tt", p->directory, p->anchor);

	preview_line(p, "join", preview_join_text(p));
	for (size_t i = 0; i < count; i++) {
		preview_line(p, "quarantined",
		             arena_printf(p->arena, "%s (%s)%s%s",
		                          quarantine_description(rows[i][0]),
		                          rows[i][0],
		                          rows[i][2] ? "; the other is " : "",
		                          rows[i][2] ?: ""));
		preview_line(p, "  options", quarantine_options(rows[i][0]));
	}
}

/* ---- values */

static void preview_show_not_taken(const struct preview *p)
{
	if (p->entry && p->entry->national_id_error)
		preview_line(p, "not taken:",
		             "the national number, because it is invalid");
	not_taken_show(p->request, p->directory, p->anchor, p->entry_text);
}

static const json_t *preview_form(const struct preview *p, const char *id)
{
	return entry_json_parse(
	    p->arena,
	    state_text(p->arena, "SELECT form FROM affiliations WHERE id = ?1",
	               "t", id));
}

static void preview_show_plan(struct preview *p)
{
	p->after = p->affiliation ? preview_form(p, p->affiliation) : NULL;
	for (size_t i = 0; i < p->plan.count; i++) {
		preview_show_step(p, &p->plan.steps[i]);
		if (text_equal(p->plan.steps[i].id, p->affiliation))
			p->after = p->plan.steps[i].after;
	}
	if (p->plan.count == 0)
		preview_line(p, "catalogue", "nothing would change");
}

/* ---- holds */

static void preview_load_held(struct preview *p)
{
	p->held = state_rows(
	    p->arena, &p->held_count,
	    "SELECT h.reason, h.since, group_concat(nullif(s.detail, ''), ', ')"
	    " FROM held AS h LEFT JOIN suspects AS s"
	    " ON s.directory = h.directory AND s.anchor = h.anchor"
	    " AND s.what = h.mask WHERE h.directory = ?1 AND h.anchor = ?2"
	    " GROUP BY h.reason, h.mask ORDER BY 1",
	    "tt", p->directory, p->anchor);
}

static void preview_show_held(const struct preview *p)
{
	for (size_t i = 0; i < p->held_count; i++) {
		char **row = p->held[i];
		const char *detail = p->is_protected ? NULL : row[2];

		preview_line(
		    p, "held",
		    arena_printf(p->arena, "since %s: %s%s%s%s; %s %s`",
		                 preview_time(p->arena, row[1]), row[0],
		                 detail ? " (" : "", detail ?: "",
		                 detail ? ")" : "", health_hold_text(row[0]),
		                 p->directory));
	}
}

/* ---- one entry */

/* Sets the affiliation of the entry, and its person. */
static void preview_load_link(const struct preview *p, const char **ret_id,
                              const char **ret_person)
{
	size_t count = 0;
	char ***rows = state_rows(p->arena, &count,
	                          "SELECT id, person FROM affiliations"
	                          " WHERE directory = ?1 AND anchor = ?2",
	                          "tt", p->directory, p->anchor);

	*ret_id = count > 0 ? rows[0][0] : NULL;
	*ret_person = count > 0 ? rows[0][1] : NULL;
}

/* Protected before the join or after it, the entry stays hidden. */
static void preview_protect(struct preview *p)
{
	const char *text = report_entry_text(p->arena, p->directory, p->anchor,
	                                     &p->is_protected);

	if (p->is_protected || !p->entry_text)
		p->entry_text = text;
}

/* Its holds are read and then removed, so that what waits is shown, too. */
static void preview_join(struct preview *p)
{
	preview_protect(p);
	preview_load_link(p, &p->linked, &p->linked_person);
	impact_assess_entry(p->cfg, p->directory, p->anchor);
	preview_load_held(p);
	state_exec("DELETE FROM held WHERE directory = ?1 AND anchor = ?2",
	           "tt", p->directory, p->anchor);
	p->former_person =
	    apply_join(p->arena, p->cfg, p->directory, p->anchor);
	preview_load_link(p, &p->affiliation, &p->person);
	p->plan = plan_person(p->arena, p->cfg, p->person ?: "", NULL);
	preview_protect(p);
}

/* Nothing is shown before it is known whether the person is protected. */
static void preview_show_entry(const struct ipc_request *q,
                               const char *directory, const char *anchor)
{
	struct preview p = { .request = q,
		             .arena = q->arena,
		             .cfg = q->cfg,
		             .directory = directory,
		             .anchor = anchor };

	p.entry = source_entry_load(p.arena, directory, anchor);
	p.is_classified =
	    source_entry_classify(p.arena, p.cfg, p.entry, &p.classification);
	p.why_no_kind = p.is_classified ? "" : preview_why_unclassified(&p);
	state_begin();
	preview_join(&p);
	preview_show_source(&p);
	preview_show_kind(&p);
	preview_show_held(&p);
	preview_show_join(&p);
	preview_show_not_taken(&p);
	preview_show_plan(&p);
	state_rollback();
	preview_show_dates(&p);
	preview_show_login(&p);
}

/* ---- the command */

static char ***preview_find_dn(const struct ipc_request *q, const char *dn,
                               size_t *ret_count)
{
	return state_rows(q->arena, ret_count,
	                  "SELECT r.directory, r.anchor FROM sources AS s"
	                  " CROSS JOIN records AS r ON r.directory ="
	                  " s.directory AND r.place = ?1 ORDER BY 1, 2",
	                  "t", dn_normalize(q->arena, dn));
}

/* text: DIRECTORY:ANCHOR, the id of a person or a DN. */
static char ***preview_find(const struct ipc_request *q, const char *text,
                            size_t *ret_count)
{
	const char *directory = NULL;
	const char *anchor = NULL;

	(void)!overrides_split_subject(q->arena, text, &directory, &anchor);
	char ***rows = state_rows(
	    q->arena, ret_count,
	    "SELECT directory, anchor FROM records WHERE directory = ?1"
	    " AND anchor = ?2 UNION SELECT directory, anchor FROM affiliations"
	    " WHERE directory = ?1 AND anchor = ?2 UNION SELECT directory,"
	    " anchor FROM affiliations WHERE person = ?3 ORDER BY 1, 2",
	    "ttt", directory, anchor, text);

	return *ret_count > 0 ? rows : preview_find_dn(q, text, ret_count);
}

bool preview_command(const struct ipc_request *q, char **argv,
                     struct error *err)
{
	size_t count = 0;
	char ***rows = argv[1] ? preview_find(q, argv[1], &count) : NULL;

	if (!argv[1])
		return error_set(err, ERROR_INVALID,
		                 "usage: preview PERSON|ENTRY|DN");
	if (count == 0)
		return error_set(
		    err, ERROR_INVALID,
		    "no run has read %s; see the last full synchronisation of "
		    "its directory in `portvaktctl sync status`",
		    argv[1]);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			ipc_reply_line(q, "%s", "");
		preview_show_entry(q, rows[i][0], rows[i][1]);
	}
	return true;
}
