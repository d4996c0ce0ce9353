/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard_remove.c: removes all data of a municipality, step by step. Each
 * finished step is recorded in a draft file, so a repeated command resumes
 * after an error. A signed certificate then lists what was removed, with
 * hashes of the ids. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idp/admin/offboard/removal_private.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum {
	DRAFT_MAX_BYTES = 256 << 20,
	IDS_PER_REQUEST = 500,
	POLL_MS = 200,
	MAX_WAIT_MS = 100 * 1000
};

/* ---- preconditions */

static bool removal_directory_is_read(const struct config *cfg,
                                      const char *directory)
{
	for (size_t i = 0; i < cfg->municipality_count; i++)
		for (size_t p = 0;
		     p < cfg->municipalities[i].source_mapping_count; p++)
			if (text_equal(cfg->municipalities[i]
			                   .source_mappings[p]
			                   .directory->name,
			               directory))
				return true;
	return false;
}

static bool removal_directory_was_used(const struct removal *x,
                                       const char *directory)
{
	const char *begin = arena_printf(x->arena, "%s:", directory);
	const char *anchor;
	json_t *ignored;

	json_object_foreach(x->off.anchors, anchor, ignored)
	{
		if (text_starts(anchor, begin))
			return true;
	}
	return false;
}

/* On error ERROR_INVALID: the configuration still has an issuer, people or a
 * directory of the municipality, from which its data would be created again.
 * This also catches a mistyped name. */
static bool removal_check_configuration(const struct removal *x,
                                        struct error *err)
{
	const struct config *cfg = x->cmd->cfg;
	const struct municipality *m = x->off.m;

	if (m->issuer)
		return error_set(
		    err, ERROR_INVALID,
		    "%s still has an issuer in the configuration; delete "
		    "it with its services, and reload",
		    m->name);
	if (m->source_mapping_count > 0)
		return error_set(
		    err, ERROR_INVALID,
		    "%s still has people in the configuration; delete "
		    "them, and reload",
		    m->name);
	for (size_t i = 0; i < cfg->directory_count; i++)
		if (removal_directory_was_used(x, cfg->directories[i].name) &&
		    !removal_directory_is_read(cfg, cfg->directories[i].name))
			return error_set(
			    err, ERROR_INVALID,
			    "directory %s is no longer used; delete it from "
			    "the configuration, and reload",
			    cfg->directories[i].name);
	return true;
}

/* ---- the draft */

static bool removal_save_draft(const struct removal *x, struct error *err)
{
	const char *text = js_dump(x->arena, x->draft);

	return file_write(x->path, text, strlen(text), REMOVAL_FILE_MODE, err);
}

static void removal_drop_names(json_t *people)
{
	const char *id;
	json_t *known;

	json_object_foreach(people, id, known)
	{
		(void)json_object_del(known, "name");
	}
}

static bool removal_create_draft(struct removal *x, struct error *err)
{
	struct offboarding *off = &x->off;

	removal_drop_names(off->people);
	x->done = js_own(x->arena, json_object());
	x->draft = js_own(
	    x->arena, json_pack("{s:i, s:O, s:O, s:O, s:O}", "v", 1, "people",
	                        off->people, "affiliations", off->affiliations,
	                        "anchors", off->anchors, "done", x->done));
	return removal_save_draft(x, err);
}

static bool removal_resume(struct removal *x, const char *text,
                           struct error *err)
{
	if (!js_parse(x->arena, text, strlen(text), &x->draft, err))
		return false;
	x->off.people = js_object(x->draft, "people");
	x->off.affiliations = js_object(x->draft, "affiliations");
	x->off.anchors = js_object(x->draft, "anchors");
	x->done = js_object(x->draft, "done");
	return (x->off.people && x->off.affiliations && x->off.anchors &&
	        x->done) ||
	       error_set(err, ERROR_INVALID, "%s is not a valid draft",
	                 x->path);
}

static bool removal_open_draft(struct removal *x, struct error *err)
{
	const char *folder =
	    arena_printf(x->arena, "%s/admin", x->cmd->cfg->state_directory);
	size_t length;
	char *text;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return error_set(err, ERROR_UNAVAILABLE, "cannot create %s: %s",
		                 folder, strerror(errno));
	x->path = arena_printf(x->arena, "%s/removing-%s.json", folder,
	                       x->off.m->name);
	if (access(x->path, F_OK) != 0)
		return removal_create_draft(x, err);
	return file_read(x->arena, x->path, DRAFT_MAX_BYTES, &text, &length,
	                 err) &&
	       removal_resume(x, text, err);
}

/* ---- roles and overrides, deleted here */

struct removal_list {
	const struct removal *x;
	VECTOR(char *) dns;
};

static bool removal_delete_entries(const struct removal *x, char **dns,
                                   size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		enum directory_write_result done = WRITE_FAILED;

		if (!directory_delete(x->off.catalogue, dns[i], NULL, &done,
		                      err))
			return false;
	}
	return true;
}

