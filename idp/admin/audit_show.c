/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_show.c: `audit`: prints the audit event of a receipt code;
 * audit_verify.c verifies the log. */
#include "idp/admin/admin.h"

#include "lib/strbuf.h"

/* Returns whether all members of the object are strings. */
static bool audit_is_flat(const json_t *value)
{
	const char *name = NULL;
	json_t *member = NULL;

	json_object_foreach((json_t *)(uintptr_t)value, name, member)
	{
		if (!json_is_string(member))
			return false;
	}
	return json_object_size(value) > 0;
}

/* "affiliation ..., directory tinn, method pwd". */
static const char *audit_flat_text(struct arena *a, const json_t *value)
{
	struct strbuf text = strbuf_init(a);
	const char *name = NULL;
	json_t *member = NULL;

	json_object_foreach((json_t *)(uintptr_t)value, name, member)
	{
		strbuf_appendf(&text, "%s%s %s", text.length ? ", " : "", name,
		               json_string_value(member));
	}
	return text.data;
}

static const char *audit_member_text(struct arena *a, const json_t *value)
{
	struct strbuf text = strbuf_init(a);

	if (json_is_string(value))
		return json_string_value(value);
	if (audit_is_flat(value))
		return audit_flat_text(a, value);
	if (!json_is_array(value))
		return js_dump(a, value);
	for (size_t i = 0; i < json_array_size(value); i++)
		strbuf_appendf(&text, "%s%s", i > 0 ? " " : "",
		               audit_member_text(a, json_array_get(value, i)));
	return text.data;
}

/* A list of objects has a line for each. */
static void audit_show_member(const struct admin_command *cmd, const char *name,
                              const json_t *value)
{
	if (!json_is_object(json_array_get(value, 0))) {
		ipc_reply_line(cmd->request, "%-12s %s", name,
		               audit_member_text(cmd->arena, value));
		return;
	}
	ipc_reply_line(cmd->request, "%s", name);
	for (size_t i = 0; i < json_array_size(value); i++)
		ipc_reply_line(cmd->request, "  %s",
		               js_dump(cmd->arena, json_array_get(value, i)));
}

static bool admin_audit_show(const struct admin_command *cmd, struct error *err)
{
	const struct audit_find_request request = { .code = cmd->argv[2] };
	struct audit_find_reply reply;
	json_t *value = NULL;
	const char *name = NULL;

	if (!audit_find_call(admin_backends.audit, cmd->arena, cmd->cfg->hash,
	                     &request, &reply, err))
		return false;
	json_object_foreach(reply.receipt, name, value)
	{
		audit_show_member(cmd, name, value);
	}
	return true;
}

bool admin_audit(const struct admin_command *cmd, struct error *err)
{
	if (cmd->argc == 3 && text_equal(cmd->argv[1], "show"))
		return admin_audit_show(cmd, err);
	if (cmd->argc >= 2 && text_equal(cmd->argv[1], "verify"))
		return admin_audit_verify(cmd, err);
	return error_set(err, ERROR_INVALID,
	                 "usage: audit show CODE | verify [MUNICIPALITY]");
}
