/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_groups.c: reads single attribute values and the pupils of a teacher
 * from the catalogue. */
#include "lib/escape.h"
#include "lib/list.h"
#include "lib/text.h"
#include "region/catalogue_inner.h"

enum { MOST_GROUPS = 200, MOST_PUPILS = 600 };

bool catalogue_text(struct catalogue *c, const struct region *r,
                    struct arena *a, const char *dn, const char *attribute,
                    const char **ret_text, struct fault *why)
{
	const char *const names[] = { attribute, NULL };
	struct catalogue_question q = { .arena = a,
		                        .base = dn,
		                        .scope = SCOPE_BASE,
		                        .filter = "(objectClass=*)",
		                        .names = names,
		                        .most = 1 };

	if (!catalogue_ask(c, r, &q, why))
		return false;
	*ret_text = q.count == 1 ? entry_text(&q.entries[0], attribute) : NULL;
	return true;
}

/* ---- a teacher's pupils */

static const char *const group_names[] = { "cn", "portvaktCode",
	                                   "portvaktMember", NULL };

static bool find_groups(struct catalogue *c, const struct region *r,
                        const struct affiliation *teacher,
                        struct catalogue_question *q, struct fault *why)
{
	q->base = arena_print(q->arena, "ou=groups,%s", r->catalogue.base);
	q->scope = SCOPE_ONE;
	q->filter = arena_print(
	    q->arena,
	    "(&(objectClass=portvaktGroup)(portvaktMember=%s)"
	    "(portvaktMunicipality=%s)"
	    "(|(portvaktGroupKind=class)(portvaktGroupKind=teaching)))",
	    escaped(q->arena, escape_filter, teacher->id),
	    escaped(q->arena, escape_filter, teacher->municipality));
	q->names = group_names;
	q->most = MOST_GROUPS;
	return catalogue_ask(c, r, q, why);
}

static const char *group_called(const struct directory_entry *e)
{
	const char *name = entry_text(e, "cn");

	return name ? name : entry_text(e, "portvaktCode");
}

typedef LIST(struct taught) taught_list;

static bool is_listed(const taught_list *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->at[i].affiliation->id, id))
			return true;
	return false;
}

static bool add_members(struct catalogue *c, const struct region *r,
                        struct arena *a, const struct affiliation *teacher,
                        const struct directory_entry *group, int64_t now,
                        taught_list *list, struct fault *why)
{
	const struct person *p;

	for (char **id = entry_texts(a, group, "portvaktMember"); *id; id++) {
		if (list->count == MOST_PUPILS || is_listed(list, *id))
			continue;
		if (!catalogue_find(c, r, a, *id, &p, why))
			return false;
		const struct affiliation *f =
		    p ? person_affiliation(p, *id) : NULL;
		if (p && person_is_taught(p, f, teacher->municipality, now))
			*list_add(a, list) =
			    (struct taught){ p, f, group_called(group) };
	}
	return true;
}

bool catalogue_pupils_of(struct catalogue *c, const struct region *r,
                         struct arena *a, const struct affiliation *teacher,
                         int64_t now, struct taught **ret_pupils,
                         size_t *ret_count, struct fault *why)
{
	struct catalogue_question q = { .arena = a };
	taught_list list = { 0 };

	if (teacher->kind == KIND_TEACHER &&
	    !find_groups(c, r, teacher, &q, why))
		return false;
	for (size_t i = 0; i < q.count; i++)
		if (!add_members(c, r, a, teacher, &q.entries[i], now, &list,
		                 why))
			return false;
	*ret_pupils = list.at;
	*ret_count = list.count;
	return true;
}
