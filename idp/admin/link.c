/* SPDX-License-Identifier: AGPL-3.0-or-later
 * link.c: `link resolve`: an operator decides which person an entry belongs to.
 * The decision is an override of synchronisation (docs/decisions/0005). */
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"
#include "idp/admin/command/override_create.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { MAX_OVERRIDES = 1000 };

/* link resolve ENTRY ACTION [PERSON]; kind: portvaktDecides of the override. */
struct link_request {
	const struct admin_command *cmd;
	const char *entry, *who, *kind;
};

/* On error ERROR_INVALID: no directory has this entry. */
static bool admin_link_require_entry(const struct link_request *r,
                                     struct error *err)
{
	char *argv[] = { arena_strdup(r->cmd->arena, "quarantine"),
		         arena_strdup(r->cmd->arena, "show"),
		         arena_strdup(r->cmd->arena, r->entry), NULL };
	struct error inner = { 0 };

	if (cmd_call_sync(r->cmd, argv, NULL, NULL, &inner))
		return true;
	if (*inner.text)
		return error_set(err, inner.kind, "%s", inner.text);
	return error_set(err, ERROR_INVALID, "unknown entry %s", r->entry);
}

/* ---- merge, separate, ignore */

static bool admin_link_override(const struct link_request *r,
                                const struct person *p, struct error *err)
{
	const char *subjects[] = { r->entry, p ? p->id : NULL };
	const struct operator_override d = {
		.kind = r->kind,
		.subjects = subjects,
		.count = p ? 2 : 1,
	};

	return admin_link_require_entry(r, err) &&
	       override_create(r->cmd, &d, p, err);
}

static bool admin_link_merge(const struct link_request *r, struct error *err)
{
	const struct person *p = NULL;

	return cmd_require_by_and_reason(r->cmd, err) &&
	       cmd_find_person(r->cmd, r->who, &p, err) &&
	       admin_link_override(r, p, err) &&
	       cmd_end_sessions(r->cmd, p, err);
}

static bool admin_link_separate(const struct link_request *r, struct error *err)
{
	return cmd_require_by_and_reason(r->cmd, err) &&
	       admin_link_override(r, NULL, err);
}

/* ---- undo */

/* portvaktDecides of the overrides about one entry, and their commands. */
static const struct {
	const char *kind, *command;
} link_kinds[] = {
	{ "join", "merge" },
	{ "new", "separate" },
	{ "out", "ignore" },
	{ "part", "split" },
};

/* Returns NULL if the kind is none of these. */
static const char *link_command_name(const char *kind)
{
	for (size_t i = 0; i < LENGTH(link_kinds); i++)
		if (text_equal(link_kinds[i].kind, kind))
			return link_kinds[i].command;
	return NULL;
}

static bool admin_link_in_force(const struct directory_entry *e)
{
	return override_is_in_force(e) &&
	       link_command_name(directory_entry_text(e, "portvaktDecides"));
}

static bool admin_link_is_later(const struct directory_entry *e,
                                const struct directory_entry *than)
{
	int at = strcmp(directory_entry_text(e, "portvaktFrom") ?: "",
	                directory_entry_text(than, "portvaktFrom") ?: "");

	return at != 0
	           ? at > 0
	           : strcmp(directory_entry_text(e, "portvaktId") ?: "",
	                    directory_entry_text(than, "portvaktId") ?: "") > 0;
}

/* Entries whose affiliation this entry took over: of a rebuilt directory, or of
 * one that it replaces (portvaktReleasedName "TIME entry DIRECTORY:ANCHOR"). */
struct link_former {
	VECTOR(const char *) entries;
};

static void admin_link_add_former(struct arena *a,
                                  const struct directory_entry *e,
                                  struct link_former *former)
{
	for (char **v = directory_entry_texts(a, e, "portvaktReleasedName"); *v;
	     v++) {
		size_t count = 0;
		char **parts = text_split(a, *v, " ", &count);

		if (count == 3 && text_equal(parts[1], "entry"))
			*vector_append(a, &former->entries) = parts[2];
	}
}

