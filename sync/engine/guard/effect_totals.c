/* SPDX-License-Identifier: AGPL-3.0-or-later
 * effect_totals.c: how many people a scope has, counted up to a bound: a large
 * one is not counted in full. */
#include "sync/engine/guard/effect_totals.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/config/policy_parse.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/state/state.h"

size_t effect_total_in_kind(const struct guard_evaluation *ev, const char *kind,
                            size_t bound)
{
	const char *space = strchr(kind, ' ');

	return (size_t)state_number(
	    "SELECT count(*) FROM (SELECT 1 FROM affiliations"
	    " WHERE directory = ?1 AND status = 'active'"
	    " AND json_extract(form, '$.portvaktKind[0]') = ?2"
	    " AND json_extract(form, '$.portvaktMunicipality[0]') = ?3"
	    " LIMIT ?4)",
	    "ttti", ev->directory, space ? space + 1 : "",
	    arena_memdup(ev->arena, kind,
	                 space ? (size_t)(space - kind) : strlen(kind)),
	    (int64_t)bound);
}

size_t effect_total_in_unit(const struct guard_evaluation *ev, const char *unit,
                            size_t bound)
{
	return (size_t)state_number(
	    "SELECT count(*) FROM (SELECT 1 FROM affiliations"
	    " WHERE directory = ?1 AND status = 'active'"
	    " AND json_extract(form, '$.portvaktUnit[0]') = ?2 LIMIT ?3)",
	    "tti", ev->directory, unit, (int64_t)bound);
}

size_t effect_total_in_ou(const struct guard_evaluation *ev, const char *ou,
                          size_t bound)
{
	return (size_t)state_number(
	    "SELECT count(*) FROM (SELECT 1 FROM affiliations"
	    " WHERE directory = ?1 AND status = 'active'"
	    " AND substr(json_extract(form, '$.portvaktSourceDn[0]'),"
	    " -length(?2) - 1) = ',' || ?2 LIMIT ?3)",
	    "tti", ev->directory, ou, (int64_t)bound);
}

size_t effect_total_with_role(const struct guard_evaluation *ev,
                              const char *role, size_t bound)
{
	return (size_t)state_number(
	    "SELECT count(*) FROM (SELECT 1 FROM affiliations AS f"
	    " WHERE f.directory = ?1 AND f.status = 'active'"
	    " AND EXISTS (SELECT 1 FROM json_each(f.form, '$.portvaktRole')"
	    " AS r WHERE r.value = ?2) LIMIT ?3)",
	    "tti", ev->directory, role, (int64_t)bound);
}

size_t effect_total_of_losers(const struct guard_evaluation *ev,
                              const char *municipality)
{
	return (size_t)state_number(
	    "SELECT count(*) FROM (SELECT anchor FROM suspects"
	    " WHERE directory = ?1 AND what IN (128, 256) AND free = 0"
	    " AND substr(kind, 1, instr(kind, ' ') - 1) = ?2 UNION"
	    " SELECT anchor FROM passed WHERE directory = ?1"
	    " AND what IN (128, 256) AND free = 0 AND at > ?3"
	    " AND substr(kind, 1, instr(kind, ' ') - 1) = ?2)",
	    "tti", ev->directory, municipality, clock_now() - THRESHOLD_DAY);
}

bool effect_role_is_used(const struct config *cfg, const char *role)
{
	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];

		for (size_t r = 0; r < m->rule_count; r++)
			if (text_equal(m->rules[r].role, role))
				return true;
	}
	return false;
}

int64_t effect_held_since(const char *directory, enum hold_mask what)
{
	return state_number("SELECT min(since) FROM held WHERE directory = ?1"
	                    " AND mask = ?2",
	                    "ti", directory, (int64_t)what);
}

int64_t effect_number(const char *text)
{
	long long n = 0;

	return text && text_to_number(text, 0, INT64_MAX, &n) ? n : 0;
}
