/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_groups.c: reads single attribute values and the pupils of a teacher
 * from the catalogue. */
#include "lib/escape.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/catalogue/catalogue_private.h"

enum { MAX_TEACHER_GROUPS = 200, MAX_PUPILS = 600 };

bool catalogue_read_value(struct catalogue *c, const struct config *cfg,
                          struct arena *a, const char *dn,
                          const char *attribute, const char **ret_value,
                          struct error *err)
{
	const char *const names[] = { attribute, NULL };
	struct catalogue_query q = { .arena = a,
		                     .base = dn,
		                     .scope = SCOPE_BASE,
		                     .filter = "(objectClass=*)",
		                     .attributes = names,
		                     .limit = 1 };

	if (!catalogue_run_query(c, cfg, &q, err))
		return false;
	*ret_value = q.count == 1
	                 ? directory_entry_text(&q.entries[0], attribute)
	                 : NULL;
	return true;
}

/* ---- a teacher's pupils */

static const char *const group_attributes[] = { "cn", "portvaktCode",
	                                        "portvaktMember", NULL };

static bool catalogue_find_teacher_groups(struct catalogue *c,
                                          const struct config *cfg,
                                          const struct affiliation *teacher,
                                          struct catalogue_query *q,
                                          struct error *err)
{
	q->base = arena_printf(q->arena, "ou=groups,%s", cfg->catalogue.base);
	q->scope = SCOPE_ONE_LEVEL;
	q->filter = arena_printf(
	    q->arena,
	    "(&(objectClass=portvaktGroup)(portvaktMember=%s)"
	    "(portvaktMunicipality=%s)"
	    "(|(portvaktGroupKind=class)(portvaktGroupKind=teaching)))",
	    escape_string(q->arena, escape_filter, teacher->id),
	    escape_string(q->arena, escape_filter, teacher->municipality));
	q->attributes = group_attributes;
	q->limit = MAX_TEACHER_GROUPS;
	return catalogue_run_query(c, cfg, q, err);
}

static const char *group_display_name(const struct directory_entry *e)
{
	const char *name = directory_entry_text(e, "cn");

	return name ? name : directory_entry_text(e, "portvaktCode");
}

typedef VECTOR(struct class_roster_entry) class_roster;

static bool class_roster_contains(const class_roster *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->at[i].affiliation->id, id))
			return true;
	return false;
}

static bool class_roster_add_members(struct catalogue *c,
                                     const struct config *cfg, struct arena *a,
                                     const struct affiliation *teacher,
                                     const struct directory_entry *group,
                                     int64_t now, class_roster *list,
                                     struct error *err)
{
	const struct person *p;

	for (char **id = directory_entry_texts(a, group, "portvaktMember"); *id;
	     id++) {
		if (list->count == MAX_PUPILS ||
		    class_roster_contains(list, *id))
			continue;
		if (!catalogue_find_by_id(c, cfg, a, *id, &p, err))
			return false;
		const struct affiliation *f =
		    p ? person_find_affiliation(p, *id) : NULL;
		if (p && person_is_pupil_in(p, f, teacher->municipality, now))
			*vector_append(a, list) = (struct class_roster_entry){
				p, f, group_display_name(group)
			};
	}
	return true;
}

bool catalogue_pupils_of_teacher(struct catalogue *c, const struct config *cfg,
                                 struct arena *a,
                                 const struct affiliation *teacher, int64_t now,
                                 struct class_roster_entry **ret_pupils,
                                 size_t *ret_count, struct error *err)
{
	struct catalogue_query q = { .arena = a };
	class_roster list = { 0 };

	if (teacher->kind == KIND_TEACHER &&
	    !catalogue_find_teacher_groups(c, cfg, teacher, &q, err))
		return false;
	for (size_t i = 0; i < q.count; i++)
		if (!class_roster_add_members(c, cfg, a, teacher, &q.entries[i],
		                              now, &list, err))
			return false;
	*ret_pupils = list.at;
	*ret_count = list.count;
	return true;
}
