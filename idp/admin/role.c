/* SPDX-License-Identifier: AGPL-3.0-or-later
 * role.c: grants, revokes and lists roles, in addition to those from
 * directories. A grant is an entry in ou=roles: holder, role, end, operator
 * and reason. Revoking deletes the entry; the audit log keeps both. */
#include "idp/admin/admin.h"
#include "idp/admin/entry.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/text.h"

enum { MOST_ROLES = 10000 };

/* Returns the person's only affiliation, or the one in --in MUNICIPALITY. On
 * error ERROR_INVALID. */
static bool which_affiliation(const struct act *t, const struct person *p,
                              const struct affiliation **ret, struct fault *why)
{
	const char *in = act_option(t, "in");
	const struct affiliation *found = NULL;

	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (in && !text_equal(f->municipality, in))
			continue;
		if (found)
			return fault(why, FAULT_INVALID,
			             "%s has several affiliations: say --in "
			             "MUNICIPALITY",
			             p->id);
		found = f;
	}
	if (!found)
		return fault(why, FAULT_INVALID, "%s has no such affiliation",
		             p->id);
	*ret = found;
	return true;
}

static bool write_role(const struct act *t, const struct affiliation *f,
                       const char *until, struct fault *why)
{
	struct new_entry g = { .arena = t->arena };
	struct directory *d = NULL;
	const char *id = random_uuid(t->arena);

	entry_say(&g, "objectClass", "portvaktRoleGiven");
	entry_say(&g, "portvaktId", id);
	entry_say(&g, "portvaktVersion", "1");
	entry_say(&g, "portvaktHolder", f->id);
	entry_say(&g, "portvaktRole", t->words[3]);
	entry_say(&g, "portvaktFrom", clock_ldap(t->arena, clock_now()));
	entry_say(&g, "portvaktUntil", until);
	entry_say(&g, "portvaktReason", act_option(t, "why"));
	entry_say(
	    &g, "portvaktBy",
	    arena_print(t->arena, "uid %u", (unsigned)t->question->asker));
	return act_catalogue(t, &d, why) &&
	       entry_add(&g, d,
	                 arena_print(t->arena, "portvaktId=%s,ou=roles,%s", id,
	                             t->region->catalogue.base),
	                 why);
}

static bool give(const struct act *t, const struct person *p,
                 const struct affiliation *f, struct fault *why)
{
	const char *date = act_option(t, "until");
	int64_t until = 0;

	if (!act_option(t, "why"))
		return fault(why, FAULT_INVALID,
		             "a role is given for a reason: --why \"...\"");
	if (date && !clock_from_date(date, true, &until))
		return fault(why, FAULT_INVALID,
		             "--until wants a date such as 2026-12-31, not %s",
		             date);
	if (!act_record(t, p, f, why))
		return false;
	return write_role(t, f, until ? clock_ldap(t->arena, until) : NULL,
	                  why);
}

static bool find_given(const struct act *t, struct directory *d,
                       const struct affiliation *f,
                       struct directory_entry **ret, size_t *ret_count,
                       struct fault *why)
{
	static const char *const names[] = { "portvaktRole",  "portvaktHolder",
		                             "portvaktUntil", "portvaktReason",
		                             "portvaktBy",    NULL };

	return directory_search(
	    d, t->arena,
	    arena_print(t->arena, "ou=roles,%s", t->region->catalogue.base),
	    SCOPE_ONE, arena_print(t->arena, "(portvaktHolder=%s)", f->id),
	    names, MOST_ROLES, ret, ret_count, why);
}

static bool take(const struct act *t, const struct person *p,
                 const struct affiliation *f, struct fault *why)
{
	struct directory *d = NULL;
	struct directory_entry *given = NULL;
	size_t count = 0, taken = 0;

	if (!act_catalogue(t, &d, why) ||
	    !find_given(t, d, f, &given, &count, why) ||
	    !act_record(t, p, f, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		enum write_result done = WRITE_FAILED;

		if (!text_equal(entry_text(&given[i], "portvaktRole"),
		                t->words[3]))
			continue;
		if (!directory_delete(d, given[i].dn, NULL, &done, why))
			return false;
		taken++;
	}
	if (taken == 0)
		return fault(why, FAULT_INVALID,
		             "that role was not given here");
	return true;
}

static bool list(const struct act *t, const struct person *p, struct fault *why)
{
	struct directory *d = NULL;

	if (!act_catalogue(t, &d, why))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];
		struct directory_entry *given = NULL;
		size_t count = 0;

		if (!find_given(t, d, f, &given, &count, why))
			return false;
		for (char **r = f->roles; r && *r; r++)
			answer_line(t->question, "%s in %s", *r,
			            f->municipality);
		for (size_t k = 0; k < count; k++)
			answer_line(
			    t->question, "%s in %s, given by %s until %s: %s",
			    entry_text(&given[k], "portvaktRole") ?: "?",
			    f->municipality,
			    entry_text(&given[k], "portvaktBy") ?: "?",
			    entry_text(&given[k], "portvaktUntil")
				?: "further notice",
			    entry_text(&given[k], "portvaktReason") ?: "");
	}
	return true;
}

bool admin_role(const struct act *t, struct fault *why)
{
	const struct person *p = NULL;
	const struct affiliation *f = NULL;

	if (t->count < 3)
		return fault(why, FAULT_INVALID,
		             "role give|take PERSON ROLE, or role list PERSON");
	if (!act_person(t, t->words[2], &p, why))
		return false;
	if (text_equal(t->words[1], "list"))
		return list(t, p, why);
	if (t->count < 4 || !which_affiliation(t, p, &f, why))
		return why->kind ? false
		                 : fault(why, FAULT_INVALID, "which role?");
	if (text_equal(t->words[1], "give"))
		return give(t, p, f, why);
	if (text_equal(t->words[1], "take"))
		return take(t, p, f, why);
	return fault(why, FAULT_INVALID, "role knows give, take and list");
}
