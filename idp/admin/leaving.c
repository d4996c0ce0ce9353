/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboarding.c: reads from the catalogue which people, affiliations and
 * directory entries belong to a municipality, and which to it alone. */
#include "idp/admin/leaving.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "region/ask.h"

/* ---- the catalogue */

bool leaving_each(const struct leaving *l, const char *tree,
                  enum directory_scope scope, const char *filter,
                  const char *const *names,
                  bool (*each)(void *with, const struct directory_entry *e,
                               struct fault *why),
                  void *with, struct fault *why)
{
	return directory_each(l->catalogue,
	                      arena_print(l->arena, "ou=%s,%s", tree,
	                                  l->act->region->catalogue.base),
	                      scope, filter, names, each, with, why);
}

/* Returns the parent's id in
 * portvaktId=<affiliation>,portvaktId=<person>,... */
static char *person_above(struct arena *a, const char *dn)
{
	const char *comma = strchr(dn, ',');
	const char *equals = comma ? strchr(comma, '=') : NULL;

	return equals ? arena_bytes(a, equals + 1, strcspn(equals + 1, ","))
	              : NULL;
}

static bool hear_own(void *with, const struct directory_entry *e,
                     struct fault *why)
{
	struct leaving *l = with;
	const char *id = entry_text(e, "portvaktId");
	const char *person = person_above(l->arena, e->dn);
	const char *directory = entry_text(e, "portvaktDirectory");
	const char *anchor = entry_text(e, "portvaktAnchor");
	bool active = text_equal(entry_text(e, "portvaktStatus"), "active");

	(void)why;
	if (!id || !person)
		return true;
	json_t *known = json_object_get(l->people, person);

	if (!known) {
		known = json_pack("{s:b, s:b}", "active", 0, "stays", 0);
		(void)json_object_set_new(l->people, person, known);
	}
	if (active || !js_string(known, "name"))
		js_put(known, "name", entry_text(e, "cn"));
	if (active)
		(void)json_object_set_new(known, "active", json_true());
	js_put(l->affiliations, id, person);
	if (directory && anchor)
		(void)json_object_set_new(
		    l->anchors,
		    arena_print(l->arena, "%s:%s", directory, anchor),
		    json_true());
	return true;
}

static bool hear_other(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	struct leaving *l = with;
	const char *person = person_above(l->arena, e->dn);
	json_t *known = person ? json_object_get(l->people, person) : NULL;

	(void)why;
	if (!known || js_true(known, "stays"))
		return true;
	(void)json_object_set_new(known, "stays", json_true());
	l->staying++;
	return true;
}

bool leaving_find(const struct act *t, const struct municipality *m,
                  struct leaving *ret, struct fault *why)
{
	static const char *const own_names[] = { "portvaktId",
		                                 "portvaktDirectory",
		                                 "portvaktAnchor",
		                                 "portvaktStatus",
		                                 "cn",
		                                 NULL };
	static const char *const nothing[] = { "1.1", NULL };
	struct arena *a = t->arena;

	*ret = (struct leaving){ .act = t,
		                 .arena = a,
		                 .m = m,
		                 .people = js_keep(a, json_object()),
		                 .affiliations = js_keep(a, json_object()),
		                 .anchors = js_keep(a, json_object()) };
	return act_catalogue(t, &ret->catalogue, why) &&
	       leaving_each(
		   ret, "people", SCOPE_SUBTREE,
		   arena_print(a, "(portvaktMunicipality=%s)", m->name),
		   own_names, hear_own, ret, why) &&
	       leaving_each(ret, "people", SCOPE_SUBTREE,
	                    arena_print(a,
	                                "(&(objectClass=portvaktAffiliation)"
	                                "(!(portvaktMunicipality=%s)))",
	                                m->name),
	                    nothing, hear_other, ret, why);
}

/* ---- ownership */

/* Returns whether the municipality reads people from that directory, or gave it
 * its name, and no other municipality reads it. */
static bool reads_alone(const struct leaving *l, const char *directory)
{
	const struct region *r = l->act->region;
	bool ours = text_equal(directory, l->m->name);

	for (size_t i = 0; i < r->municipality_count; i++) {
		const struct municipality *m = &r->municipalities[i];

		for (size_t p = 0; p < m->people_count; p++)
			if (text_equal(m->people[p].directory->name,
			               directory)) {
				if (m != l->m)
					return false;
				ours = true;
			}
	}
	return ours;
}

bool leaving_owns(const struct leaving *l, const char *subject)
{
	const char *colon = strchr(subject, ':');

	if (!colon)
		return json_object_get(l->affiliations, subject) != NULL;
	return json_object_get(l->anchors, subject) ||
	       reads_alone(l, arena_bytes(l->arena, subject,
	                                  (size_t)(colon - subject)));
}

static bool may_enter(const struct municipality *m, const char *service)
{
	for (size_t i = 0; i < m->clause_count; i++)
		for (char **n = m->clauses[i].services; *n; n++)
			if (!m->clauses[i].may_not &&
			    (text_equal(*n, service) || text_equal(*n, "any")))
				return true;
	return false;
}

bool leaving_must_be_told(const struct municipality *m, const struct service *s)
{
	return !s->issuer->owner && may_enter(m, s->name);
}

/* ---- steps */

const char keep_record[] = "keep record";

static char *step_text(struct arena *a, const char *step)
{
	return arena_print(a, "step %s", step);
}

bool leaving_decided(const struct leaving *l, const char *step, int64_t *ret,
                     struct fault *why)
{
	static const char *const names[] = { "portvaktFrom", "portvaktUntil",
		                             NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	*ret = 0;
	if (!directory_search(
		l->catalogue, l->arena,
		arena_print(l->arena, "ou=decisions,%s",
	                    l->act->region->catalogue.base),
		SCOPE_ONE,
		arena_print(l->arena,
	                    "(&(portvaktDecides=leave)(portvaktSubject=%s)"
	                    "(portvaktSubject=%s))",
	                    l->m->name, step_text(l->arena, step)),
		names, 1000, &found, &count, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *when = entry_text(&found[i], "portvaktUntil")
		                       ?: entry_text(&found[i], "portvaktFrom");
		int64_t at = 0;

		if (when && clock_from_ldap(when, &at) && at > *ret)
			*ret = at;
	}
	return true;
}

bool leaving_keeps_record(const struct act *t)
{
	for (size_t i = 1; i < t->count; i++)
		if (text_equal(t->words[i], "--keep-record"))
			return true;
	return false;
}

bool leaving_decide(const struct act *t, const struct municipality *m,
                    const char *step, int64_t until, struct fault *why)
{
	const char *subjects[] = { step_text(t->arena, step), keep_record };
	const struct deciding d = { .decides = "leave",
		                    .about = m->name,
		                    .subjects = subjects,
		                    .count = leaving_keeps_record(t) ? 2 : 1,
		                    .until = until };

	return act_decide(t, &d, NULL, why);
}