static bool removal_on_role(void *data, const struct directory_entry *e,
                            struct error *err)
{
	struct removal_list *list = data;
	const char *holder = directory_entry_text(e, "portvaktHolder");

	(void)err;
	if (holder && json_object_get(list->x->off.affiliations, holder))
		*vector_append(list->x->arena, &list->dns) =
		    arena_strdup(list->x->arena, e->dn);
	return true;
}

static bool removal_delete_roles(struct removal *x, size_t *ret,
                                 struct error *err)
{
	static const char *const names[] = { "portvaktHolder", NULL };
	struct removal_list list = { .x = x };

	if (!offboarding_each_entry(&x->off, "roles", SCOPE_SUBTREE,
	                            "(objectClass=portvaktRoleGiven)", names,
	                            removal_on_role, &list, err))
		return false;
	*ret = list.dns.count;
	return removal_delete_entries(x, list.dns.at, list.dns.count, err);
}

/* Returns whether the override is about this municipality alone; one that also
 * names another's entry is kept. */
static bool removal_override_is_theirs(const struct removal *x,
                                       const struct directory_entry *e)
{
	char **subjects = directory_entry_texts(x->arena, e, "portvaktSubject");
	bool any = false;

	for (; *subjects; subjects++) {
		bool theirs = offboarding_owns_subject(&x->off, *subjects);

		if (strchr(*subjects, ':') && !theirs)
			return false;
		any |= theirs;
	}
	return any;
}

static bool removal_on_override(void *data, const struct directory_entry *e,
                                struct error *err)
{
	struct removal_list *list = data;

	(void)err;
	if (removal_override_is_theirs(list->x, e))
		*vector_append(list->x->arena, &list->dns) =
		    arena_strdup(list->x->arena, e->dn);
	return true;
}

static bool removal_delete_overrides(struct removal *x, size_t *ret,
                                     struct error *err)
{
	static const char *const names[] = { "portvaktSubject", NULL };
	struct removal_list list = { .x = x };

	if (!offboarding_each_entry(&x->off, "decisions", SCOPE_ONE_LEVEL,
	                            "(objectClass=portvaktDecision)", names,
	                            removal_on_override, &list, err))
		return false;
	*ret = list.dns.count;
	return removal_delete_entries(x, list.dns.at, list.dns.count, err);
}

/* ---- people, groups and organisations, deleted by the provisioner */

struct removal_count {
	size_t count;
};

static bool removal_count_entry(void *data, const struct directory_entry *e,
                                struct error *err)
{
	struct removal_count *k = data;

	(void)e, (void)err;
	k->count++;
	return true;
}

/* A subtree that admin may not read looks empty, so its base is read first. On
 * error ERROR_UNAVAILABLE. */
static bool removal_tree_is_readable(struct removal *x, const char *tree,
                                     struct error *err)
{
	static const char *const no_attributes[] = { "1.1", NULL };
	struct removal_count base = { 0 };

	if (!offboarding_each_entry(&x->off, tree, SCOPE_BASE,
	                            "(objectClass=*)", no_attributes,
	                            removal_count_entry, &base, err))
		return false;
	return base.count == 1 ||
	       error_set(
		   err, ERROR_UNAVAILABLE,
		   "ou=%s cannot be read, so the removal cannot be verified",
		   tree);
}

static bool removal_entries_remain(struct removal *x, bool *ret,
                                   struct error *err)
{
	static const char *const no_attributes[] = { "1.1", NULL };
	const char *name = x->off.m->name;
	const struct {
		const char *tree, *filter;
	} rows[] = {
		{ "people",
		  arena_printf(x->arena, "(portvaktMunicipality=%s)", name) },
		{ "groups",
		  arena_printf(x->arena, "(portvaktMunicipality=%s)", name) },
		{ "municipalities",
		  arena_printf(x->arena, "(|(portvaktId=%s)(portvaktId=%s.*))",
		               name, name) },
		{ "decisions",
		  arena_printf(x->arena,
		               "(&(objectClass=portvaktTombstone)"
		               "(portvaktSubject=municipality %s))",
		               name) },
	};
	struct removal_count k = { 0 };

	for (size_t i = 0; i < LENGTH(rows); i++)
		if (!removal_tree_is_readable(x, rows[i].tree, err) ||
		    !offboarding_each_entry(
			&x->off, rows[i].tree, SCOPE_SUBTREE, rows[i].filter,
			no_attributes, removal_count_entry, &k, err))
			return false;
	*ret = k.count > 0;
	return true;
}

