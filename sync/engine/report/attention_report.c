/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attention_report.c: counts held changes and doubts for each municipality, for
 * notifications.  An entry without an affiliation counts where people { }
 * selects it. */
#include "sync/engine/report/reports.h"

#include "lib/strbuf.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"

struct attention {
	const struct ipc_request *q;
	const char *list;       /* member: "held" or "doubts" */
	json_t *municipalities; /* name: {held: {key: row}, doubts} */
};

/* Returns the row of the municipality, directory and reason. */
static json_t *attention_row(const struct attention *t,
                             const char *municipality, const char *directory,
                             const char *reason)
{
	json_t *of = json_object_get(t->municipalities, municipality);
	char *key = arena_printf(t->q->arena, "%s %s", directory, reason);

	if (!of) {
		of = json_pack("{s:{}, s:{}}", "held", "doubts");
		(void)json_object_set_new(t->municipalities, municipality, of);
	}
	json_t *rows = json_object_get(of, t->list);
	json_t *row = json_object_get(rows, key);
	if (row)
		return row;
	row = json_pack("{s:s, s:s, s:I}", "directory", directory, "reason",
	                reason, "people", (json_int_t)0);
	(void)json_object_set_new(rows, key, row);
	return row;
}

static void attention_add(const struct attention *t, const char *municipality,
                          const char *directory, const char *reason,
                          int64_t people)
{
	json_t *row = attention_row(t, municipality, directory, reason);

	(void)json_object_set_new(
	    row, "people", json_integer(js_number(row, "people", 0) + people));
}

/* rows: municipality, directory, reason, count. */
static void attention_add_counts(const struct attention *t, char ***rows,
                                 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		long long people = 0;

		if (rows[i][0] &&
		    text_to_number(rows[i][3], 0, INT64_MAX, &people))
			attention_add(t, rows[i][0], rows[i][1], rows[i][2],
			              people);
	}
}

/* rows: directory, anchor, reason, of entries without an affiliation. */
static void attention_classify(const struct attention *t, char ***rows,
                               size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct arena *a = arena_open();
		struct classification s;

		if (source_entry_classify(
			a, t->q->cfg,
			source_entry_load(a, rows[i][0], rows[i][1]), &s))
			attention_add(t, s.municipality->name, rows[i][0],
			              rows[i][2], 1);
		arena_close(a);
	}
}

static void attention_count_held(const struct attention *t)
{
	size_t count = 0;
	char ***rows = state_rows(
	    t->q->arena, &count,
	    "SELECT json_extract(f.form, '$.portvaktMunicipality[0]'),"
	    " h.directory, h.reason, count(DISTINCT h.anchor) FROM held AS h"
	    " JOIN affiliations AS f ON f.directory = h.directory"
	    " AND f.anchor = h.anchor AND f.form IS NOT NULL GROUP BY 1, 2, 3",
	    "");

	attention_add_counts(t, rows, count);
	rows = state_rows(
	    t->q->arena, &count,
	    "SELECT DISTINCT h.directory, h.anchor, h.reason FROM held AS h"
	    " WHERE NOT EXISTS (SELECT 1 FROM affiliations AS f"
	    " WHERE f.directory = h.directory AND f.anchor = h.anchor"
	    " AND f.form IS NOT NULL)",
	    "");
	attention_classify(t, rows, count);
}

static void attention_count_doubts(const struct attention *t)
{
	size_t count = 0;
	char ***rows = state_rows(
	    t->q->arena, &count,
	    "SELECT json_extract(f.form, '$.portvaktMunicipality[0]'),"
	    " d.directory, d.reason, count(*) FROM quarantine AS d"
	    " JOIN affiliations AS f ON f.directory = d.directory"
	    " AND f.anchor = d.anchor AND f.form IS NOT NULL GROUP BY 1, 2, 3",
	    "");

	attention_add_counts(t, rows, count);
	rows = state_rows(
	    t->q->arena, &count,
	    "SELECT d.directory, d.anchor, d.reason FROM quarantine AS d"
	    " WHERE NOT EXISTS (SELECT 1 FROM affiliations AS f"
	    " WHERE f.directory = d.directory AND f.anchor = d.anchor"
	    " AND f.form IS NOT NULL)",
	    "");
	attention_classify(t, rows, count);
}

static json_t *attention_values(const json_t *rows)
{
	const char *key;
	json_t *row;
	json_t *list = json_array();

	json_object_foreach((json_t *)rows, key, row)
	{
		(void)json_array_append(list, row);
	}
	return list;
}

bool attention_report(const struct ipc_request *q, char **argv,
                      struct error *err)
{
	json_t *municipalities = js_own(q->arena, json_object());
	const char *name;
	json_t *of;

	(void)argv, (void)err;
	attention_count_held(&(struct attention){ q, "held", municipalities });
	attention_count_doubts(
	    &(struct attention){ q, "doubts", municipalities });
	json_object_foreach(municipalities, name, of)
	{
		json_t *line = js_own(
		    q->arena,
		    json_pack("{s:i, s:s, s:o, s:o}", "v", 1, "municipality",
		              name, "held",
		              attention_values(js_object(of, "held")), "doubts",
		              attention_values(js_object(of, "doubts"))));

		ipc_reply_line(q, "%s", js_dump(q->arena, line));
	}
	return true;
}
