/* SPDX-License-Identifier: AGPL-3.0-or-later
 * desired_entry.c: the desired attributes of a catalogue entry, as JSON.
 * Deterministic: the same facts give the same value in any order. */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/engine.h"

enum { ENTRY_VERSION = 1 };

/* Attributes that sync writes and compares.  Not the sealed national number: it
 * cannot be read back and differs each time it is sealed. */
const char *const managed_person_attributes[] = {
	"portvaktId",
	"portvaktStatus",
	"portvaktFormerId",
	"portvaktJoin",
	"portvaktProtected",
	"portvaktSuspended",
	"portvaktVersion",
	"cn",
	"sn",
	"givenName",
	"displayName",
	"preferredLanguage",
	NULL,
};
const char *const managed_affiliation_attributes[] = {
	"portvaktId",
	"portvaktStatus",
	"portvaktMunicipality",
	"portvaktActsFor",
	"portvaktKind",
	"portvaktUnit",
	"portvaktPosition",
	"portvaktFrom",
	"portvaktUntil",
	"portvaktLogin",
	"portvaktDirectory",
	"portvaktAnchor",
	"portvaktSuspended",
	"portvaktRole",
	"portvaktSourceDn",
	"portvaktPersonBefore",
	"portvaktVersion",
	"cn",
	"mail",
	"title",
	"telephoneNumber",
	"employeeNumber",
	"o",
	NULL,
};
const char *const managed_municipality_attributes[] = {
	"portvaktId",   "displayName",     "o",
	"norEduOrgNIN", "portvaktVersion", NULL
};

static int entry_json_compare_values(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void entry_json_set_sorted(json_t *attrs, const char *name,
                                  const char **values, size_t count)
{
	json_t *list = json_array();

	if (count > 0)
		qsort(values, count, sizeof(values[0]),
		      entry_json_compare_values);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(values[i], values[i - 1]) != 0)
			(void)json_array_append_new(list,
			                            json_string(values[i]));
	if (json_array_size(list) == 0) {
		json_decref(list);
		return;
	}
	(void)json_object_set_new(attrs, name, list);
}

void entry_json_set_values(json_t *attrs, const char *name, const char **values,
                           size_t count)
{
	(void)json_object_del(attrs, name);
	entry_json_set_sorted(attrs, name, values, count);
}

void entry_json_set(json_t *attrs, const char *name, const char *value)
{
	(void)json_object_del(attrs, name);
	if (value && *value)
		entry_json_set_sorted(attrs, name, &value, 1);
}

const char *entry_json_value(const json_t *attrs, const char *name)
{
	return json_string_value(json_array_get(js_array(attrs, name), 0));
}

json_t *entry_json_from_ldap(struct arena *a, const struct directory_entry *e,
                             const char *const *names)
{
	json_t *attrs = js_own(a, json_object());

	for (; *names; names++) {
		char **texts = directory_entry_texts(a, e, *names);
		size_t count = 0;

		while (texts[count])
			count++;
		entry_json_set_sorted(attrs, *names, (const char **)texts,
		                      count);
	}
	return attrs;
}

/* ---- fields of a source entry */

const char *source_entry_value(const struct source_entry *entry,
                               const char *field)
{
	return json_string_value(
	    json_array_get(js_array(entry->attributes, field), 0));
}

static void entry_json_copy_value(json_t *attrs, const char *name,
                                  const struct source_entry *entry,
                                  const char *field)
{
	entry_json_set(attrs, name, source_entry_value(entry, field));
}

/* Sorts values and drops those that the catalogue treats as equal: it rejects
 * an entry with two values that differ by case or blanks only.  Returns how
 * many remain. */
static size_t entry_json_drop_equal_values(struct arena *a, const char **values,
                                           size_t count)
{
	size_t kept = 0;

	if (count > 0)
		qsort(values, count, sizeof(values[0]),
		      entry_json_compare_values);
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < kept && !text_equal(name_fold_value(a, values[k]),
		                               name_fold_value(a, values[i])))
			k++;
		if (k == kept)
			values[kept++] = values[i];
	}
	return kept;
}

