/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_txn.c: the state of a logout in progress, as JSON. */
#include "idp/session/walk.h"

#include "lib/text.h"

enum { VERSION = 1 };

/* Values in Redis and in the audit log. */
static const char *const states[] = {
	[TOLD_AWAY] = "away",
	[TOLD_YES] = "told",
	[TOLD_CANNOT] = "cannot",
	[TOLD_BROWSER] = "browser",
};

size_t walk_parts(struct part *parts, size_t count, const char *by)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (parts[i].name_id && !text_equal(parts[i].service, by))
			parts[kept++] = parts[i];
	return kept;
}

static json_t *row_of(const struct telling *t)
{
	json_t *row = json_object();

	js_put(row, "service", t->part.service);
	js_put(row, "state", states[t->how]);
	js_put(row, "address", t->address);
	return row;
}

/* "alone": no participant except the initiator.  Where initiator->service is
 * NULL, one result may be its own. */
json_t *walk_of(struct arena *a, const struct walk_for *who,
                const struct telling *told, size_t count)
{
	json_t *walk = js_keep(a, json_object());
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(rows, row_of(&told[i]));
	json_object_set_new(walk, "v", json_integer(VERSION));
	json_object_set_new(walk, "leave", json_true());
	json_object_set_new(walk, "rows", rows);
	json_object_set_new(walk, "alone",
	                    json_boolean(count <= (who->by ? 0 : 1)));
	js_put(walk, "front", who->front);
	js_put(walk, "issuer", who->issuer);
	if (who->request)
		json_object_set(walk, "request", who->request);
	return walk;
}

bool walk_is(const json_t *walk)
{
	return js_true(walk, "leave") && js_array(walk, "rows");
}

enum told walk_state(const json_t *row)
{
	const char *name = js_string(row, "state");

	for (size_t i = 0; i < LENGTH(states); i++)
		if (text_equal(states[i], name))
			return (enum told)i;
	return TOLD_AWAY;
}

json_t *walk_next(const json_t *walk)
{
	json_t *rows = js_array(walk, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (walk_state(json_array_get(rows, i)) == TOLD_BROWSER)
			return json_array_get(rows, i);
	return NULL;
}

bool walk_all_told(const json_t *walk)
{
	json_t *rows = js_array(walk, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (walk_state(json_array_get(rows, i)) != TOLD_YES)
			return false;
	return true;
}

bool walk_is_short(const json_t *walk)
{
	return !walk_next(walk) && js_true(walk, "alone") &&
	       walk_all_told(walk);
}

bool walk_answered(json_t *walk, const char *service, bool well)
{
	json_t *rows = js_array(walk, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);

		if (!text_equal(js_string(row, "service"), service))
			continue;
		if (walk_state(row) == TOLD_BROWSER)
			js_put(row, "state",
			       states[well ? TOLD_YES : TOLD_AWAY]);
		return true;
	}
	return false;
}

json_t *walk_told(struct arena *a, const json_t *walk)
{
	json_t *told = js_keep(a, json_object());
	json_t *rows = js_array(walk, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);

		js_put(told, js_string(row, "service"),
		       js_string(row, "state"));
	}
	return told;
}
