/* SPDX-License-Identifier: AGPL-3.0-or-later
 * proved_link.c: records in ou=decisions that two affiliations of different
 * municipalities are proved to be one person's (docs/decisions/0017). */
#include <pthread.h>
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"
#include "idp/admin/command/override_create.h"
#include "lib/escape.h"
#include "lib/strbuf.h"

enum { MAX_DECISIONS = 1000, NOTIFY_TIMEOUT_MS = 500 };

/* One at a time: a pair is recorded once. */
static pthread_mutex_t proved_link_lock = PTHREAD_MUTEX_INITIALIZER;

bool proved_link_find(const struct admin_command *cmd, struct directory *d,
                      const char *kind, const char *municipality,
                      const struct affiliation *f, const struct affiliation *g,
                      const struct directory_entry **ret, struct error *err)
{
	static const char *const names[] = { "portvaktUntil", "portvaktBy",
		                             "portvaktMunicipality", NULL };
	struct arena *a = cmd->arena;
	struct directory_entry *found = NULL;
	size_t count = 0;

	*ret = NULL;
	if (!directory_search(
		d, a,
		arena_printf(a, "ou=decisions,%s", cmd->cfg->catalogue.base),
		SCOPE_ONE_LEVEL,
		arena_printf(a,
	                     "(&(portvaktSubject=%s)(portvaktSubject=%s)"
	                     "(portvaktDecides=%s))",
	                     escape_string(a, escape_filter, f->id),
	                     escape_string(a, escape_filter, g->id), kind),
		names, MAX_DECISIONS, &found, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (override_is_in_force(&found[i]) &&
		    (!municipality ||
		     text_equal(municipality,
		                directory_entry_text(&found[i],
		                                     "portvaktMunicipality"))))
			*ret = &found[i];
	return true;
}

static bool proved_link_end_kind(const struct admin_command *cmd,
                                 struct directory *d, const char *kind,
                                 const struct affiliation *f,
                                 const struct affiliation *g, struct error *err)
{
	const struct directory_entry *e = NULL;

	do {
		if (!proved_link_find(cmd, d, kind, NULL, f, g, &e, err) ||
		    (e && !override_end(cmd, d, e, err)))
			return false;
	} while (e);
	return true;
}

bool proved_link_end(const struct admin_command *cmd, struct directory *d,
                     const struct affiliation *f, const struct affiliation *g,
                     struct error *err)
{
	return proved_link_end_kind(cmd, d, "link", f, g, err) &&
	       proved_link_end_kind(cmd, d, "link-confirm", f, g, err);
}

bool proved_link_is_possible(const struct affiliation *f,
                             const struct affiliation *g)
{
	return f->status == STATUS_ACTIVE && g->status == STATUS_ACTIVE &&
	       !f->doubt && !g->doubt &&
	       !text_equal(f->municipality, g->municipality);
}

/* In the log of the municipality of f. */
static bool proved_link_audit(const struct admin_command *cmd,
                              const struct person *p,
                              const struct affiliation *f,
                              const struct affiliation *g, const char *reason,
                              struct error *err)
{
	const struct audit_event e = { .cfg = cmd->cfg,
		                       .municipality = f->municipality,
		                       .person = p->id,
		                       .affiliation = f->id };

	return audit_admin_command(
	    admin_backends.audit, cmd->arena, &e,
	    arena_printf(cmd->arena, "link proved %s %s (%s): %s", f->id, g->id,
	                 g->municipality, reason),
	    arena_printf(cmd->arena, "uid %u",
	                 (unsigned)cmd->request->peer_uid),
	    NULL, err);
}

bool proved_link_write(const struct admin_command *cmd, struct directory *d,
                       const struct person *p, const struct affiliation *f,
                       const struct affiliation *g, const char *by,
                       const char *reason, struct error *err)
{
	const char *subjects[] = { f->id, g->id };
	const struct operator_override o = { .kind = "link",
		                             .subjects = subjects,
		                             .count = 2,
		                             .by = by,
		                             .reason = reason };

	return proved_link_audit(cmd, p, f, g, reason, err) &&
	       proved_link_audit(cmd, p, g, f, reason, err) &&
	       override_write(cmd, d, &o, err);
}

/* ---- link-proved */

/* The methods of both logins, in the sentence of the decision. */
static const char *const proved_link_methods[] = {
	[LOGIN_METHOD_PWD] = "both passwords in one session",
};

static const char *proved_link_reason(struct arena *a,
                                      const struct link_proved_request *request)
{
	const char *receipt = request->receipt;

	if (strspn(receipt, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                    "abcdefghijklmnopqrstuvwxyz") != strlen(receipt))
		return NULL;
	return arena_printf(a, "%s, receipt %s",
	                    proved_link_methods[request->how], receipt);
}

/* Reads the person of the request anew: web is not trusted with who is who. */
static bool proved_link_read(const struct ipc_request *q,
                             const struct link_proved_request *request,
                             const struct person **ret_person,
                             const struct affiliation *ret_ends[2],
                             struct error *err)
{
	const struct person *p = NULL;

	if (request->affiliations_count != 2)
		return error_set(err, ERROR_INVALID,
		                 "a link has a person and two affiliations");
	if (!catalogue_find_by_id(admin_backends.catalogue, q->cfg, q->arena,
	                          request->person, &p, err))
		return false;
	for (size_t i = 0; i < 2; i++) {
		ret_ends[i] =
		    p ? person_find_affiliation(p, request->affiliations[i])
		      : NULL;
		if (!ret_ends[i])
			return error_set(err, ERROR_REFUSED,
			                 "not an affiliation of this person");
	}
	*ret_person = p;
	return proved_link_is_possible(ret_ends[0], ret_ends[1]) ||
	       error_set(err, ERROR_REFUSED,
	                 "not two active affiliations of different "
	                 "municipalities without a doubt");
}

static bool proved_link_record_locked(const struct admin_command *cmd,
                                      const struct person *p,
                                      const struct affiliation *ends[2],
                                      const char *reason, struct error *err)
{
	const struct directory_entry *known = NULL;
	struct directory *d = NULL;

	if (!cmd_open_catalogue(cmd, &d, err) ||
	    !proved_link_find(cmd, d, "link", NULL, ends[0], ends[1], &known,
	                      err))
		return false;
	return known || proved_link_write(cmd, d, p, ends[0], ends[1],
	                                  "portvakt-web", reason, err);
}

/* Sync also reads ou=decisions every minute. */
static void proved_link_notify_sync(const struct admin_command *cmd)
{
	char *argv[] = { arena_strdup(cmd->arena, "reload-overrides"), NULL };

	(void)!ipc_command(arena_printf(cmd->arena, "%s/sync.sock",
	                                cmd->cfg->runtime_directory),
	                   NOTIFY_TIMEOUT_MS, argv, cmd_ignore_line, NULL,
	                   NULL);
}

bool admin_link_proved(const struct ipc_request *q,
                       const struct link_proved_request *request,
                       struct link_proved_reply *reply, struct error *err)
{
	const struct admin_command cmd = { .request = q,
		                           .arena = q->arena,
		                           .cfg = q->cfg };
	const char *reason = proved_link_reason(q->arena, request);
	const struct affiliation *ends[2] = { NULL, NULL };
	const struct person *p = NULL;

	(void)reply;
	if (!reason)
		return error_set(err, ERROR_INVALID, "receipt is invalid");
	if (!proved_link_read(q, request, &p, ends, err))
		return false;
	(void)pthread_mutex_lock(&proved_link_lock);
	bool good = proved_link_record_locked(&cmd, p, ends, reason, err);
	(void)pthread_mutex_unlock(&proved_link_lock);
	if (!good)
		return false;
	proved_link_notify_sync(&cmd);
	return true;
}