static bool removal_delete_people(struct removal *x, size_t *ret,
                                  struct error *err)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	const int64_t until = clock_monotonic_ms() + MAX_WAIT_MS;
	int64_t decided;
	bool remain = true;

	*ret = json_object_size(x->off.affiliations);
	if (!offboarding_step_time(&x->off, "remove", &decided, err) ||
	    (decided == 0 &&
	     !offboarding_order_step(x->cmd, x->off.m, "remove", 0, err)))
		return false;
	while (removal_entries_remain(x, &remain, err)) {
		if (!remain)
			return true;
		if (clock_monotonic_ms() > until)
			return error_set(
			    err, ERROR_UNAVAILABLE,
			    "synchronisation has not deleted everything "
			    "yet; repeat the command");
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

/* ---- sessions, traces, keys and audit log */

static bool removal_delete_sessions(struct removal *x, size_t *ret,
                                    struct error *err)
{
	return offboard_purge_redis(x->cmd, removal_ids(x), ret, err);
}

/* Returns ids, and directories that are no longer configured. */
static json_t *removal_traces(const struct removal *x)
{
	json_t *traces = removal_ids(x);
	const char *anchor;
	json_t *ignored;

	json_object_foreach(x->off.anchors, anchor, ignored)
	{
		const char *directory =
		    arena_memdup(x->arena, anchor, strcspn(anchor, ":"));

		if (!config_directory(x->cmd->cfg, directory))
			(void)json_object_set_new(
			    traces,
			    arena_printf(x->arena, "directory %s", directory),
			    json_true());
	}
	return traces;
}

static bool removal_call_sync(const struct removal *x, char **argv,
                              struct error *err)
{
	return cmd_call_sync(x->cmd, argv, NULL, NULL, err);
}

static bool removal_delete_traces(struct removal *x, size_t *ret,
                                  struct error *err)
{
	char **argv = arena_array(x->arena, char *, IDS_PER_REQUEST + 2);
	char *purge_cache[] = { arena_strdup(x->arena, "purge-cache"), NULL };
	json_t *ids = removal_traces(x);
	size_t count = 1;
	const char *id;
	json_t *ignored;

	argv[0] = arena_strdup(x->arena, "purge-ids");
	json_object_foreach(ids, id, ignored)
	{
		argv[count++] = arena_strdup(x->arena, id);
		if (count <= IDS_PER_REQUEST)
			continue;
		argv[count] = NULL;
		count = 1;
		if (!removal_call_sync(x, argv, err))
			return false;
	}
	argv[count] = NULL;
	*ret = 0;
	return removal_call_sync(x, argv, err) &&
	       removal_call_sync(x, purge_cache, err);
}

static bool removal_call_delete(struct removal *x, struct ipc_client *peer,
                                size_t *ret, struct error *err)
{
	const struct purge_municipality_request request = { x->off.m->name };
	struct purge_municipality_reply reply;

	if (!purge_municipality_call(peer, x->arena, x->cmd->cfg->hash,
	                             &request, &reply, err))
		return false;
	*ret = (size_t)reply.files;
	return true;
}

static bool removal_delete_keys(struct removal *x, size_t *ret,
                                struct error *err)
{
	return removal_call_delete(x, admin_backends.signer, ret, err);
}

static bool removal_delete_audit_log(struct removal *x, size_t *ret,
                                     struct error *err)
{
	*ret = 0;
	return offboarding_keeps_audit_log(x->cmd) ||
	       removal_call_delete(x, admin_backends.audit, ret, err);
}

static const struct {
	const char *name;
	bool (*run)(struct removal *x, size_t *ret_count, struct error *err);
} removal_steps[] = {
	{ "roles", removal_delete_roles },
	{ "decisions", removal_delete_overrides },
	{ "affiliations", removal_delete_people },
	{ "sessions", removal_delete_sessions },
	{ "traces", removal_delete_traces },
	{ "keys", removal_delete_keys },
	{ "audit", removal_delete_audit_log },
};

static bool removal_run_steps(struct removal *x, struct error *err)
{
	for (size_t i = 0; i < LENGTH(removal_steps); i++) {
		size_t count = 0;

		if (json_object_get(x->done, removal_steps[i].name))
			continue;
		if (!removal_steps[i].run(x, &count, err))
			return false;
		(void)json_object_set_new(x->done, removal_steps[i].name,
		                          json_integer((json_int_t)count));
		if (!removal_save_draft(x, err))
			return false;
		ipc_reply_line(x->cmd->request, "removed       %-12s %zu",
		               removal_steps[i].name, count);
	}
	return true;
}

static pthread_mutex_t removal_lock = PTHREAD_MUTEX_INITIALIZER;

bool offboard_remove(const struct admin_command *cmd,
                     const struct municipality *m, struct error *err)
{
	struct removal x = { .cmd = cmd, .arena = cmd->arena };

	(void)pthread_mutex_lock(&removal_lock);
	bool good = offboarding_load(cmd, m, &x.off, err) &&
	            removal_check_configuration(&x, err) &&
	            cmd_audit(cmd, NULL, NULL, err) &&
	            removal_open_draft(&x, err) && removal_run_steps(&x, err) &&
	            removal_write_certificate(&x, err);
	(void)pthread_mutex_unlock(&removal_lock);
	return good;
}
