/* SPDX-License-Identifier: AGPL-3.0-or-later
 * link_confirm.c: `link confirm`: a municipality confirms that a person of its
 * own is the same one elsewhere; when both have, the link is proved.  `link
 * list`: people with affiliations in several municipalities. */
#include <stdint.h>
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"
#include "idp/admin/command/override_create.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

/* ---- link confirm */

/* A confirmation by the municipality of own about one pair. */
struct link_pair {
	const struct admin_command *cmd;
	struct directory *d;
	const struct person *person;
	const struct affiliation *own, *other;
};

static bool link_pair_write_confirmation(const struct link_pair *x,
                                         struct error *err)
{
	const char *subjects[] = { x->own->id, x->other->id };
	const struct operator_override o = {
		.kind = "link-confirm",
		.subjects = subjects,
		.count = 2,
		.municipality = x->own->municipality,
	};

	return override_write(x->cmd, x->d, &o, err);
}

/* Two municipalities confirm: a person of each. */
static bool link_pair_prove(const struct link_pair *x,
                            const struct directory_entry *theirs,
                            struct error *err)
{
	const char *by = cmd_option(x->cmd, "by");
	const char *before = directory_entry_text(theirs, "portvaktBy");

	if (text_equal(by, before))
		return error_set(err, ERROR_INVALID,
		                 "%s confirmed for %s; another person must "
		                 "confirm for %s",
		                 by, x->other->municipality,
		                 x->own->municipality);
	return proved_link_write(
	    x->cmd, x->d, x->person, x->own, x->other, by,
	    arena_printf(x->cmd->arena, "confirmed by %s (%s) and %s (%s)",
	                 before, x->other->municipality, by,
	                 x->own->municipality),
	    err);
}

static void link_pair_print(const struct link_pair *x, const char *state)
{
	ipc_reply_line(x->cmd->request, "%s %s, %s %s: %s",
	               x->own->municipality, x->own->id, x->other->municipality,
	               x->other->id, state);
}

static bool link_pair_confirm(const struct link_pair *x, struct error *err)
{
	const struct directory_entry *known = NULL, *ours = NULL,
				     *theirs = NULL;

	if (!proved_link_find(x->cmd, x->d, "link", NULL, x->own, x->other,
	                      &known, err))
		return false;
	if (known) {
		link_pair_print(x, "proved already");
		return true;
	}
	if (!proved_link_find(x->cmd, x->d, "link-confirm",
	                      x->other->municipality, x->own, x->other, &theirs,
	                      err) ||
	    !proved_link_find(x->cmd, x->d, "link-confirm",
	                      x->own->municipality, x->own, x->other, &ours,
	                      err) ||
	    (theirs && !link_pair_prove(x, theirs, err)) ||
	    (!ours && !link_pair_write_confirmation(x, err)))
		return false;
	link_pair_print(x, theirs ? "proved"
	                          : arena_printf(x->cmd->arena,
	                                         "confirmed; %s must confirm, "
	                                         "too",
	                                         x->other->municipality));
	return true;
}

/* Confirms every pair of an affiliation of f's municipality, which is f, and
 * one of another. */
static bool link_confirm_from(const struct admin_command *cmd,
                              struct directory *d, const struct person *p,
                              const struct affiliation *f, size_t *pairs,
                              struct error *err)
{
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct link_pair x = { cmd, d, p, f,
			                     &p->affiliations[i] };

		if (!proved_link_is_possible(f, x.other))
			continue;
		(*pairs)++;
		if (!link_pair_confirm(&x, err))
			return false;
	}
	return true;
}

static bool link_confirm_all(const struct admin_command *cmd,
                             const struct person *p, const char *municipality,
                             struct error *err)
{
	struct directory *d = NULL;
	size_t pairs = 0;

	if (!cmd_open_catalogue(cmd, &d, err))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (text_equal(f->municipality, municipality) &&
		    !link_confirm_from(cmd, d, p, f, &pairs, err))
			return false;
	}
	if (pairs > 0)
		cmd_notify_sync(cmd);
	return pairs > 0 ||
	       error_set(err, ERROR_INVALID,
	                 "%s has no active affiliations without a doubt in %s "
	                 "and another municipality",
	                 p->id, municipality);
}

static const struct affiliation *link_affiliation_in(const struct person *p,
                                                     const char *municipality)
{
	for (size_t i = 0; i < p->affiliation_count; i++)
		if (text_equal(p->affiliations[i].municipality, municipality))
			return &p->affiliations[i];
	return NULL;
}

bool admin_link_confirm(const struct admin_command *cmd, struct error *err)
{
	const char *municipality = cmd_option(cmd, "municipality");
	const struct person *p = NULL;
	size_t count = 0;
	char **operands = cmd_operands(cmd, 2, &count);

	if (count != 1 || !municipality)
		return error_set(err, ERROR_INVALID,
		                 "usage: link confirm PERSON --municipality "
		                 "NAME --by NAME --reason TEXT");
	if (!config_municipality(cmd->cfg, municipality))
		return error_set(err, ERROR_INVALID,
		                 "there is no municipality %s", municipality);
	return cmd_require_by_and_reason(cmd, err) &&
	       cmd_find_person(cmd, operands[0], &p, err) &&
	       cmd_audit(cmd, p, link_affiliation_in(p, municipality), err) &&
	       link_confirm_all(cmd, p, municipality, err);
}

/* ---- link list */

struct link_listing {
	const struct admin_command *cmd;
	const char *municipality; /* only its people; NULL: all */
};

static bool link_line_is_listed(const json_t *affiliations,
                                const char *municipality)
{
	for (size_t i = 0; i < json_array_size(affiliations); i++)
		if (!municipality ||
		    text_equal(js_string(json_array_get(affiliations, i),
		                         "municipality"),
		               municipality))
			return true;
	return false;
}

static char *link_line_time(struct arena *a, const json_t *line,
                            const char *name, const char *otherwise)
{
	int64_t when = js_number(line, name, 0);

	return arena_strdup(a,
	                    when > 0 ? clock_format_iso(a, when) : otherwise);
}

/* One line of `sync links`. */
static void link_list_line(const char *text, void *data)
{
	const struct link_listing *x = data;
	struct arena *a = x->cmd->arena;
	json_t *line = NULL;

	if (!js_parse(a, text, strlen(text), &line, NULL))
		return;
	const json_t *ends = js_array(line, "affiliations");

	if (!link_line_is_listed(ends, x->municipality))
		return;
	ipc_reply_line(x->cmd->request, "%s  joined %s  proved %s",
	               js_string(line, "person"),
	               link_line_time(a, line, "joined", "-"),
	               link_line_time(a, line, "proved", "no"));
	for (size_t i = 0; i < json_array_size(ends); i++) {
		const json_t *end = json_array_get(ends, i);

		ipc_reply_line(x->cmd->request, "  %s %s, %s, %s",
		               js_string(end, "municipality"),
		               js_string(end, "kind"),
		               js_string(end, "name") ?: "(protected)",
		               js_string(end, "entry"));
	}
}

bool admin_link_list(const struct admin_command *cmd, struct error *err)
{
	struct link_listing x = { cmd, cmd->argv[2] };
	char *argv[] = { arena_strdup(cmd->arena, "links"),
		         arena_strdup(cmd->arena, "--since"),
		         arena_printf(cmd->arena, "%d", INT32_MAX), NULL };

	if (x.municipality && !config_municipality(cmd->cfg, x.municipality))
		return error_set(err, ERROR_INVALID,
		                 "there is no municipality %s", x.municipality);
	return cmd_call_sync(cmd, argv, link_list_line, &x, err);
}
