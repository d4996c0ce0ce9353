/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_write.c: changes one entry of ou=groups to its desired state.  Members
 * are added and deleted as single values; the others are not sent. */
#include "sync/engine/groups/group_change_private.h"

#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/change_log.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/state/work.h"

enum { MAX_VALUES = 20000 }; /* in one request: below slapd's 4 MB */

struct group_work {
	const struct config *cfg;
	struct arena *arena;
	struct group_change *group;
	const char *dn;
	VECTOR(struct directory_change) changes;
	char *names;
};

static struct directory_change member_change(struct arena *a,
                                             enum directory_change_op kind,
                                             const char *const *ids,
                                             size_t count)
{
	struct directory_value *values =
	    arena_array(a, struct directory_value, count);

	for (size_t i = 0; i < count; i++)
		values[i] =
		    (struct directory_value){ (char *)ids[i], strlen(ids[i]) };
	return (struct directory_change){ kind, "portvaktMember", values,
		                          count };
}

static void group_write_attributes(struct group_work *w)
{
	size_t count = 0;
	const struct directory_change *changes = entry_json_diff(
	    w->arena, w->group->before, w->group->after, &count, &w->names);

	for (size_t i = 0; i < count; i++)
		*vector_append(w->arena, &w->changes) = changes[i];
}

static bool group_write_send(struct group_work *w, struct error *err)
{
	struct group_change *c = w->group;
	enum directory_write_result result = WRITE_FAILED;
	struct error inner = { 0 };
	char *csn = NULL;

	if (w->changes.count == 0)
		return true;
	bool good =
	    c->csn ? catalogue_modify(catalogue_writer, w->cfg, w->arena, w->dn,
	                              w->changes.at, w->changes.count, c->csn,
	                              &result, &csn, &inner)
		   : catalogue_add(catalogue_writer, w->cfg, w->arena, w->dn,
	                           w->changes.at, w->changes.count, &result,
	                           &csn, &inner);
	w->changes.count = 0;
	if (!good && inner.kind != ERROR_INVALID)
		return error_set(err, inner.kind, "%s", inner.text);
	c->rejected = !good;
	c->conflict = good && result != WRITE_OK;
	c->csn = csn;
	return true;
}

static bool group_write_failed(const struct group_work *w)
{
	return w->group->rejected || w->group->conflict;
}

/* Sends the values in as many requests as needed, the first with the other
 * changes. */
static bool group_write_members(struct group_work *w,
                                enum directory_change_op kind,
                                const char *const *ids, size_t count,
                                struct error *err)
{
	for (size_t i = 0; i < count; i += MAX_VALUES) {
		size_t some = count - i < MAX_VALUES ? count - i : MAX_VALUES;

		*vector_append(w->arena, &w->changes) =
		    member_change(w->arena, kind, ids + i, some);
		if (some < MAX_VALUES)
			return true;
		if (!group_write_send(w, err) || group_write_failed(w))
			return false;
	}
	return true;
}

static bool group_write_add(struct group_work *w, struct error *err)
{
	static char name[] = "portvaktGroup";
	static struct directory_value class = { name, sizeof(name) - 1 };

	*vector_append(w->arena, &w->changes) =
	    (struct directory_change){ CHANGE_REPLACE, "objectClass", &class,
		                       1 };
	return group_write_send(w, err);
}

static bool group_write_change(struct group_work *w, struct error *err)
{
	struct group_change *c = w->group;

	if (c->ends)
		*vector_append(w->arena, &w->changes) =
		    member_change(w->arena, CHANGE_REPLACE, NULL, 0);
	else if (!group_write_members(w, CHANGE_ADD, c->added_members.at,
	                              c->added_members.count, err) ||
	         !group_write_members(w, CHANGE_DELETE, c->removed_members.at,
	                              c->removed_members.count, err))
		return group_write_failed(w);
	return group_write_send(w, err);
}

static bool group_write_remove(struct group_work *w, struct error *err)
{
	enum directory_write_result result = WRITE_FAILED;

	return catalogue_delete(catalogue_writer, w->cfg, w->arena, w->dn,
	                        &result, err);
}

static void group_write_log(const struct group_change *c, const char *names)
{
	const struct logged_change change = {
		.before = c->before,
		.after = c->after,
		.group = c->id,
		.directory = c->directory,
		.anchor = c->anchor,
		.added_members = c->added_members.count,
		.removed_members = c->removed_members.count,
	};

	change_log_append(&change, names);
}

bool group_write(const struct config *cfg, struct arena *a,
                 struct group_change *c, struct error *err)
{
	struct group_work w = { .cfg = cfg, .arena = a, .group = c };
	bool good;

	/* The catalogue refused it before, so it has no members there. */
	if (!c->before && !c->after)
		return true;
	w.dn = arena_printf(a, "portvaktId=%s,ou=groups,%s", c->id,
	                    cfg->catalogue.base);
	if (c->after)
		group_write_attributes(&w);
	size_t some =
	    w.changes.count + c->added_members.count + c->removed_members.count;
	if (!c->after)
		good = group_write_remove(&w, err);
	else if (!c->before)
		good = group_write_add(&w, err);
	else
		good = group_write_change(&w, err);
	c->done = good && !group_write_failed(&w);
	/* Its entry must be read again. */
	if (c->conflict)
		work_request_verify();
	if (c->done && (some > 0 || !c->after))
		group_write_log(c, w.names);
	return good;
}
