/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person_split.c: `person split`: separates entries from the person they were
 * merged with by mistake (docs/decisions/0005). */
#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"
#include "idp/admin/command/override_create.h"
#include "lib/strbuf.h"

static bool person_split_is_own_entry(const struct admin_command *cmd,
                                      const struct person *p,
                                      const char *subject)
{
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (text_equal(subject, arena_printf(cmd->arena, "%s:%s",
		                                     f->directory, f->anchor)))
			return true;
	}
	return false;
}

static bool person_split_check_entries(const struct admin_command *cmd,
                                       const struct person *p, char **subjects,
                                       size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (!person_split_is_own_entry(cmd, p, subjects[i]))
			return error_set(err, ERROR_INVALID,
			                 "%s is not an entry of %s",
			                 subjects[i], p->id);
	if (count >= p->affiliation_count)
		return error_set(
		    err, ERROR_INVALID,
		    "at least one entry must remain: list the entries to "
		    "separate");
	return true;
}

static bool person_split_leaves(const struct admin_command *cmd,
                                const struct affiliation *f,
                                const struct operator_override *d)
{
	const char *entry =
	    arena_printf(cmd->arena, "%s:%s", f->directory, f->anchor);

	for (size_t i = 0; i < d->count; i++)
		if (text_equal(d->subjects[i], entry))
			return true;
	return false;
}

/* What is split is not proved to be one person's any longer, also when it is
 * merged again. */
static bool person_split_end_links(const struct admin_command *cmd,
                                   const struct person *p,
                                   const struct operator_override *d,
                                   struct error *err)
{
	struct directory *to = NULL;

	if (!cmd_open_catalogue(cmd, &to, err))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++)
		for (size_t k = 0; k < p->affiliation_count; k++) {
			const struct affiliation *f = &p->affiliations[i];
			const struct affiliation *g = &p->affiliations[k];

			if (person_split_leaves(cmd, f, d) &&
			    !person_split_leaves(cmd, g, d) &&
			    !proved_link_end(cmd, to, f, g, err))
				return false;
		}
	return true;
}

bool admin_person_split(const struct admin_command *cmd, struct error *err)
{
	const struct person *p = NULL;
	size_t count = 0;
	char **operands = cmd_operands(cmd, 2, &count);
	struct operator_override d = { .kind = "part" };

	if (count < 2)
		return error_set(
		    err, ERROR_INVALID,
		    "usage: person split PERSON ENTRY ... --by NAME "
		    "--reason TEXT");
	if (!cmd_require_by_and_reason(cmd, err) ||
	    !cmd_find_person(cmd, operands[0], &p, err) ||
	    !person_split_check_entries(cmd, p, operands + 1, count - 1, err))
		return false;
	/* docs/decisions/0005: the entries that leave, then the person. */
	operands[count] = arena_strdup(cmd->arena, p->id);
	d.subjects = (const char *const *)operands + 1;
	d.count = count;
	return override_create(cmd, &d, p, err) &&
	       person_split_end_links(cmd, p, &d, err) &&
	       cmd_end_sessions(cmd, p, err);
}