static void entry_json_copy_values(struct arena *a, json_t *attrs,
                                   const char *name,
                                   const struct source_entry *entry,
                                   const char *field, bool lower)
{
	const json_t *values = js_array(entry->attributes, field);
	VECTOR(const char *) texts = { 0 };

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *text = json_string_value(json_array_get(values, i));

		if (text && *text)
			*vector_append(a, &texts) =
			    lower ? text_lower(a, text) : text;
	}
	entry_json_set_sorted(
	    attrs, name, texts.at,
	    entry_json_drop_equal_values(a, texts.at, texts.count));
}

bool source_entry_parse_time(const char *text, bool end, int64_t *ret_when)
{
	return text && (clock_parse_generalized_time(text, ret_when) ||
	                clock_parse_date(text, end, ret_when));
}

static void entry_json_set_time(struct arena *a, json_t *attrs,
                                const char *name, const char *text, bool end)
{
	int64_t when = 0;

	if (source_entry_parse_time(text, end, &when))
		entry_json_set(attrs, name,
		               clock_format_generalized_time(a, when));
}

static void entry_json_set_position(json_t *attrs, const char *text)
{
	long long position = 0;

	if (text && text_to_number(text, 0, 100, &position))
		entry_json_set(attrs, "portvaktPosition", text);
}

static const char *source_entry_full_name(struct arena *a,
                                          const struct source_entry *entry)
{
	const char *name = source_entry_value(entry, "name");
	const char *given = source_entry_value(entry, "given-name");
	const char *family = source_entry_value(entry, "family-name");

	if (name)
		return name;
	if (given && family)
		return arena_printf(a, "%s %s", given, family);
	return family ? family : given;
}

static void entry_json_set_version(struct arena *a, json_t *attrs)
{
	entry_json_set(attrs, "portvaktVersion",
	               arena_printf(a, "%d", ENTRY_VERSION));
}

json_t *desired_affiliation(struct arena *a, const struct source_entry *entry,
                            const struct classification *s, const char *id)
{
	static const char *const fields[][2] = {
		{ "mail", "mail" },
		{ "title", "title" },
		{ "telephoneNumber", "phone" },
		{ "employeeNumber", "employee-number" },
	};
	json_t *attrs = js_own(a, json_object());
	size_t roles = 0;

	entry_json_set(attrs, "portvaktId", id);
	entry_json_set(attrs, "portvaktStatus", "active");
	entry_json_set(attrs, "portvaktMunicipality", s->municipality->name);
	entry_json_set(attrs, "portvaktKind", affiliation_type_name(s->kind));
	entry_json_set(attrs, "portvaktDirectory", entry->directory);
	entry_json_set(attrs, "portvaktAnchor", entry->anchor);
	entry_json_set(attrs, "portvaktSourceDn",
	               entry->dn ? dn_pretty(a, entry->dn) : NULL);
	entry_json_set(attrs, "cn", source_entry_full_name(a, entry));
	entry_json_set(attrs, "o", s->municipality->display);
	entry_json_set_version(a, attrs);
	for (size_t i = 0; i < LENGTH(fields); i++)
		entry_json_copy_value(attrs, fields[i][0], entry, fields[i][1]);
	entry_json_copy_values(a, attrs, "portvaktLogin", entry, "login", true);
	entry_json_copy_values(a, attrs, "portvaktUnit", entry, "unit", false);
	entry_json_copy_values(a, attrs, "portvaktActsFor", entry, "acts-for",
	                       true);
	entry_json_set_position(attrs, source_entry_value(entry, "position"));
	entry_json_set_time(a, attrs, "portvaktFrom",
	                    source_entry_value(entry, "from"), false);
	entry_json_set_time(a, attrs, "portvaktUntil",
	                    source_entry_value(entry, "until"), true);
	while (s->roles[roles])
		roles++;
	entry_json_set_sorted(attrs, "portvaktRole", (const char **)s->roles,
	                      roles);
	return attrs;
}

