/* SPDX-License-Identifier: AGPL-3.0-or-later
 * command.c: options and operands of a command, the person it names, and its
 * audit event. */
#include "idp/admin/command/command.h"

#include "lib/strbuf.h"

struct admin_backends admin_backends;

const char *cmd_option(const struct admin_command *cmd, const char *name)
{
	for (size_t i = 1; i + 1 < cmd->argc; i++)
		if (text_starts(cmd->argv[i], "--") &&
		    text_equal(cmd->argv[i] + 2, name))
			return cmd->argv[i + 1];
	return NULL;
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

/* Returns whether text holds eleven digits in a row, ignoring blanks. A reason
 * stays in the catalogue and the audit log permanently, so it must not contain
 * a national identity number. */
static bool text_has_national_id(const char *text)
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

bool cmd_check_free_text(const struct admin_command *cmd, struct error *err)
{
	static const char *const names[] = { "reason", "by", "ticket" };

	for (size_t i = 0; i < LENGTH(names); i++) {
		const char *text = cmd_option(cmd, names[i]);

		if (text && text_has_national_id(text))
			return error_set(err, ERROR_INVALID,
			                 "--%s contains a national identity "
			                 "number",
			                 names[i]);
	}
	return true;
}

bool cmd_require_by_and_reason(const struct admin_command *cmd,
                               struct error *err)
{
	if (!cmd_check_free_text(cmd, err))
		return false;
	if (cmd_option(cmd, "by") && cmd_option(cmd, "reason"))
		return true;
	return error_set(err, ERROR_INVALID,
	                 "--by NAME and --reason TEXT are required");
}

static const char *admin_person_line(struct arena *a, const struct person *p)
{
	struct strbuf line = strbuf_init(a);

	strbuf_appendf(&line, "%s", p->id);
	for (size_t i = 0; i < p->affiliation_count; i++)
		strbuf_appendf(&line, "  %s@%s",
		               p->affiliations[i].login ?: "-",
		               p->affiliations[i].municipality);
	return line.data;
}

bool cmd_find_person(const struct admin_command *cmd, const char *who,
                     const struct person **ret_person, struct error *err)
{
	const struct person **people = NULL;
	size_t count = 0;

	if (!catalogue_search(admin_backends.catalogue, cmd->cfg, cmd->arena,
	                      who, &people, &count, err))
		return false;
	if (count == 0)
		return error_set(err, ERROR_INVALID, "no person matches %s",
		                 who);
	if (count > 1) {
		for (size_t i = 0; i < count; i++)
			ipc_reply_line(
			    cmd->request, "%s",
			    admin_person_line(cmd->arena, people[i]));
		return error_set(
		    err, ERROR_INVALID,
		    "%s matches %zu people; use login@domain or the id", who,
		    count);
	}
	*ret_person = people[0];
	return true;
}

bool cmd_audit(const struct admin_command *cmd, const struct person *p,
               const struct affiliation *f, struct error *err)
{
	struct strbuf command_line = strbuf_init(cmd->arena);
	char *code = NULL;
	const struct audit_event e = {
		.cfg = cmd->cfg,
		.municipality = f ? f->municipality : NULL,
		.person = p ? p->id : NULL,
		.affiliation = f ? f->id : NULL,
	};

	for (size_t i = 0; i < cmd->argc; i++)
		strbuf_appendf(&command_line, "%s%s", i ? " " : "",
		               cmd->argv[i]);
	if (!audit_admin_command(admin_backends.audit, cmd->arena, &e,
	                         command_line.data,
	                         arena_printf(cmd->arena, "uid %u",
	                                      (unsigned)cmd->request->peer_uid),
	                         &code, err))
		return false;
	ipc_reply_line(cmd->request, "receipt %s", code);
	return true;
}
