/* SPDX-License-Identifier: AGPL-3.0-or-later
 * link_late.c: `quarantine list --late` and `link accept-late`: entries that
 * got their national number late, and the people of the same name that have
 * it, as one list.  It is accepted as it was shown, or not at all. */
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"
#include "idp/admin/command/override_create.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

/* An entry, and the person that it would belong to. */
struct late_number {
	const char *entry, *person, *name, *other_name;
};

struct late_list {
	struct arena *arena;
	VECTOR(struct late_number) rows;
	const char *refusal; /* a line that is no row, or NULL */
};

static void late_add_line(const char *text, void *data)
{
	struct late_list *l = data;
	json_t *line = NULL;

	if (!js_parse(l->arena, text, strlen(text), &line, NULL)) {
		l->refusal = arena_strdup(l->arena, text);
		return;
	}
	*vector_append(l->arena, &l->rows) = (struct late_number){
		.entry = js_string(line, "entry"),
		.person = js_string(line, "person"),
		.name = js_string(line, "name") ?: "(protected)",
		.other_name = js_string(line, "other_name") ?: "(protected)",
	};
}

static bool late_read(const struct admin_command *cmd, const char *directory,
                      struct late_list *l, struct error *err)
{
	char *argv[] = { arena_strdup(cmd->arena, "quarantine"),
		         arena_strdup(cmd->arena, "late"),
		         arena_strdup(cmd->arena, directory), NULL };

	l->arena = cmd->arena;
	if (!config_directory(cmd->cfg, directory))
		return error_set(err, ERROR_INVALID, "there is no directory %s",
		                 directory);
	if (cmd_call_sync(cmd, argv, late_add_line, l, err))
		return true;
	return l->refusal ? error_set(err, ERROR_INVALID, "%s", l->refusal)
	                  : false;
}

/* Returns the hash of the list, which sync sorts. */
static const char *late_hash(const struct late_list *l)
{
	struct strbuf text = strbuf_init(l->arena);

	for (size_t i = 0; i < l->rows.count; i++)
		strbuf_appendf(&text, "%s %s\n", l->rows.at[i].entry,
		               l->rows.at[i].person);
	return hash_sha256_base64url(l->arena, text.data);
}

bool admin_late_list(const struct admin_command *cmd, const char *directory,
                     struct error *err)
{
	struct late_list l = { 0 };

	if (!late_read(cmd, directory, &l, err))
		return false;
	for (size_t i = 0; i < l.rows.count; i++)
		ipc_reply_line(cmd->request, "%s  %s: person %s, %s",
		               l.rows.at[i].entry, l.rows.at[i].name,
		               l.rows.at[i].person, l.rows.at[i].other_name);
	ipc_reply_line(cmd->request, "%zu late numbers", l.rows.count);
	if (l.rows.count > 0)
		ipc_reply_line(cmd->request, "accept: link accept-late %s %s",
		               directory, late_hash(&l));
	return true;
}

static bool late_accept(const struct admin_command *cmd, struct directory *d,
                        const struct late_number *row, struct error *err)
{
	const char *subjects[] = { row->entry, row->person };
	const struct operator_override o = {
		.kind = "join",
		.subjects = subjects,
		.count = LENGTH(subjects),
	};
	const struct person *p = NULL;

	return cmd_find_person(cmd, row->person, &p, err) &&
	       cmd_audit(cmd, p, NULL, err) && override_write(cmd, d, &o, err);
}

static bool late_accept_all(const struct admin_command *cmd,
                            const struct late_list *l, struct error *err)
{
	struct directory *d = NULL;
	bool good = cmd_open_catalogue(cmd, &d, err);

	for (size_t i = 0; i < l->rows.count && good; i++)
		good = late_accept(cmd, d, &l->rows.at[i], err);
	cmd_notify_sync(cmd);
	return good;
}

bool admin_late_accept(const struct admin_command *cmd, struct error *err)
{
	struct late_list l = { 0 };
	size_t count = 0;
	char **operands = cmd_operands(cmd, 1, &count);

	if (count != 3)
		return error_set(err, ERROR_INVALID,
		                 "usage: link accept-late DIRECTORY LIST "
		                 "--by NAME --reason TEXT");
	if (!cmd_require_by_and_reason(cmd, err) ||
	    !late_read(cmd, operands[1], &l, err))
		return false;
	if (!text_equal(operands[2], late_hash(&l)))
		return error_set(err, ERROR_INVALID,
		                 "the list has changed: see quarantine list "
		                 "--late %s",
		                 operands[1]);
	if (!late_accept_all(cmd, &l, err))
		return false;
	ipc_reply_line(cmd->request, "accepted: %zu late numbers",
	               l.rows.count);
	return true;
}
