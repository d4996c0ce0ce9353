/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sessions.c: lists and ends login sessions. Ending a session also deletes its
 * participant list, which invalidates the authorization codes and tokens
 * issued in it. */
#include "idp/admin/admin.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"

/* Returns the session keys as 64 hex digits: one person's, or all. */
static bool find_hexes(const struct act *t, const struct person *p,
                       char ***ret_hexes, size_t *ret_count, struct fault *why)
{
	if (p)
		return store_set_read(clerk.store, t->region, t->arena,
		                      "person", p->id, ret_hexes, ret_count,
		                      why);
	return store_each(clerk.store, t->region, t->arena, "session",
	                  ret_hexes, ret_count, why);
}

static void say_session(const struct act *t, const char *hex,
                        const json_t *value)
{
	const json_t *person = js_object(value, "person");

	answer_line(t->question, "%.12s  %s  by %s  since %s  last %s  %s", hex,
	            js_string(person, "id") ?: "?",
	            js_string(value, "method") ?: "?",
	            clock_iso(t->arena, js_number(value, "proved", 0)),
	            clock_iso(t->arena, js_number(value, "touched", 0)),
	            js_string(value, "agent") ?: "");
}

static bool list(const struct act *t, const struct person *p, struct fault *why)
{
	char **hexes = NULL;
	size_t count = 0;

	if (!find_hexes(t, p, &hexes, &count, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		json_t *value = NULL;

		if (!store_get_hashed(clerk.store, t->region, t->arena,
		                      "session", hexes[i], &value, why))
			return false;
		if (value)
			say_session(t, hexes[i], value);
	}
	return true;
}

static bool end_one(const struct act *t, const char *hex, struct fault *why)
{
	json_t *value = NULL;

	if (!store_get_hashed(clerk.store, t->region, t->arena, "session", hex,
	                      &value, why))
		return false;
	/* The participant list is deleted first: only the session value holds
	 * its sid. */
	const char *sid = js_string(value, "sid");

	if (sid && !store_drop(clerk.store, t->region, "parts", sid, why))
		return false;
	return store_drop_hashed(clerk.store, t->region, "session", hex, why);
}

/* Prints the participants, which are the fields named "issuer service". */
static bool say_services(const struct act *t, const char *hex,
                         struct fault *why)
{
	json_t *value = NULL;
	char **names = NULL;
	char **values = NULL;
	size_t count = 0;

	if (!store_get_hashed(clerk.store, t->region, t->arena, "session", hex,
	                      &value, why))
		return false;
	if (!js_string(value, "sid"))
		return true;
	if (!store_fields(clerk.store, t->region, t->arena, "parts",
	                  js_string(value, "sid"), &names, &values, &count,
	                  why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strchr(names[i], ' '))
			answer_line(t->question, "had entered  %s", names[i]);
	return true;
}

bool act_end_sessions(const struct act *t, const struct person *p,
                      struct fault *why)
{
	char **hexes = NULL;
	size_t count = 0;

	if (!find_hexes(t, p, &hexes, &count, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!say_services(t, hexes[i], why) ||
		    !end_one(t, hexes[i], why))
			return false;
	answer_line(t->question,
	            "%zu sessions ended; what was entered before them is in "
	            "the record, under %s",
	            count, p->id);
	return true;
}

static bool end(const struct act *t, const struct person *p, struct fault *why)
{
	char **hexes = NULL;
	size_t count = 0;

	if (!find_hexes(t, p, &hexes, &count, why) ||
	    !act_record(t, p, NULL, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!end_one(t, hexes[i], why))
			return false;
	answer_line(t->question, "%zu ended", count);
	return true;
}

bool admin_sessions(const struct act *t, struct fault *why)
{
	const struct person *p = NULL;

	if (t->count < 2)
		return fault(why, FAULT_INVALID,
		             "sessions list [WHO], or sessions end WHO");
	if (t->count >= 3 && !act_person(t, t->words[2], &p, why))
		return false;
	if (text_equal(t->words[1], "list"))
		return list(t, p, why);
	if (text_equal(t->words[1], "end") && p)
		return end(t, p, why);
	return fault(why, FAULT_INVALID, "sessions end wants a person");
}
