/* SPDX-License-Identifier: AGPL-3.0-or-later
 * override.c: writes operators' overrides of synchronisation to ou=decisions,
 * where the provisioner applies them (docs/decisions/0005). */
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/ldap_entry_builder.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"

enum { MAX_SUBJECTS = 500, SYNC_TIMEOUT_MS = 10000 };

/* ---- write an override */

static bool override_write_entry(const struct admin_command *cmd,
                                 struct directory *to,
                                 const struct admin_override *d, size_t first,
                                 size_t count, struct error *err)
{
	struct entry_builder e = { .arena = cmd->arena };
	const char *id = random_uuid(cmd->arena);
	const char **subjects =
	    arena_array(cmd->arena, const char *, count + 2);
	size_t n = 0;

	if (d->target)
		subjects[n++] = d->target;
	if (d->qualifier)
		subjects[n++] = d->qualifier;
	for (size_t i = 0; i < count; i++)
		subjects[n++] = d->subjects[first + i];
	entry_builder_set(&e, "objectClass", "portvaktDecision");
	entry_builder_set(&e, "portvaktId", id);
	entry_builder_set(&e, "portvaktVersion", "1");
	entry_builder_set(&e, "portvaktDecides", d->kind);
	entry_builder_set_values(&e, "portvaktSubject", subjects, n);
	entry_builder_set(&e, "portvaktBy", cmd_option(cmd, "by"));
	entry_builder_set(&e, "portvaktReason", cmd_option(cmd, "reason"));
	entry_builder_set(
	    &e, "portvaktFrom",
	    clock_format_generalized_time(cmd->arena, clock_now()));
	entry_builder_set(
	    &e, "portvaktUntil",
	    d->until ? clock_format_generalized_time(cmd->arena, d->until)
		     : NULL);
	entry_builder_set(&e, "portvaktHash", d->hash);
	return entry_builder_add(&e, to,
	                         arena_printf(cmd->arena,
	                                      "portvaktId=%s,ou=decisions,%s",
	                                      id, cmd->cfg->catalogue.base),
	                         err);
}

static bool override_write_all(const struct admin_command *cmd,
                               struct directory *to,
                               const struct admin_override *d,
                               struct error *err)
{
	size_t first = 0;

	do {
		size_t remaining = d->count - first;
		size_t batch =
		    remaining > MAX_SUBJECTS ? MAX_SUBJECTS : remaining;

		if (!override_write_entry(cmd, to, d, first, batch, err))
			return false;
		first += batch;
	} while (first < d->count);
	return true;
}

static void override_ignore_line(const char *line, void *with)
{
	(void)line;
	(void)with;
}

bool cmd_call_sync(const struct admin_command *cmd, char **argv,
                   void (*each)(const char *line, void *with), void *with,
                   struct error *err)
{
	char *path = arena_printf(cmd->arena, "%s/sync.sock",
	                          cmd->cfg->runtime_directory);

	return ipc_command(path, SYNC_TIMEOUT_MS, argv,
	                   each ?: override_ignore_line, with, err);
}

/* Sync also reads ou=decisions every minute. */
void cmd_notify_sync(const struct admin_command *cmd)
{
	char *argv[] = { arena_strdup(cmd->arena, "decided"), NULL };
	struct error err = { 0 };

	if (!cmd_call_sync(cmd, argv, NULL, NULL, &err))
		ipc_reply_line(
		    cmd->request,
		    "sync could not be told (%s); it looks by itself "
		    "every minute",
		    err.text);
}

/* Returns whether text holds eleven digits in a row, ignoring blanks. A reason
 * stays in the catalogue and the audit log permanently, so it must not contain
 * a national identity number. */
static bool override_has_national_id(const char *text)
{
	size_t digits = 0;

	for (; *text && digits < 11; text++) {
		if (*text >= '0' && *text <= '9')
			digits++;
		else if (*text != ' ')
			digits = 0;
	}
	return digits >= 11;
}

bool cmd_require_by_and_reason(const struct admin_command *cmd,
                               struct error *err)
{
	const char *reason = cmd_option(cmd, "reason");

	if (reason && override_has_national_id(reason))
		return error_set(err, ERROR_INVALID,
		                 "a reason tells no national number");
	if (cmd_option(cmd, "by") && reason)
		return true;
	return error_set(
	    err, ERROR_INVALID,
	    "somebody decides, and for a reason: --by NAME --reason "
	    "\"...\"");
}

bool override_create(const struct admin_command *cmd,
                     const struct admin_override *d, const struct person *p,
                     struct error *err)
{
	struct directory *to = NULL;

	if (!cmd_require_by_and_reason(cmd, err) ||
	    !cmd_open_catalogue(cmd, &to, err) ||
	    !cmd_audit(cmd, p, NULL, err) ||
	    !override_write_all(cmd, to, d, err))
		return false;
	cmd_notify_sync(cmd);
	return true;
}

/* ---- decide KIND SUBJECT ... */

static const char *const override_kinds[] = { "join",   "new",     "out",
	                                      "part",   "release", "welcome",
	                                      "accept", "grace" };

static bool override_kind_is_valid(const char *kind)
{
	for (size_t i = 0; i < LENGTH(override_kinds); i++)
		if (text_equal(override_kinds[i], kind))
			return true;
	return false;
}

char **cmd_operands(const struct admin_command *cmd, size_t first,
                    size_t *ret_count)
{
	char **operands = arena_array(cmd->arena, char *, cmd->argc + 1);
	size_t n = 0;

	for (size_t i = first; i < cmd->argc; i++) {
		if (text_starts(cmd->argv[i], "--"))
			i++;
		else
			operands[n++] = cmd->argv[i];
	}
	*ret_count = n;
	return operands;
}

static bool override_parse_until(const struct admin_command *cmd, int64_t *ret,
                                 struct error *err)
{
	const char *date = cmd_option(cmd, "until");

	*ret = 0;
	if (!date || clock_parse_date(date, true, ret))
		return true;
	return error_set(err, ERROR_INVALID,
	                 "--until wants a date such as 2026-12-31, not %s",
	                 date);
}

bool admin_override(const struct admin_command *cmd, struct error *err)
{
	size_t count = 0;
	char **subjects = cmd_operands(cmd, 2, &count);
	struct admin_override d = {
		.kind = cmd->argv[1],
		.subjects = (const char *const *)subjects,
		.count = count,
		.hash = cmd_option(cmd, "hash"),
	};

	if (cmd->argc < 3 || !override_kind_is_valid(d.kind) || count == 0)
		return error_set(
		    err, ERROR_INVALID,
		    "decide KIND SUBJECT ... --by NAME --reason TEXT");
	return override_parse_until(cmd, &d.until, err) &&
	       override_create(cmd, &d, NULL, err);
}
