/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_purge_redis.c: revokes the sessions of a municipality's people, and
 * later deletes their values from Redis without waiting for expiry. */
#include "idp/admin/offboard/offboarding.h"

#include <string.h>

#include "idp/admin/command/session_end.h"
#include "lib/strbuf.h"

/* Returns whether an affiliation of the municipality authenticated the
 * session. */
static bool offboard_is_session_of(const json_t *value,
                                   const struct municipality *m)
{
	const json_t *affiliations =
	    js_array(js_object(value, "person"), "affiliations");
	const char *by = js_string(value, "by");
	json_t *f;
	size_t i;

	json_array_foreach(affiliations, i, f)
	{
		if (text_equal(js_string(f, "id"), by))
			return text_equal(js_string(f, "municipality"),
			                  m->name);
	}
	return false;
}

/* The revocation applies from now on; the sessions that are known end, so that
 * their services are notified. */
bool offboard_end_sessions(const struct admin_command *cmd,
                           const struct municipality *m, struct error *err)
{
	struct ended_services ended = { 0 };
	char **hexes = NULL;
	size_t count = 0;

	if (!store_revoke(admin_backends.store, cmd->cfg, "municipality",
	                  m->name, "organisation-migrated", err) ||
	    !store_list_keys(admin_backends.store, cmd->cfg, cmd->arena,
	                     "session", &hexes, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		json_t *value = NULL;

		if (!store_get_hashed(admin_backends.store, cmd->cfg,
		                      cmd->arena, "session", hexes[i], &value,
		                      err) ||
		    (offboard_is_session_of(value, m) &&
		     !cmd_end_session(cmd, hexes[i], "organisation-migrated",
		                      &ended, err)))
			return false;
	}
	return true;
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

/* A session ends, which removes all that refers to it. */
static bool offboard_purge_value(const struct admin_command *cmd,
                                 const char *kind, const char *hex,
                                 struct error *err)
{
	struct ended_services ended = { 0 };

	if (text_equal(kind, "session") &&
	    !cmd_end_session(cmd, hex, "organisation-migrated", &ended, err))
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
		good = offboard_purge_value(cmd, kind, hexes[i], err);
		(*count)++;
	}
	arena_close(a);
	return good;
}

/* Returns whether the record of a past session has one of these ids. */
static bool offboard_past_contains_id(struct arena *a,
                                      const struct store_fields *past,
                                      const json_t *ids)
{
	json_t *value;

	for (size_t i = 0; i < past->count; i++)
		if (js_parse(a, past->values[i], strlen(past->values[i]),
		             &value, NULL) &&
		    offboard_contains_id(value, ids))
			return true;
	return false;
}

static bool offboard_purge_past(const struct admin_command *cmd,
                                const json_t *ids, size_t *count,
                                struct error *err)
{
	struct arena *a = arena_open();
	char **hexes = NULL;
	size_t found = 0;
	bool good = store_list_keys(admin_backends.store, cmd->cfg, a, "past",
	                            &hexes, &found, err);

	for (size_t i = 0; i < found && good; i++) {
		struct store_fields past;

		good = store_past_read(admin_backends.store, cmd->cfg, a,
		                       hexes[i], &past, err);
		if (!good || !offboard_past_contains_id(a, &past, ids))
			continue;
		good = store_delete_hashed(admin_backends.store, cmd->cfg,
		                           "past", hexes[i], err);
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
	if (!offboard_purge_past(cmd, ids, ret_count, err))
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
