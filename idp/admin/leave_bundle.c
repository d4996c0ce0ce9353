/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_bundle.c: writes the files of an export bundle from the catalogue,
 * the configuration and the signer's responses. LDIF is RFC 2849. For a person
 * who keeps an affiliation elsewhere, only this municipality's values are
 * exported. */
#include <string.h>

#include "idp/admin/leaving.h"
#include "lib/text.h"

/* One file in progress. */
struct telling {
	const struct leaving *l;
	struct parcel *parcel;
};

static const char *const everything[] = { "*", NULL };

static bool one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcasecmp(name, *names) == 0)
			return true;
	return false;
}

/* ---- people.ldif */

/* Keeps the attributes to which no other municipality contributed. */
static bool is_impersonal(void *with, const char *name,
                          const struct directory_value *v)
{
	static const char *const names[] = {
		"objectClass",       "portvaktId",      "portvaktFormerId",
		"portvaktProtected", "portvaktVersion", NULL
	};

	(void)with, (void)v;
	return one_of(name, names);
}

static const char *last_word(const char *name)
{
	const char *blank = strrchr(name, ' ');

	return blank && blank[1] ? blank + 1 : name;
}

static void tell_stayer(struct parcel *p, const struct directory_entry *e,
                        const json_t *known)
{
	const char *name = js_string(known, "name") ?: "-";

	ldif_entry(p, e, is_impersonal, NULL);
	ldif_text(p, "cn", name);
	ldif_text(p, "sn", last_word(name));
	ldif_text(p, "displayName", name);
	ldif_text(p, "portvaktStatus",
	          js_true(known, "active") ? "active" : "suspended");
}

static bool hear_person(void *with, const struct directory_entry *e,
                        struct fault *why)
{
	struct telling *t = with;
	const char *id = entry_text(e, "portvaktId");
	const json_t *known = id ? js_object(t->l->people, id) : NULL;

	(void)why;
	if (!known)
		return true;
	if (js_true(known, "stays"))
		tell_stayer(t->parcel, e, known);
	else
		ldif_entry(t->parcel, e, NULL, NULL);
	parcel_add(t->parcel, "\n");
	return true;
}

static bool hear_whole(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	struct telling *t = with;

	(void)why;
	ldif_entry(t->parcel, e, NULL, NULL);
	parcel_add(t->parcel, "\n");
	return true;
}

static bool tell_people(const struct leaving *l, struct parcel *p,
                        struct fault *why)
{
	struct telling t = { l, p };

	return leaving_each(l, "people", SCOPE_ONE,
	                    "(objectClass=portvaktPerson)", everything,
	                    hear_person, &t, why) &&
	       leaving_each(l, "people", SCOPE_SUBTREE,
	                    arena_print(l->arena, "(portvaktMunicipality=%s)",
	                                l->m->name),
	                    everything, hear_whole, &t, why);
}

/* ---- groups.ldif, bodies.ldif */

static bool is_ours(void *with, const char *name,
                    const struct directory_value *v)
{
	const struct leaving *l = with;

	return strcasecmp(name, "portvaktMember") != 0 ||
	       json_object_get(l->affiliations, v->bytes) != NULL;
}

static bool hear_group(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	struct telling *t = with;

	(void)why;
	ldif_entry(t->parcel, e, is_ours, (void *)(uintptr_t)t->l);
	parcel_add(t->parcel, "\n");
	return true;
}

static bool tell_groups(const struct leaving *l, struct parcel *p,
                        struct fault *why)
{
	struct telling t = { l, p };

	return leaving_each(
	    l, "groups", SCOPE_SUBTREE,
	    arena_print(l->arena, "(portvaktMunicipality=%s)", l->m->name),
	    everything, hear_group, &t, why);
}

/* The municipality with its units and schools. */
static bool tell_bodies(const struct leaving *l, struct parcel *p,
                        struct fault *why)
{
	struct telling t = { l, p };

	return leaving_each(l, "municipalities", SCOPE_SUBTREE,
	                    arena_print(l->arena,
	                                "(|(portvaktId=%s)(portvaktId=%s.*))",
	                                l->m->name, l->m->name),
	                    everything, hear_whole, &t, why);
}

/* ---- roles.ldif, decisions.ldif */

static bool hear_role(void *with, const struct directory_entry *e,
                      struct fault *why)
{
	struct telling *t = with;
	const char *holder = entry_text(e, "portvaktHolder");

