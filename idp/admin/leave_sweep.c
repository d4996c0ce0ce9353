/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_purge_redis.c: revokes the sessions of a municipality's people, and
 * later deletes their values from Redis without waiting for expiry. */
#include "idp/admin/leaving.h"

#include "lib/text.h"

bool leaving_end(const struct act *t, const struct municipality *m,
                 struct fault *why)
{
	return store_note_ended(clerk.store, t->region, "municipality", m->name,
	                        "left", why);
}

/* Returns whether a string in value, at any depth, is one of these ids. */
static bool names_one(const json_t *value, const json_t *ids)
{
	const char *name;
	json_t *inner;
	size_t i;

	if (json_is_string(value))
		return json_object_get(ids, json_string_value(value)) != NULL;
	json_object_foreach((json_t *)(uintptr_t)value, name, inner)
	{
		if (names_one(inner, ids))
			return true;
	}
	json_array_foreach(value, i, inner)
	{
		if (names_one(inner, ids))
			return true;
	}
	return false;
}

/* The participant list is deleted first: only the session value holds its
 * sid. */
static bool drop_one(const struct act *t, const char *kind, const char *hex,
                     const json_t *value, struct fault *why)
{
	const char *sid = js_string(value, "sid");

	if (text_equal(kind, "session") && sid &&
	    !store_drop(clerk.store, t->region, "parts", sid, why))
		return false;
	return store_drop_hashed(clerk.store, t->region, kind, hex, why);
}

static bool sweep_kind(const struct act *t, const char *kind, const json_t *ids,
                       size_t *count, struct fault *why)
{
	struct arena *a = arena_open();
	char **hexes = NULL;
	size_t found = 0;
	bool good =
	    store_each(clerk.store, t->region, a, kind, &hexes, &found, why);

	for (size_t i = 0; i < found && good; i++) {
		json_t *value = NULL;

		good = store_get_hashed(clerk.store, t->region, a, kind,
		                        hexes[i], &value, why);
		if (!good || !value || !names_one(value, ids))
			continue;
		good = drop_one(t, kind, hexes[i], value, why);
		(*count)++;
	}
	arena_close(a);
	return good;
}

bool leaving_sweep(const struct act *t, const json_t *ids, size_t *ret_count,
                   struct fault *why)
{
	static const char *const kinds[] = { "session", "ticket", "code",
		                             "par",     "access", "refresh" };
	const char *id;
	json_t *ignored;

	*ret_count = 0;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (!sweep_kind(t, kinds[i], ids, ret_count, why))
			return false;
	json_object_foreach((json_t *)(uintptr_t)ids, id, ignored)
	{
		if (!store_drop(clerk.store, t->region, "person", id, why) ||
		    !store_clear_ended(clerk.store, t->region, "person", id,
		                       why) ||
		    !store_clear_ended(clerk.store, t->region, "affiliation",
		                       id, why))
			return false;
	}
	return true;
}
