/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_desired.c: classifies an entry of a source directory as a group, by the
 * lines of groups { }, and builds its desired entry of the catalogue. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/groups.h"

enum { FORM_VERSION = 1 };

const char *const group_form_names[] = {
	"portvaktId",
	"portvaktStatus",
	"portvaktMunicipality",
	"portvaktDirectory",
	"portvaktAnchor",
	"portvaktGroupKind",
	"portvaktCode",
	"portvaktGrep",
	"portvaktParent",
	"portvaktFrom",
	"portvaktUntil",
	"portvaktVersion",
	"cn",
	NULL,
};

static bool is_below(struct arena *a, const struct region *r,
                     const char *directory, const char *place,
                     const char *relative)
{
	const struct directory_conf *d = region_directory(r, directory);

	return d &&
	       dn_is_under(place, dn_normal(a, arena_print(a, "%s,%s", relative,
	                                                   d->base)));
}

static bool feeds(const struct municipality *m, const char *directory)
{
	for (size_t i = 0; i < m->people_count; i++)
		if (text_equal(m->people[i].directory->name, directory))
			return true;
	return false;
}

static enum group_kind kind_at(struct arena *a, const struct region *r,
                               const struct municipality *m,
                               const struct record *record)
{
	for (size_t i = 0; i < m->group_count; i++)
		if (is_below(a, r, record->directory, record->place,
		             m->groups[i].under))
			return m->groups[i].kind;
	return GROUP_NONE;
}

const struct school *school_at(struct arena *a, const struct region *r,
                               const struct municipality *m,
                               const char *directory, const char *place)
{
	for (size_t i = 0; m->feide && i < m->feide->school_count; i++) {
		const struct school *s = &m->feide->schools[i];

		for (char **under = s->under; *under; under++)
			if (is_below(a, r, directory, place, *under))
				return s;
	}
	return NULL;
}

/* A container can only be a unit. */
static bool may_be(const struct record *record, enum group_kind kind)
{
	if (text_equal(record->class, "group"))
		return true;
	return text_equal(record->class, "other") && kind == GROUP_UNIT &&
	       text_starts(record->place, "ou=");
}

/* Groups of a school are made for one school year. */
static bool is_yearly(enum group_kind kind, const struct school *school)
{
	return kind == GROUP_CLASS || kind == GROUP_TEACHING ||
	       (kind == GROUP_ROLE && school);
}

bool group_of(struct arena *a, const struct region *r,
              const struct record *record, struct group_source *ret)
{
	if (!record || text_equal(record->class, "person"))
		return false;
	for (size_t i = 0; i < r->municipality_count; i++) {
		const struct municipality *m = &r->municipalities[i];
		enum group_kind kind = feeds(m, record->directory)
		                           ? kind_at(a, r, m, record)
		                           : GROUP_NONE;

		if (kind == GROUP_NONE || !may_be(record, kind))
			continue;
		const struct school *school =
		    school_at(a, r, m, record->directory, record->place);
		*ret =
		    (struct group_source){ m, kind, school,
			                   is_yearly(kind, school)
			                       ? school_year_at(&m->school_year,
			                                        clock_now())
			                       : 0 };
		return true;
	}
	return false;
}

/* ---- the entry */

/* Returns the value of the first RDN, or the anchor. */
static char *own_name(struct arena *a, const struct record *record)
{
	const char *equals = strchr(record->dn, '=');
	size_t length = 0;

	if (!equals)
		return arena_copy(a, record->anchor);
	while (equals[1 + length] &&
	       (equals[1 + length] != ',' || equals[length] == '\\'))
		length++;
	return arena_bytes(a, equals + 1, length);
}

static void set_grep(struct arena *a, json_t *form, const struct record *record)
{
	const json_t *values = js_array(record->body, "grep");
	size_t count = json_array_size(values);
	const char **texts = arena_array(a, const char *, count);

	for (size_t i = 0; i < count; i++)
		texts[i] = json_string_value(json_array_get(values, i));
	form_set_all(form, "portvaktGrep", texts, count);
}

/* A class gets the dates of its school year, and keeps the dates once set: they
 * are part of its id at Feide. */
static void set_dates(struct arena *a, json_t *form,
                      const struct group_source *s, const json_t *before)
{
	const struct school_year *y = &s->municipality->school_year;
	bool was_active =
	    text_equal(form_text(before, "portvaktStatus"), "active");
	const char *from = form_text(before, "portvaktFrom");
	const char *until =
	    was_active ? form_text(before, "portvaktUntil") : NULL;

	if (s->year == 0)
		return;
	form_set(form, "portvaktFrom",
	         from ? from : clock_ldap(a, school_year_start(y, s->year)));
	form_set(form, "portvaktUntil",
	         until ? until
	               : clock_ldap(a, school_year_start(y, s->year + 1)));
}

json_t *form_of_group(struct arena *a, const struct record *record,
                      const struct group_source *s, const char *id,
                      const json_t *before)
{
	const char *code = record_text(record, "group-code");
	const char *name = record_text(record, "group-name");
	json_t *f = js_keep(a, json_object());

	if (!code)
		code = own_name(a, record);
	form_set(f, "portvaktId", id);
	form_set(f, "portvaktStatus", "active");
	form_set(f, "portvaktMunicipality", s->municipality->name);
	form_set(f, "portvaktDirectory", record->directory);
	form_set(f, "portvaktAnchor", record->anchor);
	form_set(f, "portvaktGroupKind", group_kind_name(s->kind));
	form_set(f, "portvaktCode", code);
	form_set(f, "cn", name ? name : code);
	form_set(f, "portvaktVersion", arena_print(a, "%d", FORM_VERSION));
	if (s->school)
		form_set(f, "portvaktParent",
		         arena_print(a, "%s.%s", s->municipality->name,
		                     s->school->code));
	set_grep(a, f, record);
	set_dates(a, f, s, before);
	return f;
}

/* The end date is in the catalogue, so the time to deletion survives a new
 * cache. */
json_t *form_of_ended_group(struct arena *a, const json_t *before)
{
	json_t *form = js_keep(a, json_deep_copy(before));

	if (text_equal(form_text(before, "portvaktStatus"), "suspended"))
		return form;
	const char *until = form_text(before, "portvaktUntil");
	int64_t when = 0;
	form_set(form, "portvaktStatus", "suspended");
	if (!until || !clock_from_ldap(until, &when) || when > clock_now())
		form_set(form, "portvaktUntil", clock_ldap(a, clock_now()));
	return form;
}
