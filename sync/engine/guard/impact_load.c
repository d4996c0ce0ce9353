/* SPDX-License-Identifier: AGPL-3.0-or-later
 * impact_load.c: loads the affiliation that a row is compared with. */
#include "sync/engine/guard/impact_private.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/state/state.h"

enum { NEWCOMER_S = 45 * 24 * 60 * 60 };

static bool impact_load_row(struct impact_row *l, char ***rows, size_t count)
{
	l->before = count > 0 ? entry_json_parse(l->arena, rows[0][2]) : NULL;
	if (!l->before)
		return false;
	l->affiliation = rows[0][0];
	l->person = rows[0][1];
	l->is_active = text_equal(rows[0][3], "active");
	l->is_newcomer = text_equal(rows[0][4], "1");
	return true;
}

bool impact_load_own(struct impact_row *l)
{
	size_t count = 0;
	char ***rows = state_rows(l->arena, &count,
	                          "SELECT id, person, form, status, made > ?3"
	                          " FROM affiliations WHERE directory = ?1"
	                          " AND anchor = ?2",
	                          "tti", l->directory, l->anchor,
	                          clock_now() - NEWCOMER_S);

	return impact_load_row(l, rows, count);
}

bool impact_load_affiliation(struct impact_row *l, const char *id)
{
	size_t count = 0;
	char ***rows = state_rows(l->arena, &count,
	                          "SELECT id, person, form, status, made > ?2"
	                          " FROM affiliations WHERE id = ?1",
	                          "ti", id, clock_now() - NEWCOMER_S);

	return impact_load_row(l, rows, count);
}
