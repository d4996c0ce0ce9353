/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue.c: LDAP access of portvakt-feide to the catalogue.  slapd's access
 * rules allow it exactly what is read and written here. */
#include <string.h>

#include "lib/list.h"
#include "sync/feide/feide.h"

enum { DEADLINE_MS = 10000 };

bool feide_connect(struct publisher *f, struct fault *why)
{
	const struct region *r = f->region;
	char *uris[] = { arena_copy(f->arena, r->catalogue.uri), NULL };
	struct directory_address at = { .uris = uris,
		                        .trust = r->catalogue.trust,
		                        .bind_as = r->catalogue.feide,
		                        .deadline_ms = DEADLINE_MS };
	char *password = NULL;

	if (!r->catalogue.feide)
		return fault(why, FAULT_INVALID,
		             "catalogue { feide } is not configured");
	if (!region_secret(r, f->arena, r->catalogue.feide_secret, &password,
	                   why))
		return false;
	at.password = password;
	return directory_open(&at, &f->d, why);
}

/* seeAlso of a tree entry names the affiliation; the person is its parent
 * entry. */
static const char *person_of(const char *affiliation)
{
	const char *comma = affiliation ? strchr(affiliation, ',') : NULL;

	return comma ? comma + 1 : NULL;
}

struct listing {
	struct arena *arena;
	LIST(struct feide_entry) entries;
};

static bool list_one(void *with, const struct directory_entry *e,
                     struct fault *why)
{
	struct listing *l = with;
	const char *person = person_of(entry_text(e, "seeAlso"));

	(void)why;
	if (person)
		*list_add(l->arena, &l->entries) = (struct feide_entry){
			arena_copy(l->arena, e->dn),
			arena_copy(l->arena, person),
			arena_copy(l->arena,
			           entry_text(e, "norEduPersonNIN"))
		};
	return true;
}

bool feide_entries(struct publisher *f, const char *owner, bool only_without,
                   struct feide_entry **ret_entries, size_t *ret_count,
                   struct fault *why)
{
	static const char *const names[] = { "seeAlso", "norEduPersonNIN",
		                             NULL };
	struct listing l = { .arena = f->arena };
	char *base = arena_print(f->arena, "ou=people,o=%s,ou=feide,%s", owner,
	                         f->region->catalogue.base);

	if (!directory_each(f->d, base, SCOPE_ONE,
	                    only_without ? "(!(norEduPersonNIN=*))"
	                                 : "(objectClass=*)",
	                    names, list_one, &l, why))
		return false;
	*ret_entries = l.entries.at;
	*ret_count = l.entries.count;
	return true;
}

bool feide_sealed(struct publisher *f, const char *person,
                  const char **ret_sealed, struct fault *why)
{
	static const char *const names[] = { "portvaktNationalId", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	/* The access rules show only this attribute of a person, so the filter
	 * must use it. */
	if (!directory_search(f->d, f->arena, person, SCOPE_BASE,
	                      "(portvaktNationalId=*)", names, 1, &found,
	                      &count, why))
		return false;
	*ret_sealed = count == 1 ? entry_text(&found[0], names[0]) : NULL;
	return true;
}

bool feide_publish(struct publisher *f, const char *dn, const char *number,
                   struct fault *why)
{
	const struct directory_value value = { (char *)number,
		                               number ? strlen(number) : 0 };
	const struct directory_change change = { CHANGE_REPLACE,
		                                 "norEduPersonNIN", &value,
		                                 number ? 1 : 0 };
	enum write_result result = WRITE_FAILED;

	/* CHANGE_REPLACE without a value deletes; a missing entry is no
	 * error. */
	return directory_modify(f->d, f->arena, dn, &change, 1, NULL, &result,
	                        NULL, why);
}
