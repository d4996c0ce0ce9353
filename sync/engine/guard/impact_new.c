/* SPDX-License-Identifier: AGPL-3.0-or-later
 * impact_new.c: a new entry of a known person is compared with the affiliation
 * that it continues, or with the highest one that the person has in the
 * municipality. */
#include "sync/engine/guard/impact_new.h"

#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/correlation/join.h"
#include "sync/engine/guard/change_effects.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/state/state.h"

/* Returns the person's affiliation of the highest kind in the municipality, the
 * least id of several, or NULL; *ret_rank: its rank. */
static const char *impact_new_highest(struct arena *a, const char *person,
                                      const char *municipality, int *ret_rank)
{
	const char *highest = NULL;
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT id, json_extract(form,"
	                          " '$.portvaktKind[0]') FROM affiliations"
	                          " WHERE person = ?1 AND json_extract(form,"
	                          " '$.portvaktMunicipality[0]') = ?2"
	                          " ORDER BY id",
	                          "tt", person, municipality);

	for (size_t i = 0; i < count; i++) {
		int rank = change_effects_rank(rows[i][1]);

		if (highest && rank <= *ret_rank)
			continue;
		highest = rows[i][0];
		*ret_rank = rank;
	}
	return highest;
}

struct impact_new impact_new_find(struct arena *a, const struct config *cfg,
                                  const struct source_entry *entry,
                                  const struct classification *s)
{
	const struct join_outlook outlook = join_foresee(a, cfg, entry, s);
	struct impact_new found = { .continued = outlook.affiliation };
	int rank = 0;

	if (!outlook.person)
		return found;
	found.exceeded =
	    impact_new_highest(a, outlook.person, s->municipality->name, &rank);
	if (rank >= change_effects_rank(affiliation_type_name(s->kind)))
		found.exceeded = NULL;
	return found;
}

bool impact_new_is_held(struct arena *a, const struct config *cfg,
                        const struct source_entry *entry,
                        const struct classification *s)
{
	int held = guard_held_mask(entry->directory, entry->anchor);

	if (!(held & (HOLD_CREATE | HOLD_KIND_UP)) ||
	    state_number("SELECT count(*) FROM affiliations WHERE"
	                 " directory = ?1 AND anchor = ?2"
	                 " AND form IS NOT NULL",
	                 "tt", entry->directory, entry->anchor) > 0)
		return false;
	return held & HOLD_CREATE ||
	       !join_foresee(a, cfg, entry, s).affiliation;
}
