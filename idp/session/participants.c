/* SPDX-License-Identifier: AGPL-3.0-or-later
 * participants.c: the services logged in to in a session (SAML Core 3.7: the
 * session participants).  A field of a Redis hash for each, so that concurrent
 * logins do not overwrite one another. */
#include <string.h>

#include "idp/session/session_private.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

char *participant_field(struct arena *a, const struct session_participant *p)
{
	return arena_printf(a, "%s %s", p->issuer, p->service);
}

static json_t *participant_to_json(struct arena *a,
                                   const struct session_participant *p)
{
	json_t *value = js_own(a, json_object());

	json_object_set_new(value, "v", json_integer(1));
	js_set_string(value, "issuer", p->issuer);
	js_set_string(value, "service", p->service);
	js_set_string(value, "affiliation", p->affiliation);
	js_set_string(value, "name", p->name_id);
	js_set_string(value, "index", p->index);
	json_object_set_new(value, "at", json_integer(p->updated_at));
	return value;
}

static bool participant_from_json(struct arena *a, const char *text,
                                  struct session_participant *ret)
{
	json_t *value;

	if (!js_parse(a, text, strlen(text), &value, NULL) ||
	    js_number(value, "v", 0) != 1)
		return false;
	*ret = (struct session_participant){
		.issuer = js_string(value, "issuer"),
		.service = js_string(value, "service"),
		.affiliation = js_string(value, "affiliation"),
		.name_id = js_string(value, "name"),
		.index = js_string(value, "index"),
		.updated_at = js_number(value, "at", 0),
	};
	return ret->issuer && ret->service;
}

static bool participants_read(struct request_context *ctx,
                              const struct session *s, struct validity *ret,
                              struct error *err)
{
	return store_hash_read(ctx->backends->store, ctx->cfg, ctx->arena,
	                       "parts", s->sid, &ret->names, &ret->values,
	                       &ret->count, err);
}

/* Other fields: the marker, and of a past session its end and the statuses,
 * which begin with "=". */
static bool participant_field_is_one(const char *name)
{
	return *name != '=' && strchr(name, ' ');
}

struct session_participant *participants_parse(struct arena *a,
                                               const struct store_fields *parts,
                                               size_t *ret_count)
{
	VECTOR(struct session_participant) participants = { 0 };
	struct session_participant one;

	for (size_t i = 0; i < parts->count; i++)
		if (participant_field_is_one(parts->names[i]) &&
		    participant_from_json(a, parts->values[i], &one))
			*vector_append(a, &participants) = one;
	*ret_count = participants.count;
	return participants.at;
}

bool session_participants(struct request_context *ctx, const struct session *s,
                          struct session_participant **ret_participants,
                          size_t *ret_count, struct error *err)
{
	struct validity now = { 0 };

	if (!participants_read(ctx, s, &now, err))
		return false;
	const struct store_fields parts = { now.names, now.values, now.count };

	*ret_participants = participants_parse(ctx->arena, &parts, ret_count);
	return true;
}

static const struct session_participant *validity_participant(
    struct arena *a, const struct validity *validity, const char *issuer,
    const char *service)
{
	const struct session_participant key = { .issuer = issuer,
		                                 .service = service };
	const char *field = participant_field(a, &key);
	struct session_participant *found =
	    arena_new(a, struct session_participant);

	for (size_t i = 0; i < validity->count; i++)
		if (text_equal(validity->names[i], field) &&
		    participant_from_json(a, validity->values[i], found))
			return found;
	return NULL;
}

bool session_participant_find(
    struct request_context *ctx, const struct session *s, const char *issuer,
    const char *service, const struct session_participant **ret_participant,
    struct error *err)
{
	struct validity now = { 0 };
	const struct validity *validity = s->validity;

	if (!validity && !participants_read(ctx, s, &now, err))
		return false;
	*ret_participant = validity_participant(
	    ctx->arena, validity ? validity : &now, issuer, service);
	return true;
}

bool session_participant_is_current(struct arena *a,
                                    const struct validity *validity,
                                    const char *issuer, const char *service,
                                    const char *affiliation)
{
	const struct session_participant *p =
	    validity_participant(a, validity, issuer, service);

	return !p || text_equal(p->affiliation, affiliation);
}

bool session_add_participant(struct request_context *ctx,
                             const struct session *s,
                             const struct session_participant *p,
                             struct error *err)
{
	bool set;

	if (!store_set_participant(
		ctx->backends->store, ctx->cfg, s->sid,
		participant_field(ctx->arena, p),
		js_dump(ctx->arena, participant_to_json(ctx->arena, p)),
		session_remaining_s(ctx->cfg, s->created_at), &set, err))
		return false;
	return set ||
	       error_set_reason(err, ERROR_INVALID, "login-expired",
	                        "session ended before the service was added");
}
