/* SPDX-License-Identifier: AGPL-3.0-or-later
 * override_create.c: writes operators' overrides of synchronisation to
 * ou=decisions, where the provisioner applies them (docs/decisions/0005). */
#include "idp/admin/command/override_create.h"

#include <string.h>

#include "idp/admin/command/ldap_entry_builder.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/strbuf.h"

enum { MAX_SUBJECTS = 500 };

static bool override_write_entry(const struct admin_command *cmd,
                                 struct directory *to,
                                 const struct operator_override *d,
                                 size_t first, size_t count, struct error *err)
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
	entry_builder_set(&e, "portvaktBy", d->by ?: cmd_option(cmd, "by"));
	entry_builder_set(&e, "portvaktReason",
	                  d->reason ?: cmd_option(cmd, "reason"));
	entry_builder_set(&e, "portvaktMunicipality", d->municipality);
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

bool override_write(const struct admin_command *cmd, struct directory *to,
                    const struct operator_override *d, struct error *err)
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

bool override_create(const struct admin_command *cmd,
                     const struct operator_override *d, const struct person *p,
                     struct error *err)
{
	struct directory *to = NULL;

	if (!cmd_require_by_and_reason(cmd, err) ||
	    !cmd_open_catalogue(cmd, &to, err) ||
	    !cmd_audit(cmd, p, NULL, err) || !override_write(cmd, to, d, err))
		return false;
	cmd_notify_sync(cmd);
	return true;
}

bool override_is_in_force(const struct directory_entry *e)
{
	const char *until = directory_entry_text(e, "portvaktUntil");
	int64_t when = 0;

	return !until || (clock_parse_generalized_time(until, &when) &&
	                  when > clock_now());
}

bool override_end(const struct admin_command *cmd, struct directory *d,
                  const struct directory_entry *e, struct error *err)
{
	char *now = clock_format_generalized_time(cmd->arena, clock_now());
	const struct directory_value value = { now, strlen(now) };
	const struct directory_change change = { CHANGE_REPLACE,
		                                 "portvaktUntil", &value, 1 };
	enum directory_write_result done = WRITE_FAILED;

	return directory_modify(d, cmd->arena, e->dn, &change, 1, NULL, &done,
	                        NULL, err);
}
