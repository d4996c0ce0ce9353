/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_purge_redis.c: revokes the sessions of a municipality's people, and
 * later deletes their values from Redis without waiting for expiry. */
#include "idp/admin/offboard/offboarding.h"

#include "lib/strbuf.h"

bool offboard_end_sessions(const struct admin_command *cmd,
                           const struct municipality *m, struct error *err)
{
	return store_revoke(admin_backends.store, cmd->cfg, "municipality",
	                    m->name, "organisation-migrated", err);
}

/* Returns whether a string in value, at any depth, is one of these ids. */
static bool offboard_contains_id(const json_t *value, const json_t *ids)
{
	const char *name;
	json_t *inner;
	size_t i;

	if (json_is_string(value))
		return json_object_get(ids, json_string_value(value)) != NULL;
	json_object_foreach((json_t *)(uintptr_t)value, name, inner)
	{
		if (offboard_contains_id(inner, ids))
			return true;
	}
	json_array_foreach(value, i, inner)
	{
		if (offboard_contains_id(inner, ids))
			return true;
	}
	return false;
}

/* The participant list is deleted first: only the session value holds its
 * sid. */
static bool offboard_purge_value(const struct admin_command *cmd,
                                 const char *kind, const char *hex,
                                 const json_t *value, struct error *err)
{
	const char *sid = js_string(value, "sid");

	if (text_equal(kind, "session") && sid &&
	    !store_delete(admin_backends.store, cmd->cfg, "parts", sid, err))
		return false;
	return store_delete_hashed(admin_backends.store, cmd->cfg, kind, hex,
	                           err);
}

static bool offboard_purge_kind(const struct admin_command *cmd,
                                const char *kind, const json_t *ids,
                                size_t *count, struct error *err)
{
	struct arena *a = arena_open();
	char **hexes = NULL;
	size_t found = 0;
	bool good = store_list_keys(admin_backends.store, cmd->cfg, a, kind,
	                            &hexes, &found, err);

	for (size_t i = 0; i < found && good; i++) {
		json_t *value = NULL;

		good = store_get_hashed(admin_backends.store, cmd->cfg, a, kind,
		                        hexes[i], &value, err);
		if (!good || !value || !offboard_contains_id(value, ids))
			continue;
		good = offboard_purge_value(cmd, kind, hexes[i], value, err);
		(*count)++;
	}
	arena_close(a);
	return good;
}

bool offboard_purge_redis(const struct admin_command *cmd, const json_t *ids,
                          size_t *ret_count, struct error *err)
{
	static const char *const kinds[] = { "session", "ticket", "code",
		                             "par",     "access", "refresh" };
	const char *id;
	json_t *ignored;

	*ret_count = 0;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (!offboard_purge_kind(cmd, kinds[i], ids, ret_count, err))
			return false;
	json_object_foreach((json_t *)(uintptr_t)ids, id, ignored)
	{
		if (!store_delete(admin_backends.store, cmd->cfg, "person", id,
		                  err) ||
		    !store_clear_revocation(admin_backends.store, cmd->cfg,
		                            "person", id, err) ||
		    !store_clear_revocation(admin_backends.store, cmd->cfg,
		                            "affiliation", id, err))
			return false;
	}
	return true;
}