	if (holder && leaving_owns(t->l, holder))
		return hear_whole(with, e, why);
	return true;
}

static bool tell_roles(const struct leaving *l, struct parcel *p,
                       struct fault *why)
{
	struct telling t = { l, p };

	return leaving_each(l, "roles", SCOPE_SUBTREE,
	                    "(objectClass=portvaktRoleGiven)", everything,
	                    hear_role, &t, why);
}

/* Overrides about the operation of this region are not exported. */
static bool goes_along(const struct directory_entry *e)
{
	static const char *const kinds[] = { "join", "new",   "out",
		                             "part", "grace", NULL };
	const char *decides = entry_text(e, "portvaktDecides");

	return decides && one_of(decides, kinds);
}

static bool is_ledger_of(const struct leaving *l,
                         const struct directory_entry *e)
{
	const char *name = entry_text(e, "cn");

	return text_equal(entry_text(e, "portvaktDecides"), "login-name") &&
	       name &&
	       text_starts(name, arena_print(l->arena, "%s:", l->m->name));
}

static bool is_about_any(const struct leaving *l,
                         const struct directory_entry *e)
{
	char **subjects = entry_texts(l->arena, e, "portvaktSubject");

	for (; *subjects; subjects++)
		if (leaving_owns(l, *subjects))
			return true;
	return false;
}

/* Drops subjects that are not the municipality's entries, affiliations or
 * people. */
static bool is_our_subject(void *with, const char *name,
                           const struct directory_value *v)
{
	const struct leaving *l = with;

	if (strcasecmp(name, "portvaktSubject") != 0)
		return true;
	return leaving_owns(l, v->bytes) ||
	       json_object_get(l->people, v->bytes) != NULL;
}

static bool hear_decision(void *with, const struct directory_entry *e,
                          struct fault *why)
{
	struct telling *t = with;

	if (is_ledger_of(t->l, e))
		return hear_whole(with, e, why);
	if (!goes_along(e) || !is_about_any(t->l, e))
		return true;
	ldif_entry(t->parcel, e, is_our_subject, (void *)(uintptr_t)t->l);
	parcel_add(t->parcel, "\n");
	return true;
}

static bool tell_decisions(const struct leaving *l, struct parcel *p,
                           struct fault *why)
{
	struct telling t = { l, p };

	return leaving_each(l, "decisions", SCOPE_SUBTREE,
	                    "(objectClass=portvaktDecision)", everything,
	                    hear_decision, &t, why);
}

/* ---- salt.jwe */

static bool tell_salt(const struct leaving *l, struct parcel *p,
                      struct fault *why)
{
	const char *to = act_option(l->act, "to");
	json_t *question = js_keep(l->arena, json_object());
	json_t *key, *answer;

	if (!to || !js_read(l->arena, to, strlen(to), &key, why))
		return fault(why, FAULT_INVALID,
		             "--to wants the receiver's key");
	if (!l->m->issuer)
		return fault(why, FAULT_INVALID, "%s has no issuer of its own",
		             l->m->name);
	js_put(question, "issuer", l->m->issuer->name);
	(void)json_object_set(question, "to", key);
	if (!ask(clerk.keeper, l->arena, ASK_EXPORT, l->act->region->hash,
	         question, &answer, why))
		return false;
	parcel_add(p, js_string(answer, "sealed") ?: "");
	parcel_add(p, "\n");
	return true;
}

/* ---- the files of a bundle */

static const struct {
	const char *name;
	bool (*tell)(const struct leaving *l, struct parcel *p,
	             struct fault *why);
} files[] = {
	{ "people.ldif", tell_people },
	{ "groups.ldif", tell_groups },
	{ "bodies.ldif", tell_bodies },
	{ "roles.ldif", tell_roles },
	{ "decisions.ldif", tell_decisions },
	{ "salt.jwe", tell_salt },
	{ "services.json", leaving_services },
	{ "subjects.csv", leaving_subjects },
};

bool leaving_file(const struct leaving *l, const char *name, struct fault *why)
{
	struct parcel p = parcel_for(l->act);

	for (size_t i = 0; i < LENGTH(files); i++) {
		if (!text_equal(files[i].name, name))
			continue;
		if (!files[i].tell(l, &p, why))
			return false;
		parcel_send(&p);
		return true;
	}
	return fault(why, FAULT_INVALID, "a bundle has no %s", name);
}
