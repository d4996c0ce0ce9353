/* SPDX-License-Identifier: AGPL-3.0-or-later
 * desired_entry.c: the desired attributes of a catalogue entry, as JSON.
 * Deterministic: the same facts give the same value in any order. */
#include "sync/engine/target/desired_entry.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/target/attribute_precedence.h"
#include "sync/engine/target/protected_address.h"

enum { ENTRY_VERSION = 1 };

/* Attributes that sync writes and compares.  Not the encrypted national
 * identity number: it cannot be read back and differs each time it is sealed.
 */
const char *const managed_person_attributes[] = {
	"portvaktId",
	"portvaktStatus",
	"portvaktFormerId",
	"portvaktFormerName",
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
	"portvaktDoubt",
	"portvaktProvedLink",
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

static void desired_copy_value(json_t *attrs, const char *name,
                               const struct source_entry *entry,
                               const char *field)
{
	entry_json_set(attrs, name, source_entry_value(entry, field));
}

static void desired_copy_values(struct arena *a, json_t *attrs,
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
	entry_json_set_distinct(a, attrs, name, texts.at, texts.count);
}

static void desired_set_time(struct arena *a, json_t *attrs, const char *name,
                             const char *text, bool end)
{
	int64_t when = 0;

	if (source_entry_parse_time(text, end, &when))
		entry_json_set(attrs, name,
		               clock_format_generalized_time(a, when));
}

static void desired_set_position(json_t *attrs, const char *text)
{
	long long position = 0;

	if (text && text_to_number(text, 0, 100, &position))
		entry_json_set(attrs, "portvaktPosition", text);
}

static const char *desired_full_name(struct arena *a,
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

static void desired_set_version(struct arena *a, json_t *attrs)
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
	entry_json_set(attrs, "cn", desired_full_name(a, entry));
	entry_json_set(attrs, "o", s->municipality->display);
	desired_set_version(a, attrs);
	for (size_t i = 0; i < LENGTH(fields); i++)
		desired_copy_value(attrs, fields[i][0], entry, fields[i][1]);
	desired_copy_values(a, attrs, "portvaktLogin", entry, "login", true);
	desired_copy_values(a, attrs, "portvaktUnit", entry, "unit", false);
	desired_copy_values(a, attrs, "portvaktActsFor", entry, "acts-for",
	                    true);
	desired_set_position(attrs, source_entry_value(entry, "position"));
	desired_set_time(a, attrs, "portvaktFrom",
	                 source_entry_value(entry, "from"), false);
	desired_set_time(a, attrs, "portvaktUntil",
	                 source_entry_value(entry, "until"), true);
	while (s->roles[roles])
		roles++;
	entry_json_set_values(attrs, "portvaktRole", (const char **)s->roles,
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
	const char *name = desired_full_name(a, first);
	const char *family = source_entry_value(first, "family-name");

	entry_json_set(attrs, "cn", name);
	entry_json_set(attrs, "displayName", name);
	entry_json_set(attrs, "sn",
	               family ? family : last_name_token(a, name ? name : "-"));
	desired_copy_value(attrs, "givenName", first, "given-name");
}

json_t *desired_person(struct arena *a, const struct config *cfg,
                       const char *id, const char *join_value,
                       const struct source_entry *const *live, size_t count,
                       size_t naming, const json_t *before)
{
	json_t *attrs =
	    js_own(a, before ? json_deep_copy(before) : json_object());

	entry_json_set(attrs, "portvaktId", id);
	entry_json_set(attrs, "portvaktJoin", join_value);
	desired_set_version(a, attrs);
	if (count == 0)
		return attrs;
	const struct source_entry *name_source =
	    attribute_precedence_select(cfg, PRECEDENCE_NAME, live, naming);
	const struct source_entry *language_source =
	    attribute_precedence_select(cfg, PRECEDENCE_LANGUAGE, live, naming);

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
	desired_set_version(a, attrs);
	return attrs;
}
