/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person.c: prints the catalogue's data about one person, for the help
 * desk. */
#include "idp/admin/admin.h"

#include "lib/clock.h"
#include "lib/strbuf.h"

static const char *const status_names[] = {
	[STATUS_ENDED] = "ended",
	[STATUS_SUSPENDED] = "suspended",
	[STATUS_ACTIVE] = "active",
};

static const char *admin_person_join_list(struct arena *a, char **values)
{
	struct strbuf t = strbuf_init(a);

	for (size_t i = 0; values && values[i]; i++)
		strbuf_appendf(&t, "%s%s", i ? ", " : "", values[i]);
	return t.length ? t.data : "-";
}

static const char *admin_person_date(struct arena *a, int64_t when)
{
	return when ? clock_format_iso(a, when) : "-";
}

/* What identifies the person, or where to find them. */
static void admin_person_show_contact(const struct admin_command *cmd,
                                      const struct affiliation *f)
{
	ipc_reply_line(cmd->request, "  login      %s", f->login ?: "-");
	ipc_reply_line(cmd->request, "  mail       %s", f->mail ?: "-");
	ipc_reply_line(cmd->request, "  title      %s", f->title ?: "-");
	ipc_reply_line(cmd->request, "  units      %s",
	               admin_person_join_list(cmd->arena, f->units));
}

static void admin_person_show_affiliation(const struct admin_command *cmd,
                                          const struct affiliation *f,
                                          bool is_protected)
{
	ipc_reply_line(cmd->request, "affiliation  %s", f->id);
	ipc_reply_line(cmd->request, "  %s in %s, %s",
	               affiliation_type_name(f->kind), f->municipality,
	               status_names[f->status]);
	if (!is_protected)
		admin_person_show_contact(cmd, f);
	ipc_reply_line(cmd->request, "  roles      %s",
	               admin_person_join_list(cmd->arena, f->roles));
	if (f->position >= 0)
		ipc_reply_line(cmd->request, "  position   %d %%", f->position);
	ipc_reply_line(cmd->request, "  from       %s until %s",
	               admin_person_date(cmd->arena, f->from),
	               admin_person_date(cmd->arena, f->until));
	ipc_reply_line(cmd->request, "  source     %s:%s", f->directory,
	               f->anchor);
	if (f->doubt)
		ipc_reply_line(cmd->request, "  doubt      %s", f->doubt);
	if (f->proved_links && f->proved_links[0])
		ipc_reply_line(
		    cmd->request, "  proved     same person as %s",
		    admin_person_join_list(cmd->arena, f->proved_links));
}

/* Source values that only sync holds; on error the rest is still printed. */
static void admin_person_show_sources(const struct admin_command *cmd,
                                      const struct person *p)
{
	char *argv[] = { arena_strdup(cmd->arena, "person"),
		         arena_strdup(cmd->arena, p->id), NULL };
	struct error err = { 0 };

	if (!cmd_call_sync(cmd, argv, cmd_relay_line, (void *)cmd, &err) &&
	    *err.text)
		ipc_reply_line(
		    cmd->request,
		    "sources      portvakt-sync does not respond: %s",
		    err.text);
}

static bool admin_person_show(const struct admin_command *cmd,
                              struct error *err)
{
	const struct person *p = NULL;

	if (!cmd_find_person(cmd, cmd->argv[2], &p, err))
		return false;
	ipc_reply_line(cmd->request, "person       %s", p->id);
	ipc_reply_line(cmd->request, "name         %s",
	               p->is_protected ? "(protected)" : p->display);
	ipc_reply_line(cmd->request, "status       %s",
	               status_names[p->status]);
	ipc_reply_line(cmd->request, "former ids   %s",
	               admin_person_join_list(cmd->arena, p->former_ids));
	for (size_t i = 0; i < p->affiliation_count; i++)
		admin_person_show_affiliation(cmd, &p->affiliations[i],
		                              p->is_protected);
	admin_person_show_sources(cmd, p);
	return true;
}

bool admin_person(const struct admin_command *cmd, struct error *err)
{
	if (cmd->argc == 3 && text_equal(cmd->argv[1], "show"))
		return admin_person_show(cmd, err);
	if (cmd->argc > 3 && text_equal(cmd->argv[1], "split"))
		return admin_person_split(cmd, err);
	return error_set(err, ERROR_INVALID,
	                 "usage: person show PERSON | split PERSON ENTRY ... "
	                 "--by NAME --reason TEXT");
}
