/* SPDX-License-Identifier: AGPL-3.0-or-later
 * override.c: writes an override of any kind (docs/decisions/0005). */
#include "idp/admin/admin.h"
#include "idp/admin/command/override_create.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

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

static bool override_parse_until(const struct admin_command *cmd, int64_t *ret,
                                 struct error *err)
{
	const char *date = cmd_option(cmd, "until");

	*ret = 0;
	if (!date || clock_parse_date(date, true, ret))
		return true;
	return error_set(err, ERROR_INVALID,
	                 "--until must be a date such as 2026-12-31, not %s",
	                 date);
}

bool admin_override(const struct admin_command *cmd, struct error *err)
{
	size_t count = 0;
	char **subjects = cmd_operands(cmd, 2, &count);
	struct operator_override d = {
		.kind = cmd->argv[1],
		.subjects = (const char *const *)subjects,
		.count = count,
		.hash = cmd_option(cmd, "hash"),
	};

	if (cmd->argc < 3 || !override_kind_is_valid(d.kind) || count == 0)
		return error_set(
		    err, ERROR_INVALID,
		    "usage: override KIND SUBJECT ... --by NAME --reason TEXT");
	return override_parse_until(cmd, &d.until, err) &&
	       override_create(cmd, &d, NULL, err);
}