static bool admin_link_find_former(const struct link_request *r,
                                   struct directory *d,
                                   struct link_former *former,
                                   struct error *err)
{
	static const char *const names[] = { "portvaktReleasedName", NULL };
	struct arena *a = r->cmd->arena;
	const char *colon = strchr(r->entry, ':');
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!colon)
		return true;
	char *directory = arena_memdup(a, r->entry, (size_t)(colon - r->entry));
	if (!directory_search(
		d, a,
		arena_printf(a, "ou=people,%s", r->cmd->cfg->catalogue.base),
		SCOPE_SUBTREE,
		arena_printf(a,
	                     "(&(objectClass=portvaktAffiliation)"
	                     "(portvaktAnchor=%s)(portvaktDirectory=%s))",
	                     escape_string(a, escape_filter, colon + 1),
	                     escape_string(a, escape_filter, directory)),
		names, MAX_OVERRIDES, &found, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		admin_link_add_former(a, &found[i], former);
	return true;
}

/* Returns the filter of overrides of the entry and of its former ones. */
static char *admin_link_filter(const struct link_request *r,
                               const struct link_former *former)
{
	struct arena *a = r->cmd->arena;
	struct strbuf filter = strbuf_init(a);

	strbuf_appendf(&filter, "(|(portvaktSubject=%s)",
	               escape_string(a, escape_filter, r->entry));
	for (size_t i = 0; i < former->entries.count; i++)
		strbuf_appendf(
		    &filter, "(portvaktSubject=%s)",
		    escape_string(a, escape_filter, former->entries.at[i]));
	strbuf_append(&filter, ")");
	return filter.data;
}

static bool admin_link_is_about(struct arena *a,
                                const struct directory_entry *e,
                                const char *entry)
{
	for (char **v = directory_entry_texts(a, e, "portvaktSubject"); *v; v++)
		if (text_equal(*v, entry))
			return true;
	return false;
}

/* Returns the former entry that the override is about; NULL: it is about the
 * entry itself. */
static const char *admin_link_former_subject(const struct link_request *r,
                                             const struct link_former *former,
                                             const struct directory_entry *e)
{
	struct arena *a = r->cmd->arena;

	if (admin_link_is_about(a, e, r->entry))
		return NULL;
	for (size_t i = 0; i < former->entries.count; i++)
		if (admin_link_is_about(a, e, former->entries.at[i]))
			return former->entries.at[i];
	return NULL;
}

/* Returns the override in force of the entry or a former one, by the precedence
 * that sync uses (docs/decisions/0005). On error ERROR_INVALID: there is none.
 */
static bool admin_link_find_override(const struct link_request *r,
                                     struct directory *d,
                                     const struct link_former *former,
                                     const struct directory_entry **ret,
                                     struct error *err)
{
	static const char *const names[] = { "portvaktId",
		                             "portvaktDecides",
		                             "portvaktFrom",
		                             "portvaktUntil",
		                             "portvaktBy",
		                             "portvaktSubject",
		                             NULL };
	const struct admin_command *cmd = r->cmd;
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!directory_search(d, cmd->arena,
	                      arena_printf(cmd->arena, "ou=decisions,%s",
	                                   cmd->cfg->catalogue.base),
	                      SCOPE_ONE_LEVEL, admin_link_filter(r, former),
	                      names, MAX_OVERRIDES, &found, &count, err))
		return false;
	*ret = NULL;
	for (size_t i = 0; i < count; i++)
		if (admin_link_in_force(&found[i]) &&
		    (!*ret || admin_link_is_later(&found[i], *ret)))
			*ret = &found[i];
	return *ret || error_set(err, ERROR_INVALID,
	                         "there is no decision about %s; if it is in "
	                         "quarantine, `portvaktctl quarantine show` "
	                         "names the reason and the options",
	                         r->entry);
}

static bool admin_link_end_last(const struct link_request *r, struct error *err)
{
	const struct admin_command *cmd = r->cmd;
	struct directory *d = NULL;
	struct link_former former = { 0 };
	const struct directory_entry *e = NULL;

	if (!cmd_require_by_and_reason(cmd, err) ||
	    !cmd_open_catalogue(cmd, &d, err) ||
	    !admin_link_find_former(r, d, &former, err) ||
	    !admin_link_find_override(r, d, &former, &e, err) ||
	    !cmd_audit(cmd, NULL, NULL, err) || !override_end(cmd, d, e, err))
		return false;
	const char *about = admin_link_former_subject(r, &former, e);

	ipc_reply_line(
	    cmd->request, "ended: %s, decided by %s%s%s",
	    link_command_name(directory_entry_text(e, "portvaktDecides")),
	    directory_entry_text(e, "portvaktBy") ?: "?",
	    about ? ", about the former entry " : "", about ?: "");
	cmd_notify_sync(cmd);
	return true;
}

bool admin_link_undo(const struct admin_command *cmd, const char *entry,
                     struct error *err)
{
	const struct link_request r = { .cmd = cmd, .entry = entry };

	return admin_link_end_last(&r, err);
}

/* ---- link resolve ... */

static const struct {
	const char *action, *kind;
	size_t operands;
	bool (*run)(const struct link_request *r, struct error *err);
} link_actions[] = {
	{ "merge", "join", 4, admin_link_merge },
	{ "separate", "new", 3, admin_link_separate },
	{ "ignore", "out", 3, admin_link_separate },
	{ "undo", NULL, 3, admin_link_end_last },
};

static bool admin_link_resolve(const struct admin_command *cmd,
                               struct error *err)
{
	size_t count = 0;
	char **operands = cmd_operands(cmd, 1, &count);
	bool valid = count > 2 && text_equal(operands[0], "resolve");

	for (size_t i = 0; i < LENGTH(link_actions) && valid; i++) {
		const struct link_request r = { cmd, operands[1], operands[3],
			                        link_actions[i].kind };

		if (text_equal(operands[2], link_actions[i].action) &&
		    count == link_actions[i].operands)
			return link_actions[i].run(&r, err);
	}
	return error_set(err, ERROR_INVALID,
	                 "usage: link resolve ENTRY merge PERSON | separate | "
	                 "ignore | undo --by NAME --reason TEXT");
}

bool admin_link(const struct admin_command *cmd, struct error *err)
{
	if (text_equal(cmd->argv[1], "list"))
		return admin_link_list(cmd, err);
	if (text_equal(cmd->argv[1], "confirm"))
		return admin_link_confirm(cmd, err);
	if (text_equal(cmd->argv[1], "accept-late"))
		return admin_late_accept(cmd, err);
	return admin_link_resolve(cmd, err);
}