/* ---- a person, from its live entries */

static const char *last_name_token(struct arena *a, const char *name)
{
	const char *space = strrchr(name, ' ');

	return arena_strdup(a, space && space[1] ? space + 1 : name);
}

/* A code in any entry counts. */
static const char *desired_protection(struct arena *a,
                                      const struct source_entry *const *live,
                                      size_t count)
{
	const char *protection = NULL;

	for (size_t i = 0; i < count; i++)
		protection = protected_address_stricter(
		    protection, protected_address_code(a, live[i]));
	return protection;
}

/* Without a live entry the last known names stay. */
static void desired_set_person_names(struct arena *a, json_t *attrs,
                                     const struct source_entry *first)
{
	const char *name = source_entry_full_name(a, first);
	const char *family = source_entry_value(first, "family-name");

	entry_json_set(attrs, "cn", name);
	entry_json_set(attrs, "displayName", name);
	entry_json_set(attrs, "sn",
	               family ? family : last_name_token(a, name ? name : "-"));
	entry_json_copy_value(attrs, "givenName", first, "given-name");
}

json_t *desired_person(struct arena *a, const struct config *cfg,
                       const char *id, const char *join_value,
                       const struct source_entry *const *live, size_t count,
                       const json_t *before)
{
	json_t *attrs =
	    js_own(a, before ? json_deep_copy(before) : json_object());

	entry_json_set(attrs, "portvaktId", id);
	entry_json_set(attrs, "portvaktJoin", join_value);
	entry_json_set_version(a, attrs);
	if (count == 0)
		return attrs;
	const struct source_entry *name_source =
	    attribute_precedence_select(cfg, PRECEDENCE_NAME, live, count);
	const struct source_entry *language_source =
	    attribute_precedence_select(cfg, PRECEDENCE_LANGUAGE, live, count);

	desired_set_person_names(a, attrs, name_source ? name_source : live[0]);
	entry_json_set(attrs, "preferredLanguage",
	               language_source
	                   ? source_entry_value(language_source, "language")
	                   : NULL);
	entry_json_set(attrs, "portvaktProtected",
	               desired_protection(a, live, count));
	return attrs;
}

json_t *desired_municipality(struct arena *a, const struct municipality *m)
{
	json_t *attrs = js_own(a, json_object());

	entry_json_set(attrs, "portvaktId", m->name);
	entry_json_set(attrs, "displayName", m->display);
	entry_json_set(attrs, "o", m->display);
	entry_json_set(attrs, "norEduOrgNIN",
	               arena_printf(a, "NO%s", m->organisation_number));
	entry_json_set_version(a, attrs);
	return attrs;
}

/* ---- differences */

static struct directory_change entry_json_replace(struct arena *a,
                                                  const char *name,
                                                  const json_t *values)
{
	size_t count = json_array_size(values);
	struct directory_value *to =
	    arena_array(a, struct directory_value, count);

	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(values, i));

		to[i] = (struct directory_value){ arena_strdup(a, text),
			                          strlen(text) };
	}
	return (struct directory_change){ CHANGE_REPLACE, arena_strdup(a, name),
		                          to, count };
}

const struct directory_change *entry_json_diff(struct arena *a,
                                               const json_t *before,
                                               const json_t *after,
                                               size_t *ret_count,
                                               char **ret_names)
{
	VECTOR(struct directory_change) changes = { 0 };
	struct strbuf names = strbuf_init(a);
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)after, name, values)
	{
		if (json_equal(values, js_array(before, name)))
			continue;
		*vector_append(a, &changes) =
		    entry_json_replace(a, name, values);
		strbuf_appendf(&names, " %s", name);
	}
	json_object_foreach((json_t *)before, name, values)
	{
		if (js_array(after, name))
			continue;
		*vector_append(a, &changes) = entry_json_replace(a, name, NULL);
		strbuf_appendf(&names, " -%s", name);
	}
	*ret_count = changes.count;
	*ret_names = names.length > 0 ? names.data + 1 : names.data;
	return changes.at;
}
