/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_list.c: lists and ends the sessions of a person, from the Redis set
 * of their hashes. */
#include "idp/session/own.h"

#include <string.h>

#include "idp/session/session_inner.h"
#include "lib/hash.h"
#include "lib/list.h"
#include "lib/text.h"

static bool read_one(struct visit *v, const struct session *s, const char *hex,
                     struct session **ret, struct fault *why)
{
	json_t *value;

	*ret = NULL;
	if (!store_get_hashed(v->staff->store, v->region, v->arena, "session",
	                      hex, &value, why))
		return false;
	if (!value || !session_from_json(v->arena, value, ret) ||
	    !text_equal((*ret)->person->id, s->person->id) ||
	    session_is_over(v->region, *ret))
		*ret = NULL;
	return true;
}

bool own_sessions(struct visit *v, const struct session *s,
                  struct own_session **ret_sessions, size_t *ret_count,
                  struct fault *why)
{
	LIST(struct own_session) found = { 0 };
	struct session *one;
	char **hexes;
	size_t count;

	if (!store_set_read(v->staff->store, v->region, v->arena, "person",
	                    s->person->id, &hexes, &count, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!read_one(v, s, hexes[i], &one, why))
			return false;
		if (one)
			*list_add(v->arena, &found) =
			    (struct own_session){ hexes[i], one };
	}
	*ret_sessions = found.at;
	*ret_count = found.count;
	return true;
}

static bool end_one(struct visit *v, const struct own_session *one,
                    struct fault *why)
{
	return store_drop(v->staff->store, v->region, "parts",
	                  one->session->sid, why) &&
	       store_drop_hashed(v->staff->store, v->region, "session",
	                         one->hex, why) &&
	       store_set_remove(v->staff->store, v->region, "person",
	                        one->session->person->id, one->hex, why);
}

bool own_sessions_end(struct visit *v, const struct session *s, const char *hex,
                      struct fault *why)
{
	const char *mine = hash_hex(v->arena, s->secret, strlen(s->secret));
	struct own_session *all;
	size_t count;
	bool found = !hex;

	if (!own_sessions(v, s, &all, &count, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (hex ? !text_equal(all[i].hex, hex)
		        : text_equal(all[i].hex, mine))
			continue;
		found = true;
		if (!end_one(v, &all[i], why))
			return false;
	}
	return found || fault_for(why, FAULT_INVALID, "not-found",
	                          "no such session of this person");
}

bool own_sessions_end_of(struct visit *v, const struct person *p,
                         struct fault *why)
{
	const struct session nobodys = { .secret = "", .person = p };

	return own_sessions_end(v, &nobodys, NULL, why);
}
