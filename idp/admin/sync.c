/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync.c: approves changes that sync holds: each type of approval_kinds. An
 * approval covers exactly the list in sync's response. Previews one entry. */
#include <stdlib.h>
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/command/override_create.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { APPROVAL_VALID_S = 7 * 24 * 60 * 60 }; /* validity in seconds */

static const struct {
	const char *name;             /* as typed, and as sync names the list */
	const char *kind, *qualifier; /* of the override; may be NULL */
	bool has_entries; /* a list of entries; otherwise evidence */
} approval_kinds[] = {
	{ "deactivations", "release", NULL, true },
	{ "creations", "welcome", NULL, true },
	{ "values", "accept", "values", true },
	{ "roles", "accept", "roles", true },
	{ "returns", "accept", "returns", true },
	{ "kinds", "accept", "kinds", true },
	{ "dates", "accept", "dates", true },
	{ "protected", "accept", "protected", true },
	{ "source", "accept", "source", false },
	{ "configuration", "accept", "configuration", false },
};

struct held_list {
	struct arena *arena;
	VECTOR(const char *) subjects;
};

static void admin_sync_add_subject(const char *line, void *data)
{
	struct held_list *l = data;

	*vector_append(l->arena, &l->subjects) = arena_strdup(l->arena, line);
}

static int admin_sync_compare(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Returns the hash of the sorted list, whichever entries it is split into. */
static const char *admin_sync_hash(struct held_list *l)
{
	struct strbuf t = strbuf_init(l->arena);

	if (l->subjects.count > 0)
		qsort(l->subjects.at, l->subjects.count,
		      sizeof(l->subjects.at[0]), admin_sync_compare);
	for (size_t i = 0; i < l->subjects.count; i++)
		strbuf_appendf(&t, "%s\n", l->subjects.at[i]);
	return hash_sha256_base64url(l->arena,
	                             l->subjects.count > 0 ? t.data : "");
}

static bool admin_sync_fetch_held(const struct admin_command *cmd,
                                  const char *directory, const char *list,
                                  struct held_list *l, struct error *err)
{
	char *argv[] = { arena_strdup(cmd->arena, "held"),
		         arena_strdup(cmd->arena, directory),
		         arena_strdup(cmd->arena, list), NULL };

	l->arena = cmd->arena;
	if (!cmd_call_sync(cmd, argv, admin_sync_add_subject, l, err)) {
		/* On refusal sync sends the reason as a line. */
		const char *reason =
		    l->subjects.count > 0 ? l->subjects.at[0] : err->text;

		return error_set(err, ERROR_INVALID, "%s",
		                 arena_strdup(cmd->arena, reason));
	}
	return true;
}

static bool admin_sync_approve(const struct admin_command *cmd, size_t kind,
                               const char *directory, struct error *err)
{
	struct held_list l = { 0 };

	if (!cmd_require_by_and_reason(cmd, err) ||
	    !admin_sync_fetch_held(cmd, directory, approval_kinds[kind].name,
	                           &l, err))
		return false;
	struct operator_override d = {
		.kind = approval_kinds[kind].kind,
		.target = directory,
		.qualifier = approval_kinds[kind].qualifier,
		.subjects = l.subjects.at,
		.count = l.subjects.count,
	};
	if (approval_kinds[kind].has_entries) {
		d.hash = admin_sync_hash(&l);
		d.until = clock_now() + APPROVAL_VALID_S;
	}
	ipc_reply_line(cmd->request, "approved: %zu %s", l.subjects.count,
	               approval_kinds[kind].name);
	return override_create(cmd, &d, NULL, err);
}

/* An entry or a DN is unknown to the catalogue before it is written. */
static bool admin_sync_preview(const struct admin_command *cmd, char *what,
                               struct error *err)
{
	const struct person *p = NULL;

	if (!strpbrk(what, ":=")) {
		if (!cmd_find_person(cmd, what, &p, err))
			return false;
		what = arena_strdup(cmd->arena, p->id);
	}
	char *argv[] = { arena_strdup(cmd->arena, "preview"), what, NULL };

	return cmd_call_sync(cmd, argv, cmd_relay_line, (void *)cmd, err);
}

bool admin_sync(const struct admin_command *cmd, struct error *err)
{
	size_t count = 0;
	char **operands = cmd_operands(cmd, 1, &count);

	if (count == 2 && text_equal(operands[0], "preview"))
		return admin_sync_preview(cmd, operands[1], err);

	for (size_t i = 0; i < LENGTH(approval_kinds) && count == 3; i++)
		if (text_equal(operands[0], "approve") &&
		    text_equal(operands[1], approval_kinds[i].name))
			return admin_sync_approve(cmd, i, operands[2], err);
	return error_set(
	    err, ERROR_INVALID,
	    "usage: sync approve deactivations|creations|source|values|roles|"
	    "returns|kinds|dates|protected|configuration DIRECTORY --by NAME "
	    "--reason TEXT");
}
