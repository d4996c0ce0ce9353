/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.c: prints entries that sync could not correlate to a person, and
 * writes the operator's join overrides to ou=decisions. */
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"
#include "idp/admin/command/override_create.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/strbuf.h"

enum { MAX_OVERRIDES = 1000 };

/* On error ERROR_INVALID: sync knows no directory with this entry. */
static bool admin_quarantine_require_entry(const struct admin_command *cmd,
                                           const char *subject,
                                           struct error *err)
{
	char *argv[] = { (char *)"quarantine", (char *)"show", (char *)subject,
		         NULL };
	struct error inner = { 0 };

	if (cmd_call_sync(cmd, argv, NULL, NULL, &inner))
		return true;
	if (*inner.text)
		return error_set(err, inner.kind, "%s", inner.text);
	return error_set(err, ERROR_INVALID, "no directory has an entry %s",
	                 subject);
}

/* ---- join, new, out */

static bool admin_quarantine_override(const struct admin_command *cmd,
                                      const struct person *p, struct error *err)
{
	const char *subjects[] = { cmd->argv[2], p ? p->id : NULL };
	const struct operator_override d = {
		.kind = cmd->argv[1],
		.subjects = subjects,
		.count = p ? 2 : 1,
	};

	return admin_quarantine_require_entry(cmd, cmd->argv[2], err) &&
	       override_create(cmd, &d, p, err);
}

static bool admin_quarantine_join(const struct admin_command *cmd,
                                  struct error *err)
{
	const struct person *p = NULL;

	if (cmd->argc < 4)
		return error_set(err, ERROR_INVALID,
		                 "quarantine join DIRECTORY:ANCHOR PERSON");
	return cmd_require_by_and_reason(cmd, err) &&
	       cmd_find_person(cmd, cmd->argv[3], &p, err) &&
	       admin_quarantine_override(cmd, p, err) &&
	       cmd_end_sessions(cmd, p, err);
}

static bool admin_quarantine_separate(const struct admin_command *cmd,
                                      struct error *err)
{
	return cmd_require_by_and_reason(cmd, err) &&
	       admin_quarantine_override(cmd, NULL, err);
}

/* ---- undo */

static bool admin_quarantine_in_force(const struct directory_entry *e)
{
	static const char *const kinds[] = { "join", "new", "out", "part" };
	const char *until = directory_entry_text(e, "portvaktUntil");
	const char *decides = directory_entry_text(e, "portvaktDecides");
	int64_t when = 0;

	if (until && (!clock_parse_generalized_time(until, &when) ||
	              when <= clock_now()))
		return false;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i], decides))
			return true;
	return false;
}

static bool admin_quarantine_is_later(const struct directory_entry *e,
                                      const struct directory_entry *than)
{
	int at = strcmp(directory_entry_text(e, "portvaktFrom") ?: "",
	                directory_entry_text(than, "portvaktFrom") ?: "");

	return at != 0
	           ? at > 0
	           : strcmp(directory_entry_text(e, "portvaktId") ?: "",
	                    directory_entry_text(than, "portvaktId") ?: "") > 0;
}

/* Returns the override in force, by the precedence that sync uses
 * (docs/decisions/0005). On error ERROR_INVALID: there is none. */
static bool admin_quarantine_find_override(const struct admin_command *cmd,
                                           struct directory *d,
                                           const struct directory_entry **ret,
                                           struct error *err)
{
	static const char *const names[] = { "portvaktId",   "portvaktDecides",
		                             "portvaktFrom", "portvaktUntil",
		                             "portvaktBy",   NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!directory_search(
		d, cmd->arena,
		arena_printf(cmd->arena, "ou=decisions,%s",
	                     cmd->cfg->catalogue.base),
		SCOPE_ONE_LEVEL,
		arena_printf(
		    cmd->arena, "(portvaktSubject=%s)",
		    escape_string(cmd->arena, escape_filter, cmd->argv[2])),
		names, MAX_OVERRIDES, &found, &count, err))
		return false;
	*ret = NULL;
	for (size_t i = 0; i < count; i++)
		if (admin_quarantine_in_force(&found[i]) &&
		    (!*ret || admin_quarantine_is_later(&found[i], *ret)))
			*ret = &found[i];
	return *ret || error_set(err, ERROR_INVALID,
	                         "nothing is decided about %s", cmd->argv[2]);
}

/* Sets the end of the override to now; the entry is kept. */
static bool admin_quarantine_end_override(const struct admin_command *cmd,
                                          struct directory *d,
                                          const struct directory_entry *e,
                                          struct error *err)
{
	char *now = clock_format_generalized_time(cmd->arena, clock_now());
	const struct directory_value value = { now, strlen(now) };
	const struct directory_change change = { CHANGE_REPLACE,
		                                 "portvaktUntil", &value, 1 };
	enum directory_write_result done = WRITE_FAILED;

	return directory_modify(d, cmd->arena, e->dn, &change, 1, NULL, &done,
	                        NULL, err);
}

static bool admin_quarantine_undo(const struct admin_command *cmd,
                                  struct error *err)
{
	struct directory *d = NULL;
	const struct directory_entry *e = NULL;

	if (!cmd_require_by_and_reason(cmd, err) ||
	    !cmd_open_catalogue(cmd, &d, err) ||
	    !admin_quarantine_find_override(cmd, d, &e, err) ||
	    !cmd_audit(cmd, NULL, NULL, err) ||
	    !admin_quarantine_end_override(cmd, d, e, err))
		return false;
	ipc_reply_line(cmd->request, "no longer: %s, decided by %s",
	               directory_entry_text(e, "portvaktDecides"),
	               directory_entry_text(e, "portvaktBy") ?: "?");
	cmd_notify_sync(cmd);
	return true;
}

/* ---- quarantine ... */

static const struct {
	const char *name;
	bool (*run)(const struct admin_command *cmd, struct error *err);
} quarantine_commands[] = {
	{ "join", admin_quarantine_join },
	{ "new", admin_quarantine_separate },
	{ "out", admin_quarantine_separate },
	{ "undo", admin_quarantine_undo },
};

bool admin_quarantine(const struct admin_command *cmd, struct error *err)
{
	for (size_t i = 0; cmd->argc > 2 && i < LENGTH(quarantine_commands);
	     i++)
		if (text_equal(quarantine_commands[i].name, cmd->argv[1]))
			return quarantine_commands[i].run(cmd, err);
	if (cmd->argc > 2 && !text_equal(cmd->argv[1], "show"))
		return error_set(
		    err, ERROR_INVALID,
		    "quarantine knows list, show, join, new, out and "
		    "undo");
	return cmd_call_sync(cmd, cmd->argv, cmd_relay_line, (void *)cmd, err);
}

/* ---- part PERSON DIRECTORY:ANCHOR ... */

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
			                 "%s is no entry of %s", subjects[i],
			                 p->id);
	if (count >= p->affiliation_count)
		return error_set(err, ERROR_INVALID,
		                 "somebody has to stay: name those that go");
	return true;
}

bool admin_person_split(const struct admin_command *cmd, struct error *err)
{
	const struct person *p = NULL;
	size_t count = 0;
	char **operands = cmd_operands(cmd, 1, &count);
	struct operator_override d = { .kind = "part" };

	if (count < 2)
		return error_set(err, ERROR_INVALID,
		                 "part PERSON DIRECTORY:ANCHOR ... --by NAME "
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
	       cmd_end_sessions(cmd, p, err);
}
