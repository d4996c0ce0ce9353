/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_index.c: an index of source entries by login name and mail address, as
 * the catalogue would have them: a domain in any spelling is one address. */
#include "sync/engine/source/name_index.h"

#include "lib/json.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/source/value_syntax.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"

void name_index_mark_waiting(const char *directory, const char *anchor,
                             enum name_kind kind, const char *folded)
{
	state_exec("INSERT INTO dirty(directory, anchor, at)"
	           " SELECT q.directory, q.anchor, ?5 FROM names AS n"
	           " CROSS JOIN quarantine AS q ON q.directory = n.directory"
	           " AND q.anchor = n.anchor AND q.area = ?6"
	           " WHERE n.kind = ?3 AND n.name = ?4"
	           " AND NOT (n.directory = ?1 AND n.anchor = ?2)"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "ttitii", directory, anchor, (int64_t)kind, folded,
	           state_now_ms(), (int64_t)QUARANTINE_NAME);
}

/* One entry being stored. */
struct name_change {
	struct arena *arena;
	const char *directory, *anchor;
};

static void name_index_each(const struct name_change *c, enum name_kind kind,
                            const json_t *names,
                            void (*act)(const struct name_change *c,
                                        enum name_kind kind,
                                        const char *folded))
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *text = json_string_value(json_array_get(names, i));
		const char *cause = NULL;
		const char *name =
		    text ? value_syntax_read(c->arena, name_fields[kind], text,
		                             &cause)
			 : NULL;

		if (name)
			act(c, kind, name_normalize(c->arena, name));
	}
}

static void name_index_delete(const struct name_change *c, enum name_kind kind,
                              const char *folded)
{
	state_exec("DELETE FROM names WHERE kind = ?1 AND name = ?2"
	           " AND directory = ?3 AND anchor = ?4",
	           "ittt", (int64_t)kind, folded, c->directory, c->anchor);
}

static void name_index_insert(const struct name_change *c, enum name_kind kind,
                              const char *folded)
{
	state_exec("INSERT OR IGNORE INTO names VALUES(?1, ?2, ?3, ?4)", "ittt",
	           (int64_t)kind, folded, c->directory, c->anchor);
}

static void name_index_mark(const struct name_change *c, enum name_kind kind,
                            const char *folded)
{
	name_index_mark_waiting(c->directory, c->anchor, kind, folded);
}

/* Whether the entry is in use may have changed, also where its names have
 * not. */
void name_index_store(struct arena *a, const char *directory,
                      const char *anchor, const char *before, const char *after)
{
	const struct name_change c = { a, directory, anchor };
	const json_t *old = entry_json_parse(a, before);
	const json_t *new = entry_json_parse(a, after);

	for (enum name_kind kind = 0; kind < NAME_KINDS; kind++) {
		const json_t *had = js_array(old, name_fields[kind]);
		const json_t *has = js_array(new, name_fields[kind]);

		name_index_each(&c, kind, had, name_index_mark);
		if (had == has || (had && has && json_equal(had, has)))
			continue;
		name_index_each(&c, kind, had, name_index_delete);
		name_index_each(&c, kind, has, name_index_insert);
		name_index_each(&c, kind, has, name_index_mark);
	}
}
