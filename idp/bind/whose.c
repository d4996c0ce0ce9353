/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn_to_affiliation.c: the person and affiliation of a bind DN.  slapd takes
 * the DN as the authenticated identity without checking that it exists, so only
 * an entry's current DN is accepted: no former id, no other spelling. */
#include <string.h>

#include "idp/bind/bind.h"
#include "lib/clock.h"
#include "lib/text.h"
#include "region/directory.h"

/* Returns dn_normalize() of rdn in the catalogue. */
static char *below(struct arena *a, const struct region *r, const char *what)
{
	return dn_normal(a, arena_print(a, "%s,%s", what, r->catalogue.base));
}

/* Returns ID from "portvaktid=ID,..."; NULL for any other DN. */
static const char *first_id(struct arena *a, const char *dn)
{
	static const char name[] = "portvaktid=";
	const char *comma = strchr(dn, ',');

	if (!text_starts(dn, name) || !comma)
		return NULL;
	const char *id = dn + sizeof(name) - 1;

	return arena_bytes(a, id, (size_t)(comma - id));
}

static bool is_called(struct arena *a, const char *dn, const char *people,
                      const struct person *p, const struct affiliation *f)
{
	return text_equal(dn, text_lower(a, arena_print(a,
	                                                "portvaktid=%s,"
	                                                "portvaktid=%s,%s",
	                                                f->id, p->id, people)));
}

static bool find_affiliation(const struct bind_staff *s, const struct region *r,
                             struct arena *a, const char *dn, struct whose *ret,
                             struct fault *why)
{
	const char *people = below(a, r, "ou=people");
	const char *id = first_id(a, dn);
	const struct person *p;

	if (!id)
		return true;
	if (!catalogue_find(s->catalogue, r, a, id, &p, why))
		return false;
	const struct affiliation *f = p ? person_affiliation(p, id) : NULL;

	if (!f || !is_called(a, dn, people, p, f))
		return true;
	ret->affiliation = f;
	if (p->status == STATUS_ACTIVE && affiliation_counts(f, clock_now()))
		ret->person = p;
	return true;
}

/* A Feide entry is derived; its seeAlso is the affiliation. */
static bool find_feide(const struct bind_staff *s, const struct region *r,
                       struct arena *a, const char *dn, struct whose *ret,
                       struct fault *why)
{
	const char *of;

	if (!text_starts(dn, "uid="))
		return true;
	if (!catalogue_text(s->catalogue, r, a, dn, "seeAlso", &of, why))
		return false;
	return !of || find_affiliation(s, r, a, dn_normal(a, of), ret, why);
}

bool whose_find(const struct bind_staff *s, const struct region *r,
                struct arena *a, const char *dn, struct whose *ret,
                struct fault *why)
{
	const char *name = dn_normal(a, dn);
	struct whose found = { 0 };
	bool good = true;

	if (dn_is_under(name, below(a, r, "ou=people"))) {
		found.is_ours = true;
		good = find_affiliation(s, r, a, name, &found, why);
	} else if (dn_is_under(name, below(a, r, "ou=feide"))) {
		found.is_ours = true;
		good = find_feide(s, r, a, name, &found, why);
	}
	if (good)
		*ret = found;
	return good;
}
