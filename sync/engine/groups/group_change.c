/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_change.c: the planned change of a group, loaded when it is needed
 * first. */
#include "sync/engine/groups/group_change_private.h"

#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/state/state.h"

struct group_change *group_change_for(struct groups *g, const char *id)
{
	const json_t *index = json_object_get(g->index_of_id, id);
	size_t count = 0;

	if (index)
		return &g->changes.at[json_integer_value(index)];
	char ***rows = state_rows(g->arena, &count,
	                          "SELECT form, csn, directory, anchor, live,"
	                          " next FROM groups WHERE id = ?1",
	                          "t", id);
	if (count == 0)
		return NULL;
	(void)json_object_set_new(g->index_of_id, id,
	                          json_integer((json_int_t)g->changes.count));
	struct group_change *c = vector_append(g->arena, &g->changes);
	long long next = 0;
	*c = (struct group_change){ .id = arena_strdup(g->arena, id),
		                    .before =
		                        entry_json_parse(g->arena, rows[0][0]),
		                    .csn = rows[0][1],
		                    .directory = rows[0][2],
		                    .anchor = rows[0][3],
		                    .live = text_equal(rows[0][4], "1") };
	c->after = c->before;
	if (text_to_number(rows[0][5], 0, INT64_MAX, &next))
		c->next_at = next;
	return c;
}
