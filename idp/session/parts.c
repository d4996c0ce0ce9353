/* SPDX-License-Identifier: AGPL-3.0-or-later
 * participants.c: the services logged in to in a session (SAML Core 3.7: the
 * session participants).  A field of a Redis hash for each, so that concurrent
 * logins do not overwrite one another. */
#include <string.h>

#include "idp/session/session_inner.h"
#include "lib/list.h"
#include "lib/text.h"

static char *field_of(struct arena *a, const struct part *p)
{
	return arena_print(a, "%s %s", p->issuer, p->service);
}

static json_t *to_json(struct arena *a, const struct part *p)
{
	json_t *value = js_keep(a, json_object());

	json_object_set_new(value, "v", json_integer(1));
	js_put(value, "issuer", p->issuer);
	js_put(value, "service", p->service);
	js_put(value, "affiliation", p->affiliation);
	js_put(value, "name", p->name_id);
	js_put(value, "index", p->index);
	json_object_set_new(value, "at", json_integer(p->at));
	return value;
}

static bool from_text(struct arena *a, const char *text, struct part *ret)
{
	json_t *value;

	if (!js_read(a, text, strlen(text), &value, NULL) ||
	    js_number(value, "v", 0) != 1)
		return false;
	*ret = (struct part){
		.issuer = js_string(value, "issuer"),
		.service = js_string(value, "service"),
		.affiliation = js_string(value, "affiliation"),
		.name_id = js_string(value, "name"),
		.index = js_string(value, "index"),
		.at = js_number(value, "at", 0),
	};
	return ret->issuer && ret->service;
}

static bool read_fields(struct visit *v, const struct session *s,
                        struct standing *ret, struct fault *why)
{
	return store_fields(v->staff->store, v->region, v->arena, "parts",
	                    s->sid, &ret->names, &ret->values, &ret->count,
	                    why);
}

bool session_parts(struct visit *v, const struct session *s,
                   struct part **ret_parts, size_t *ret_count,
                   struct fault *why)
{
	LIST(struct part) parts = { 0 };
	struct standing now = { 0 };
	struct part one;

	if (!read_fields(v, s, &now, why))
		return false;
	for (size_t i = 0; i < now.count; i++)
		if (!text_equal(now.names[i], SESSION_MARK) &&
		    from_text(v->arena, now.values[i], &one))
			*list_add(v->arena, &parts) = one;
	*ret_parts = parts.at;
	*ret_count = parts.count;
	return true;
}

bool session_part(struct visit *v, const struct session *s, const char *issuer,
                  const char *service, const struct part **ret_part,
                  struct fault *why)
{
	const struct part wanted = { .issuer = issuer, .service = service };
	const char *field = field_of(v->arena, &wanted);
	struct standing now = { 0 };
	const struct standing *seen = s->seen;
	struct part *found = arena_new(v->arena, struct part);

	if (!seen && !read_fields(v, s, &now, why))
		return false;
	seen = seen ? seen : &now;
	*ret_part = NULL;
	for (size_t i = 0; i < seen->count; i++)
		if (text_equal(seen->names[i], field) &&
		    from_text(v->arena, seen->values[i], found))
			*ret_part = found;
	return true;
}

bool session_note_part(struct visit *v, const struct session *s,
                       const struct part *p, struct fault *why)
{
	return store_field_put(v->staff->store, v->region, "parts", s->sid,
	                       field_of(v->arena, p),
	                       js_write(v->arena, to_json(v->arena, p)),
	                       session_left(v->region, s->began), why);
}
