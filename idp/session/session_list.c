/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_list.c: lists the sessions of a person, from the Redis set of their
 * hashes. */
#include "idp/session/session_list.h"

#include "idp/session/session_private.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

/* Not one that ended, nor another key of s itself. */
static bool session_list_has(const struct request_context *ctx,
                             const struct session *s, const char *own,
                             const struct session_entry *one, bool *ret,
                             struct error *err)
{
	bool gone;

	if (!session_is_gone(ctx, one->session->sid, &gone, err))
		return false;
	*ret = !gone && (!text_equal(one->session->sid, s->sid) ||
	                 text_equal(one->id_hash, own));
	return true;
}

static bool session_list_read(struct request_context *ctx,
                              const struct session *s, const char *id_hash,
                              struct session **ret, struct error *err)
{
	json_t *value;

	*ret = NULL;
	if (!store_get_hashed(ctx->backends->store, ctx->cfg, ctx->arena,
	                      "session", id_hash, &value, err))
		return false;
	if (!value || !session_from_json(ctx->arena, value, ret) ||
	    !text_equal((*ret)->person->id, s->person->id) ||
	    session_is_expired(ctx->cfg, *ret))
		*ret = NULL;
	return true;
}

bool sessions_of_person(struct request_context *ctx, const struct session *s,
                        struct session_entry **ret_sessions, size_t *ret_count,
                        struct error *err)
{
	VECTOR(struct session_entry) found = { 0 };
	const char *own = s->secret ? session_key_hex(ctx->arena, s) : NULL;
	struct session *one;
	char **hashes;
	size_t count;
	bool listed;

	if (!store_set_read(ctx->backends->store, ctx->cfg, ctx->arena,
	                    "person", s->person->id, &hashes, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!session_list_read(ctx, s, hashes[i], &one, err))
			return false;
		if (!one)
			continue;
		const struct session_entry entry = { hashes[i], one };

		if (!session_list_has(ctx, s, own, &entry, &listed, err))
			return false;
		if (listed)
			*vector_append(ctx->arena, &found) = entry;
	}
	*ret_sessions = found.at;
	*ret_count = found.count;
	return true;
}
