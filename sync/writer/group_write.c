/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_write.c: changes one entry of ou=groups to its desired state.  Members
 * are added and deleted as single values; the others are not sent. */
#include <string.h>

#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/groups.h"
#include "sync/writer/state.h"

enum { MOST_VALUES = 20000 }; /* in one request: below slapd's 4 MB */

struct group_work {
	const struct region *region;
	struct arena *arena;
	struct group_change *c;
	const char *dn;
	LIST(struct directory_change) changes;
	char *names;
};

static struct directory_change member_change(struct arena *a,
                                             enum change_kind kind,
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

static void add_form_changes(struct group_work *w)
{
	size_t count = 0;
	const struct directory_change *changes = form_changes(
	    w->arena, w->c->before, w->c->after, &count, &w->names);

	for (size_t i = 0; i < count; i++)
		*list_add(w->arena, &w->changes) = changes[i];
}

static bool send_changes(struct group_work *w, struct fault *why)
{
	struct group_change *c = w->c;
	enum write_result result = WRITE_FAILED;
	struct fault inner = { 0 };
	char *csn = NULL;

	if (w->changes.count == 0)
		return true;
	bool good =
	    c->csn ? catalogue_change(catalogue_writer, w->region, w->arena,
	                              w->dn, w->changes.at, w->changes.count,
	                              c->csn, &result, &csn, &inner)
		   : catalogue_add(catalogue_writer, w->region, w->arena, w->dn,
	                           w->changes.at, w->changes.count, &result,
	                           &csn, &inner);
	w->changes.count = 0;
	if (!good && inner.kind != FAULT_INVALID)
		return fault(why, inner.kind, "%s", inner.text);
	c->refused = !good;
	c->raced = good && result != WRITE_DONE;
	c->csn = csn;
	return true;
}

static bool failed(const struct group_work *w)
{
	return w->c->refused || w->c->raced;
}

/* Sends the values in as many requests as needed, the first with the other
 * changes. */
static bool send_members(struct group_work *w, enum change_kind kind,
                         const char *const *ids, size_t count,
                         struct fault *why)
{
	for (size_t i = 0; i < count; i += MOST_VALUES) {
		size_t some = count - i < MOST_VALUES ? count - i : MOST_VALUES;

		*list_add(w->arena, &w->changes) =
		    member_change(w->arena, kind, ids + i, some);
		if (some < MOST_VALUES)
			return true;
		if (!send_changes(w, why) || failed(w))
			return false;
	}
	return true;
}

static bool add(struct group_work *w, struct fault *why)
{
	static char name[] = "portvaktGroup";
	static struct directory_value class = { name, sizeof(name) - 1 };

	*list_add(w->arena, &w->changes) =
	    (struct directory_change){ CHANGE_REPLACE, "objectClass", &class,
		                       1 };
	return send_changes(w, why);
}

static bool change(struct group_work *w, struct fault *why)
{
	struct group_change *c = w->c;

	if (c->ends)
		*list_add(w->arena, &w->changes) =
		    member_change(w->arena, CHANGE_REPLACE, NULL, 0);
	else if (!send_members(w, CHANGE_ADD, c->joins.at, c->joins.count,
	                       why) ||
	         !send_members(w, CHANGE_DELETE, c->leaves.at, c->leaves.count,
	                       why))
		return failed(w);
	return send_changes(w, why);
}

static bool remove_group(struct group_work *w, struct fault *why)
{
	enum write_result result = WRITE_FAILED;

	return catalogue_remove(catalogue_writer, w->region, w->arena, w->dn,
	                        &result, why);
}

bool group_write(const struct region *r, struct arena *a,
                 struct group_change *c, struct fault *why)
{
	struct group_work w = { .region = r, .arena = a, .c = c };
	bool good;

	/* The catalogue refused it before, so it has no members there. */
	if (!c->before && !c->after)
		return true;
	w.dn = arena_print(a, "portvaktId=%s,ou=groups,%s", c->id,
	                   r->catalogue.base);
	if (c->after)
		add_form_changes(&w);
	size_t some = w.changes.count + c->joins.count + c->leaves.count;
	if (!c->after)
		good = remove_group(&w, why);
	else if (!c->before)
		good = add(&w, why);
	else
		good = change(&w, why);
	c->done = good && !failed(&w);
	/* Its entry must be read again. */
	if (c->raced)
		control_want_readback();
	if (c->done && (some > 0 || !c->after))
		journal_group(c, w.names);
	return good;
}
