/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_desired.c: classifies an entry of a source directory as a group, by the
 * lines of groups { }, and builds its desired entry of the catalogue. */
#include "sync/engine/groups/group_desired.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/groups/school_year.h"
#include "sync/engine/source/source_entry.h"

enum { ENTRY_VERSION = 1 };

const char *const group_attributes[] = {
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

static bool place_is_below(struct arena *a, const struct config *cfg,
                           const char *directory, const char *place,
                           const char *relative)
{
	const struct directory_conf *d = config_directory(cfg, directory);

	return d && dn_is_under(place, dn_normalize(a, arena_printf(a, "%s,%s",
	                                                            relative,
	                                                            d->base)));
}

static bool directory_serves(const struct municipality *m,
                             const char *directory)
{
	for (size_t i = 0; i < m->source_mapping_count; i++)
		if (text_equal(m->source_mappings[i].directory->name,
		               directory))
			return true;
	return false;
}

static enum group_type group_kind_at(struct arena *a, const struct config *cfg,
                                     const struct municipality *m,
                                     const struct source_entry *record)
{
	for (size_t i = 0; i < m->group_count; i++)
		if (place_is_below(a, cfg, record->directory, record->normal_dn,
		                   m->groups[i].subtree))
			return m->groups[i].type;
	return GROUP_NONE;
}

const struct school *school_at(struct arena *a, const struct config *cfg,
                               const struct municipality *m,
                               const char *directory, const char *place)
{
	for (size_t i = 0; m->feide && i < m->feide->school_count; i++) {
		const struct school *s = &m->feide->schools[i];

		for (char **under = s->subtrees; *under; under++)
			if (place_is_below(a, cfg, directory, place, *under))
				return s;
	}
	return NULL;
}

/* A container can only be a unit. */
static bool may_be_group(const struct source_entry *record,
                         enum group_type kind)
{
	if (text_equal(record->class, "group"))
		return true;
	return text_equal(record->class, "other") && kind == GROUP_UNIT &&
	       text_starts(record->normal_dn, "ou=");
}

/* Groups of a school are made for one school year. */
static bool is_school_year_group(enum group_type kind,
                                 const struct school *school)
{
	return kind == GROUP_CLASS || kind == GROUP_TEACHING ||
	       (kind == GROUP_ROLE && school);
}

bool group_classify(struct arena *a, const struct config *cfg,
                    const struct source_entry *record, struct group_source *ret)
{
	if (!record || text_equal(record->class, "person"))
		return false;
	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];
		enum group_type kind = directory_serves(m, record->directory)
		                           ? group_kind_at(a, cfg, m, record)
		                           : GROUP_NONE;

		if (kind == GROUP_NONE || !may_be_group(record, kind))
			continue;
		const struct school *school =
		    school_at(a, cfg, m, record->directory, record->normal_dn);
		*ret =
		    (struct group_source){ m, kind, school,
			                   is_school_year_group(kind, school)
			                       ? school_year_at(&m->school_year,
			                                        clock_now())
			                       : 0 };
		return true;
	}
	return false;
}

/* ---- the entry */

/* Returns the value of the first RDN, or the anchor. */
static char *rdn_value(struct arena *a, const struct source_entry *record)
{
	const char *equals = strchr(record->dn, '=');
	size_t length = 0;

	if (!equals)
		return arena_strdup(a, record->anchor);
	while (equals[1 + length] &&
	       (equals[1 + length] != ',' || equals[length] == '\\'))
		length++;
	return arena_memdup(a, equals + 1, length);
}

static void group_set_grep(struct arena *a, json_t *entry,
                           const struct source_entry *record)
{
	const json_t *values = js_array(record->attributes, "grep");
	size_t count = json_array_size(values);
	const char **texts = arena_array(a, const char *, count);

	for (size_t i = 0; i < count; i++)
		texts[i] = json_string_value(json_array_get(values, i));
	entry_json_set_values(entry, "portvaktGrep", texts, count);
}

/* A class gets the dates of its school year, and keeps the dates once set: they
 * are part of its id at Feide. */
static void group_set_dates(struct arena *a, json_t *entry,
                            const struct group_source *s, const json_t *before)
{
	const struct school_year *y = &s->municipality->school_year;
	bool was_active =
	    text_equal(entry_json_value(before, "portvaktStatus"), "active");
	const char *from = entry_json_value(before, "portvaktFrom");
	const char *until =
	    was_active ? entry_json_value(before, "portvaktUntil") : NULL;

	if (s->year == 0)
		return;
	entry_json_set(entry, "portvaktFrom",
	               from ? from
	                    : clock_format_generalized_time(
				  a, school_year_start(y, s->year)));
	entry_json_set(entry, "portvaktUntil",
	               until ? until
	                     : clock_format_generalized_time(
				   a, school_year_start(y, s->year + 1)));
}

json_t *group_desired_entry(struct arena *a, const struct source_entry *record,
                            const struct group_source *s, const char *id,
                            const json_t *before)
{
	const char *code = source_entry_value(record, "group-code");
	const char *name = source_entry_value(record, "group-name");
	json_t *entry = js_own(a, json_object());

	if (!code)
		code = rdn_value(a, record);
	entry_json_set(entry, "portvaktId", id);
	entry_json_set(entry, "portvaktStatus", "active");
	entry_json_set(entry, "portvaktMunicipality", s->municipality->name);
	entry_json_set(entry, "portvaktDirectory", record->directory);
	entry_json_set(entry, "portvaktAnchor", record->anchor);
	entry_json_set(entry, "portvaktGroupKind", group_type_name(s->kind));
	entry_json_set(entry, "portvaktCode", code);
	entry_json_set(entry, "cn", name ? name : code);
	entry_json_set(entry, "portvaktVersion",
	               arena_printf(a, "%d", ENTRY_VERSION));
	if (s->school)
		entry_json_set(entry, "portvaktParent",
		               arena_printf(a, "%s.%s", s->municipality->name,
		                            s->school->code));
	group_set_grep(a, entry, record);
	group_set_dates(a, entry, s, before);
	return entry;
}

/* The end date is in the catalogue, so the time to deletion survives a new
 * cache. */
json_t *group_ended_entry(struct arena *a, const json_t *before)
{
	json_t *entry = js_own(a, json_deep_copy(before));

	if (text_equal(entry_json_value(before, "portvaktStatus"), "suspended"))
		return entry;
	const char *until = entry_json_value(before, "portvaktUntil");
	int64_t when = 0;
	entry_json_set(entry, "portvaktStatus", "suspended");
	if (!until || !clock_parse_generalized_time(until, &when) ||
	    when > clock_now())
		entry_json_set(entry, "portvaktUntil",
		               clock_format_generalized_time(a, clock_now()));
	return entry;
}
