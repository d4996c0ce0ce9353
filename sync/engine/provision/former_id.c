/* SPDX-License-Identifier: AGPL-3.0-or-later
 * former_id.c: keeps the ids that services received before a merge. */
#include "sync/engine/provision/former_id.h"

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/tombstones.h"
#include "sync/engine/correlation/account_link.h"
#include "sync/engine/state/state.h"

struct former_ids {
	struct arena *arena;
	const char *person;
	VECTOR(const char *) list;
};

static void former_id_add(struct former_ids *ids, const char *id)
{
	/* A person that got the id back uses it again. */
	if (!text_equal(id, ids->person) && link_count(id) == 0)
		*vector_append(ids->arena, &ids->list) =
		    arena_strdup(ids->arena, id);
}

static void former_id_add_all(struct former_ids *ids, const json_t *attrs)
{
	const json_t *list = js_array(attrs, "portvaktFormerId");

	for (size_t i = 0; i < json_array_size(list); i++)
		former_id_add(ids, json_string_value(json_array_get(list, i)));
}

static void former_id_add_previous(struct former_ids *ids, const char *id)
{
	char *text = state_text(
	    ids->arena, "SELECT form FROM people WHERE id = ?1", "t", id);

	/* Not the id of an unproved join, which no person had. */
	if (state_number("SELECT count(*) FROM people WHERE id = ?1", "t", id) >
	    0)
		former_id_add(ids, id);
	former_id_add_all(ids, entry_json_parse(ids->arena, text));
}

void former_id_update(struct arena *a, const char *person, json_t *attrs,
                      const char *const *previous)
{
	struct former_ids ids = { .arena = a, .person = person };

	former_id_add_all(&ids, attrs);
	former_id_add_all(&ids, tombstone_of(a, person));
	for (; *previous; previous++)
		former_id_add_previous(&ids, *previous);
	entry_json_set_values(attrs, "portvaktFormerId", ids.list.at,
	                      ids.list.count);
}
