/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dn_to_affiliation.c: the person and affiliation of a bind DN.  slapd takes
 * the DN as the authenticated identity without checking that it exists, so only
 * an entry's current DN is accepted: no former id, no other spelling. */
#include <string.h>

#include "idp/slapd_sock/slapd_sock.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/directory.h"
#include "region/ldap/dn.h"

/* Returns dn_normalize() of rdn in the catalogue. */
static char *dn_in_catalogue(struct arena *a, const struct config *cfg,
                             const char *rdn)
{
	return dn_normalize(a,
	                    arena_printf(a, "%s,%s", rdn, cfg->catalogue.base));
}

/* Returns ID from "portvaktid=ID,..."; NULL for any other DN. */
static const char *dn_first_portvakt_id(struct arena *a, const char *dn)
{
	static const char name[] = "portvaktid=";
	const char *comma = strchr(dn, ',');

	if (!text_starts(dn, name) || !comma)
		return NULL;
	const char *id = dn + sizeof(name) - 1;

	return arena_memdup(a, id, (size_t)(comma - id));
}

static bool dn_is_current(struct arena *a, const char *dn, const char *people,
                          const struct person *p, const struct affiliation *f)
{
	return text_equal(dn,
	                  text_lower(a, arena_printf(a,
	                                             "portvaktid=%s,"
	                                             "portvaktid=%s,%s",
	                                             f->id, p->id, people)));
}

static bool find_by_affiliation_dn(const struct slapd_sock_backends *backends,
                                   const struct config *cfg, struct arena *a,
                                   const char *dn, struct dn_owner *ret,
                                   struct error *err)
{
	const char *people = dn_in_catalogue(a, cfg, "ou=people");
	const char *id = dn_first_portvakt_id(a, dn);
	const struct person *p;

	if (!id)
		return true;
	if (!catalogue_find_by_id(backends->catalogue, cfg, a, id, &p, err))
		return false;
	const struct affiliation *f = p ? person_find_affiliation(p, id) : NULL;

	if (!f || !dn_is_current(a, dn, people, p, f))
		return true;
	ret->affiliation = f;
	if (p->status == STATUS_ACTIVE &&
	    affiliation_is_valid_at(f, clock_now()))
		ret->person = p;
	return true;
}

/* A Feide entry is derived; its seeAlso is the affiliation. */
static bool find_by_feide_dn(const struct slapd_sock_backends *backends,
                             const struct config *cfg, struct arena *a,
                             const char *dn, struct dn_owner *ret,
                             struct error *err)
{
	const char *of;

	if (!text_starts(dn, "uid="))
		return true;
	if (!catalogue_read_value(backends->catalogue, cfg, a, dn, "seeAlso",
	                          &of, err))
		return false;
	return !of || find_by_affiliation_dn(backends, cfg, a,
	                                     dn_normalize(a, of), ret, err);
}

bool affiliation_by_dn(const struct slapd_sock_backends *backends,
                       const struct config *cfg, struct arena *a,
                       const char *dn, struct dn_owner *ret, struct error *err)
{
	const char *name = dn_normalize(a, dn);
	struct dn_owner found = { 0 };
	bool good = true;

	if (dn_is_under(name, dn_in_catalogue(a, cfg, "ou=people"))) {
		found.is_person_dn = true;
		good =
		    find_by_affiliation_dn(backends, cfg, a, name, &found, err);
	} else if (dn_is_under(name, dn_in_catalogue(a, cfg, "ou=feide"))) {
		found.is_person_dn = true;
		good = find_by_feide_dn(backends, cfg, a, name, &found, err);
	}
	if (good)
		*ret = found;
	return good;
}
