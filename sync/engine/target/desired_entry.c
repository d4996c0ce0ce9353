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
#include "sync/engine/catalogue/released_names.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/source/value_syntax.h"
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
	"portvaktExpires",
	"portvaktRecentChange",
	"portvaktLogin",
	"portvaktDirectory",
	"portvaktAnchor",
	"portvaktSuspended",
	"portvaktRole",
	"portvaktSourceDn",
	"portvaktFormerDn",
	"portvaktPersonBefore",
	"portvaktDoubt",
	"portvaktProvedLink",
	"portvaktReleasedName",
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

/* Of several values the one written last, while the entry has it. */
static const char *desired_value(struct arena *a,
                                 const struct source_entry *entry,
                                 const char *field, const json_t *before,
                                 const char *name)
{
	return value_syntax_select(a, entry, field,
	                           entry_json_value(before, name));
}

static void desired_copy_values(
    struct arena *a, json_t *attrs, const char *name,
    const struct source_entry *entry, const char *field,
    char *(*form)(struct arena *a, const char *text))
{
	const json_t *values = js_array(entry->attributes, field);
	VECTOR(const char *) texts = { 0 };

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *text = json_string_value(json_array_get(values, i));
		const char *cause = NULL;
		const char *value =
		    text ? value_syntax_read(a, field, text, &cause) : NULL;

		if (value && *value)
			*vector_append(a, &texts) =
			    form ? form(a, value) : value;
	}
	entry_json_set_distinct(a, attrs, name, texts.at, texts.count);
}

static void desired_set_time(struct arena *a, json_t *attrs, const char *name,
                             const struct source_entry *entry,
                             const char *field, bool end)
{
	int64_t when = 0;

	if (source_entry_time(entry, field, end, &when) == TIME_KNOWN)
		entry_json_set(attrs, name,
		               clock_format_generalized_time(a, when));
}

/* Kept in the catalogue too, so that a lost cache makes no difference. */
static void desired_set_former_dns(struct arena *a, json_t *attrs,
                                   const struct source_entry *entry)
{
	VECTOR(const char *) places = { 0 };
	const char *place;
	json_t *unused;

	json_object_foreach((json_t *)entry->former_places, place, unused)
	{
		*vector_append(a, &places) = place;
	}
	entry_json_set_values(attrs, "portvaktFormerDn", places.at,
	                      places.count);
}

/* name: the attribute it is written to. */
static const char *desired_full_name(struct arena *a,
                                     const struct source_entry *entry,
                                     const json_t *before, const char *name)
{
	const char *full = desired_value(a, entry, "name", before, name);
	const char *given =
	    desired_value(a, entry, "given-name", before, "givenName");
	const char *family =
	    desired_value(a, entry, "family-name", before, "sn");

	if (full)
		return full;
	if (given && family)
		return arena_printf(a, "%s %s", given, family);
	return family ? family : given;
}

static void desired_set_version(struct arena *a, json_t *attrs)
{
	entry_json_set(attrs, "portvaktVersion",
	               arena_printf(a, "%d", ENTRY_VERSION));
}

json_t *desired_names(struct arena *a, const struct source_entry *entry,
                      const json_t *before)
{
	json_t *attrs = js_own(a, json_object());

	desired_copy_values(a, attrs, "portvaktLogin", entry, "login",
	                    name_normalize);
	entry_json_set(attrs, "mail",
	               desired_value(a, entry, "mail", before, "mail"));
	return attrs;
}

json_t *desired_affiliation(struct arena *a, const struct source_entry *entry,
                            const struct classification *s, const char *id,
                            const json_t *before)
{
	static const char *const fields[][2] = {
		{ "mail", "mail" },
		{ "title", "title" },
		{ "telephoneNumber", "phone" },
		{ "employeeNumber", "employee-number" },
		{ "portvaktPosition", "position" },
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
	entry_json_set(attrs, "cn", desired_full_name(a, entry, before, "cn"));
	entry_json_set(attrs, "o", s->municipality->display);
	desired_set_version(a, attrs);
	desired_set_former_dns(a, attrs, entry);
	for (size_t i = 0; i < LENGTH(fields); i++)
		entry_json_set(attrs, fields[i][0],
		               desired_value(a, entry, fields[i][1], before,
		                             fields[i][0]));
	desired_copy_values(a, attrs, "portvaktLogin", entry, "login",
	                    name_normalize);
	desired_copy_values(a, attrs, "portvaktUnit", entry, "unit", NULL);
	desired_copy_values(a, attrs, "portvaktActsFor", entry, "acts-for",
	                    text_lower);
	desired_set_time(a, attrs, "portvaktFrom", entry, "from", false);
	desired_set_time(a, attrs, "portvaktUntil", entry, "until", true);
	desired_set_time(a, attrs, "portvaktExpires", entry, "expires", true);
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
                                     const struct source_entry *first,
                                     const json_t *before)
{
	const char *name = desired_full_name(a, first, before, "displayName");
	const char *family =
	    desired_value(a, first, "family-name", before, "sn");

	entry_json_set(attrs, "cn", name);
	entry_json_set(attrs, "displayName", name);
	entry_json_set(attrs, "sn",
	               family ? family : last_name_token(a, name ? name : "-"));
	entry_json_set(
	    attrs, "givenName",
	    desired_value(a, first, "given-name", before, "givenName"));
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

	desired_set_person_names(a, attrs, name_source ? name_source : live[0],
	                         before);
	entry_json_set(attrs, "preferredLanguage",
	               language_source
	                   ? desired_value(a, language_source, "language",
	                                   before, "preferredLanguage")
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
