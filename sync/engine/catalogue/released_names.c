/* SPDX-License-Identifier: AGPL-3.0-or-later
 * released_names.c: names that were given up, in the catalogue and the
 * cache. */
#include "sync/engine/catalogue/released_names.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/state/state.h"

const char *const name_fields[NAME_KINDS] = { "login", "mail" };
const char *const name_attributes[NAME_KINDS] = { "portvaktLogin", "mail" };

enum {
	RELEASED_PARTS = 3,
	RELEASED_HASHED_PARTS = 5,
	RELEASED_NAMES = 20, /* of one affiliation: the newest */
};

/* One value.  name: the rest of it, or the hash. */
struct released_value {
	int64_t at;
	enum name_kind kind;
	const char *directory, *municipality, *name;
};

char *name_normalize(struct arena *a, const char *name)
{
	return name_fold_case(a, name_trim(a, name));
}

static bool released_parse_kind(const char *kind, enum name_kind *ret)
{
	for (enum name_kind i = 0; i < NAME_KINDS; i++) {
		if (!text_equal(name_fields[i], kind))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static bool released_parse(struct arena *a, const char *value, size_t parts,
                           struct released_value *ret)
{
	size_t count = 0;
	char **at = text_split(a, value, " ", &count);

	if (count < RELEASED_PARTS ||
	    (parts == RELEASED_HASHED_PARTS && count != parts) ||
	    !clock_parse_generalized_time(at[0], &ret->at) ||
	    !released_parse_kind(at[1], &ret->kind))
		return false;
	if (parts == RELEASED_HASHED_PARTS) {
		ret->directory = at[2];
		ret->municipality = at[3];
		ret->name = arena_printf(a, "#%s", at[4]);
		return true;
	}
	ret->name =
	    name_normalize(a, value + strlen(at[0]) + strlen(at[1]) + 2);
	return true;
}

int64_t released_name_end(struct arena *a, const struct config *cfg,
                          const char *value)
{
	struct released_value v = { 0 };

	return released_parse(a, value, RELEASED_PARTS, &v)
	           ? v.at + cfg->hold_released_names
	           : 0;
}

/* ---- the attribute of an affiliation */

static bool released_has_name(struct arena *a, const json_t *attrs,
                              const char *attribute, const char *folded)
{
	const json_t *list = js_array(attrs, attribute);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (text_equal(name_normalize(a, json_string_value(
						     json_array_get(list, i))),
		               folded))
			return true;
	return false;
}

static bool released_is_active(const json_t *attrs)
{
	return text_equal(entry_json_value(attrs, "portvaktStatus"), "active");
}

struct released_list {
	VECTOR(const char *) values;
};

/* Returns the former entry, or NULL for a name. */
static const char *released_entry(struct arena *a, const char *value)
{
	size_t count = 0;
	char **parts = text_split(a, value, " ", &count);

	return count == RELEASED_PARTS && text_equal(parts[1], "entry")
	           ? parts[2]
	           : NULL;
}

static char *released_subject(struct arena *a, const json_t *attrs)
{
	return overrides_subject(a,
	                         entry_json_value(attrs, "portvaktDirectory"),
	                         entry_json_value(attrs, "portvaktAnchor"));
}

/* Decisions about former entries follow for ever. */
static void released_add_entries(struct arena *a, const json_t *before,
                                 const json_t *after,
                                 struct released_list *list)
{
	const json_t *had = js_array(before, RELEASED_NAME_ATTRIBUTE);
	const char *former = released_subject(a, before);
	const char *subject = released_subject(a, after);

	for (size_t i = 0; i < json_array_size(had); i++) {
		const char *text = json_string_value(json_array_get(had, i));

		if (released_entry(a, text))
			*vector_append(a, &list->values) = text;
	}
	if (!text_equal(former, subject) &&
	    state_number("SELECT count(*) FROM former_entries WHERE subject ="
	                 " ?1 AND former = ?2",
	                 "tt", subject, former) > 0)
		*vector_append(a, &list->values) = arena_printf(
		    a, "%s entry %s",
		    clock_format_generalized_time(a, clock_now()), former);
}

/* Values that are still held. */
static void released_keep(struct arena *a, const struct config *cfg,
                          const json_t *before, const json_t *after,
                          struct released_list *list)
{
	const json_t *had = js_array(before, RELEASED_NAME_ATTRIBUTE);

	for (size_t i = 0; i < json_array_size(had); i++) {
		const char *text = json_string_value(json_array_get(had, i));
		struct released_value v = { 0 };

		if (released_parse(a, text, RELEASED_PARTS, &v) &&
		    v.at + cfg->hold_released_names > clock_now() &&
		    !(released_is_active(after) &&
		      released_has_name(a, after, name_attributes[v.kind],
		                        v.name)))
			*vector_append(a, &list->values) = text;
	}
}

static void released_append(struct arena *a, enum name_kind kind,
                            const char *name, struct released_list *list)
{
	*vector_append(a, &list->values) = arena_printf(
	    a, "%s %s %s", clock_format_generalized_time(a, clock_now()),
	    name_fields[kind], name);
}

static void released_add(struct arena *a, enum name_kind kind,
                         const json_t *before, const json_t *after,
                         struct released_list *list)
{
	const json_t *had = js_array(before, name_attributes[kind]);

	for (size_t i = 0; i < json_array_size(had); i++) {
		const char *name = json_string_value(json_array_get(had, i));

		if (!released_has_name(a, after, name_attributes[kind],
		                       name_normalize(a, name)))
			released_append(a, kind, name, list);
	}
}

/* The cache finds a suspended affiliation by its first login name only. */
static void released_add_further_logins(struct arena *a, const json_t *before,
                                        const json_t *after,
                                        struct released_list *list)
{
	const json_t *had = js_array(before, name_attributes[NAME_LOGIN]);

	if (!released_is_active(before) || released_is_active(after))
		return;
	for (size_t i = 1; i < json_array_size(had); i++)
		released_append(a, NAME_LOGIN,
		                json_string_value(json_array_get(had, i)),
		                list);
}

void released_names_update(struct arena *a, const struct config *cfg,
                           const json_t *before, json_t *after)
{
	struct released_list list = { 0 };

	if (before && cfg->hold_released_names > 0) {
		released_keep(a, cfg, before, after, &list);
		for (enum name_kind i = 0; i < NAME_KINDS; i++)
			released_add(a, i, before, after, &list);
		released_add_further_logins(a, before, after, &list);
		list.values.count = entry_json_keep_newest(
		    list.values.at, list.values.count, RELEASED_NAMES);
	}
	if (before)
		released_add_entries(a, before, after, &list);
	entry_json_set_values(after, RELEASED_NAME_ATTRIBUTE, list.values.at,
	                      list.values.count);
}

/* ---- the cache */

static void released_forget(const char *id)
{
	state_exec("DELETE FROM released WHERE owner = ?1", "t", id);
}

static void released_store(struct arena *a, const char *id, const json_t *attrs,
                           size_t parts)
{
	const json_t *list = js_array(attrs, RELEASED_NAME_ATTRIBUTE);

	released_forget(id);
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct released_value v = {
			.directory =
			    entry_json_value(attrs, "portvaktDirectory"),
			.municipality =
			    entry_json_value(attrs, "portvaktMunicipality")
		};

		const char *text = json_string_value(json_array_get(list, i));

		if (released_entry(a, text))
			state_exec("INSERT OR IGNORE INTO former_entries"
			           " VALUES(?1, ?2)",
			           "tt", released_subject(a, attrs),
			           released_entry(a, text));
		if (released_parse(a, text, parts, &v))
			state_exec("INSERT OR REPLACE INTO released"
			           " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
			           "itttti", (int64_t)v.kind, v.name, id,
			           v.directory, v.municipality, v.at);
	}
}

void released_names_record(struct arena *a, const char *id, const json_t *attrs)
{
	released_store(a, id, attrs, RELEASED_PARTS);
}

void released_names_record_hashed(struct arena *a, const char *id,
                                  const json_t *attrs)
{
	released_store(a, id, attrs, RELEASED_HASHED_PARTS);
}

/* ---- the values of a tombstone */

char *released_name_hash(struct arena *a, const struct config *cfg,
                         enum name_kind kind, const char *folded)
{
	return hash_sha256_base64url(
	    a, arena_printf(a, "%s\n%s\n%s", cfg->catalogue.base,
	                    name_fields[kind], folded));
}

static void released_append_hash(struct arena *a, const struct config *cfg,
                                 const json_t *attrs,
                                 const struct released_value *v, json_t *list)
{
	char *value = arena_printf(
	    a, "%s %s %s %s %s", clock_format_generalized_time(a, v->at),
	    name_fields[v->kind], entry_json_value(attrs, "portvaktDirectory"),
	    entry_json_value(attrs, "portvaktMunicipality"),
	    released_name_hash(a, cfg, v->kind, v->name));

	if (v->at + cfg->hold_released_names > clock_now())
		(void)json_array_append_new(list, json_string(value));
}

/* Names that it had until its suspension, and those that it released before. */
void released_names_hash(struct arena *a, const struct config *cfg,
                         const json_t *attrs, json_t *list)
{
	const char *since = entry_json_value(attrs, "portvaktSuspended");
	const json_t *had = js_array(attrs, RELEASED_NAME_ATTRIBUTE);
	struct released_value v = { .at = clock_now() };

	if (since && !clock_parse_generalized_time(since, &v.at))
		v.at = clock_now();
	for (v.kind = 0; v.kind < NAME_KINDS; v.kind++) {
		const json_t *names = js_array(attrs, name_attributes[v.kind]);

		for (size_t i = 0; i < json_array_size(names); i++) {
			v.name = name_normalize(
			    a, json_string_value(json_array_get(names, i)));
			released_append_hash(a, cfg, attrs, &v, list);
		}
	}
	for (size_t i = 0; i < json_array_size(had); i++)
		if (released_parse(a, json_string_value(json_array_get(had, i)),
		                   RELEASED_PARTS, &v))
			released_append_hash(a, cfg, attrs, &v, list);
}
