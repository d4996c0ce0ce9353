/* SPDX-License-Identifier: AGPL-3.0-or-later
 * desired_entry.c: the desired attributes of a catalogue entry, as JSON.
 * Deterministic: the same facts give the same value in any order. */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fold.h"
#include "lib/list.h"
#include "lib/text.h"
#include "sync/writer/writer.h"

enum { FORM_VERSION = 1 };

/* Attributes that sync writes and compares.  Not the sealed national number: it
 * cannot be read back and differs each time it is sealed. */
const char *const person_form_names[] = {
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
const char *const affiliation_form_names[] = {
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
const char *const body_form_names[] = {
	"portvaktId",   "displayName",     "o",
	"norEduOrgNIN", "portvaktVersion", NULL
};

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void set_sorted(json_t *form, const char *name, const char **values,
                       size_t count)
{
	json_t *list = json_array();

	if (count > 0)
		qsort(values, count, sizeof(values[0]), by_text);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(values[i], values[i - 1]) != 0)
			(void)json_array_append_new(list,
			                            json_string(values[i]));
	if (json_array_size(list) == 0) {
		json_decref(list);
		return;
	}
	(void)json_object_set_new(form, name, list);
}

void form_set_all(json_t *form, const char *name, const char **values,
                  size_t count)
{
	(void)json_object_del(form, name);
	set_sorted(form, name, values, count);
}

void form_set(json_t *form, const char *name, const char *value)
{
	(void)json_object_del(form, name);
	if (value && *value)
		set_sorted(form, name, &value, 1);
}

const char *form_text(const json_t *form, const char *name)
{
	return json_string_value(json_array_get(js_array(form, name), 0));
}

json_t *form_of_entry(struct arena *a, const struct directory_entry *e,
                      const char *const *names)
{
	json_t *form = js_keep(a, json_object());

	for (; *names; names++) {
		char **texts = entry_texts(a, e, *names);
		size_t count = 0;

		while (texts[count])
			count++;
		set_sorted(form, *names, (const char **)texts, count);
	}
	return form;
}

/* ---- fields of a source entry */

const char *record_text(const struct record *record, const char *field)
{
	return json_string_value(
	    json_array_get(js_array(record->body, field), 0));
}

static void set_field(json_t *form, const char *name,
                      const struct record *record, const char *field)
{
	form_set(form, name, record_text(record, field));
}

/* Sorts values and drops those that the catalogue treats as equal: it rejects
 * an entry with two values that differ by case or blanks only.  Returns how
 * many remain. */
static size_t only_different(struct arena *a, const char **values, size_t count)
{
	size_t kept = 0;

	if (count > 0)
		qsort(values, count, sizeof(values[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < kept && !text_equal(fold_value(a, values[k]),
		                               fold_value(a, values[i])))
			k++;
		if (k == kept)
			values[kept++] = values[i];
	}
	return kept;
}

static void set_fields(struct arena *a, json_t *form, const char *name,
                       const struct record *record, const char *field,
                       bool lower)
{
	const json_t *values = js_array(record->body, field);
	LIST(const char *) texts = { 0 };

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *text = json_string_value(json_array_get(values, i));

		if (text && *text)
			*list_add(a, &texts) =
			    lower ? text_lower(a, text) : text;
	}
	set_sorted(form, name, texts.at,
	           only_different(a, texts.at, texts.count));
}

bool record_time(const char *text, bool end, int64_t *ret_when)
{
	return text && (clock_from_ldap(text, ret_when) ||
	                clock_from_date(text, end, ret_when));
}

static void set_time(struct arena *a, json_t *form, const char *name,
                     const char *text, bool end)
{
	int64_t when = 0;

	if (record_time(text, end, &when))
		form_set(form, name, clock_ldap(a, when));
}

static void set_position(json_t *form, const char *text)
{
	long long position = 0;

	if (text && text_to_number(text, 0, 100, &position))
		form_set(form, "portvaktPosition", text);
}

static const char *full_name(struct arena *a, const struct record *record)
{
	const char *name = record_text(record, "name");
	const char *given = record_text(record, "given-name");
	const char *family = record_text(record, "family-name");

	if (name)
		return name;
	if (given && family)
		return arena_print(a, "%s %s", given, family);
	return family ? family : given;
}

static void set_version(struct arena *a, json_t *form)
{
	form_set(form, "portvaktVersion", arena_print(a, "%d", FORM_VERSION));
}

json_t *form_of_affiliation(struct arena *a, const struct record *record,
                            const struct shape *s, const char *id)
{
	static const char *const fields[][2] = {
		{ "mail", "mail" },
		{ "title", "title" },
		{ "telephoneNumber", "phone" },
		{ "employeeNumber", "employee-number" },
	};
	json_t *f = js_keep(a, json_object());
	size_t roles = 0;

	form_set(f, "portvaktId", id);
	form_set(f, "portvaktStatus", "active");
	form_set(f, "portvaktMunicipality", s->municipality->name);
	form_set(f, "portvaktKind", kind_name(s->kind));
	form_set(f, "portvaktDirectory", record->directory);
	form_set(f, "portvaktAnchor", record->anchor);
	form_set(f, "portvaktSourceDn",
	         record->dn ? dn_pretty(a, record->dn) : NULL);
	form_set(f, "cn", full_name(a, record));
	form_set(f, "o", s->municipality->display);
	set_version(a, f);
	for (size_t i = 0; i < LENGTH(fields); i++)
		set_field(f, fields[i][0], record, fields[i][1]);
	set_fields(a, f, "portvaktLogin", record, "login", true);
	set_fields(a, f, "portvaktUnit", record, "unit", false);
	set_fields(a, f, "portvaktActsFor", record, "acts-for", true);
	set_position(f, record_text(record, "position"));
	set_time(a, f, "portvaktFrom", record_text(record, "from"), false);
	set_time(a, f, "portvaktUntil", record_text(record, "until"), true);
	while (s->roles[roles])
		roles++;
	set_sorted(f, "portvaktRole", (const char **)s->roles, roles);
	return f;
}

/* ---- a person, from its live entries */

static const char *last_word(struct arena *a, const char *name)
{
	const char *blank = strrchr(name, ' ');

	return arena_copy(a, blank && blank[1] ? blank + 1 : name);
}

/* A code in any entry counts. */
static const char *strictest(struct arena *a, const struct record *const *live,
                             size_t count)
{
	const char *most = NULL;

	for (size_t i = 0; i < count; i++)
		most = protection_stricter(most, record_protection(a, live[i]));
	return most;
}

/* Without a live entry the last known names stay. */
static void set_names(struct arena *a, json_t *form, const struct record *first)
{
	const char *name = full_name(a, first);
	const char *family = record_text(first, "family-name");

	form_set(form, "cn", name);
	form_set(form, "displayName", name);
	form_set(form, "sn", family ? family : last_word(a, name ? name : "-"));
	set_field(form, "givenName", first, "given-name");
}

json_t *form_of_person(struct arena *a, const struct region *r, const char *id,
                       const char *joins, const struct record *const *live,
                       size_t count, const json_t *before)
{
	json_t *form =
	    js_keep(a, before ? json_deep_copy(before) : json_object());

	form_set(form, "portvaktId", id);
	form_set(form, "portvaktJoin", joins);
	set_version(a, form);
	if (count == 0)
		return form;
	const struct record *named = precede(r, PREFER_NAME, live, count);
	const struct record *speaks = precede(r, PREFER_LANGUAGE, live, count);

	set_names(a, form, named ? named : live[0]);
	form_set(form, "preferredLanguage",
	         speaks ? record_text(speaks, "language") : NULL);
	form_set(form, "portvaktProtected", strictest(a, live, count));
	return form;
}

json_t *form_of_body(struct arena *a, const struct municipality *m)
{
	json_t *form = js_keep(a, json_object());

	form_set(form, "portvaktId", m->name);
	form_set(form, "displayName", m->display);
	form_set(form, "o", m->display);
	form_set(form, "norEduOrgNIN", arena_print(a, "NO%s", m->number));
	set_version(a, form);
	return form;
}

/* ---- differences */

static struct directory_change change_to(struct arena *a, const char *name,
                                         const json_t *values)
{
	size_t count = json_array_size(values);
	struct directory_value *to =
	    arena_array(a, struct directory_value, count);

	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(values, i));

		to[i] = (struct directory_value){ arena_copy(a, text),
			                          strlen(text) };
	}
	return (struct directory_change){ CHANGE_REPLACE, arena_copy(a, name),
		                          to, count };
}

const struct directory_change *form_changes(struct arena *a,
                                            const json_t *before,
                                            const json_t *after,
                                            size_t *ret_count, char **ret_names)
{
	LIST(struct directory_change) changes = { 0 };
	struct text names = text_in(a);
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)after, name, values)
	{
		if (json_equal(values, js_array(before, name)))
			continue;
		*list_add(a, &changes) = change_to(a, name, values);
		text_addf(&names, " %s", name);
	}
	json_object_foreach((json_t *)before, name, values)
	{
		if (js_array(after, name))
			continue;
		*list_add(a, &changes) = change_to(a, name, NULL);
		text_addf(&names, " -%s", name);
	}
	*ret_count = changes.count;
	*ret_names = names.length > 0 ? names.at + 1 : names.at;
	return changes.at;
}
