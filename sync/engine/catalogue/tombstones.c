/* SPDX-License-Identifier: AGPL-3.0-or-later
 * tombstones.c: ids of people and affiliations that were removed. */
#include "sync/engine/catalogue/tombstones.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/derived_entry.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/released_names.h"
#include "sync/engine/state/state.h"

static const char *const tombstone_classes[] = { "portvaktTombstone", NULL };
static const char *const tombstone_attributes[] = {
	"portvaktId",      "portvaktUntil",
	"portvaktJoin",    "portvaktFormerId",
	"portvaktSubject", RELEASED_NAME_ATTRIBUTE,
	"portvaktVersion", NULL
};

/* Parts of a subject that is an affiliation, and of a held name. */
enum {
	SUBJECT_PARTS = 4,
	SUBJECT_PARTS_MERGED = 5,
	SUBJECT_MUNICIPALITY = 2,
	NAME_MUNICIPALITY = 3
};

static char *tombstone_dn(struct arena *a, const struct config *cfg,
                          const char *person)
{
	return arena_printf(a, "portvaktId=%s,ou=tombstones,ou=decisions,%s",
	                    person, cfg->catalogue.base);
}

/* ---- lookup */

const json_t *tombstone_of(struct arena *a, const char *person)
{
	return entry_json_parse(
	    a, state_text(a, "SELECT form FROM tombstones WHERE id = ?1", "t",
	                  person));
}

/* Of several the least id, independent of their order. */
const char *tombstone_person(struct arena *a, const char *join_value)
{
	return state_text(a,
	                  "SELECT min(id) FROM tombstones WHERE joins = ?1"
	                  " AND until > ?2",
	                  "ti", join_value, clock_now());
}

static bool tombstone_parse_subject(struct arena *a, const char *subject,
                                    struct tombstone_affiliation *ret)
{
	size_t count = 0;
	char **parts = text_split(a, subject, " ", &count);

	if (count < SUBJECT_PARTS || !text_equal(parts[0], "affiliation"))
		return false;
	*ret = (struct tombstone_affiliation){ parts[1], parts[2], parts[3],
		                               count == SUBJECT_PARTS_MERGED
		                                   ? parts[4]
		                                   : NULL };
	return true;
}

const struct tombstone_affiliation *tombstone_affiliations(struct arena *a,
                                                           const char *person,
                                                           size_t *ret_count)
{
	const json_t *list =
	    js_array(tombstone_of(a, person), "portvaktSubject");
	struct tombstone_affiliation *all =
	    arena_array(a, struct tombstone_affiliation, json_array_size(list));
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		count += tombstone_parse_subject(
		    a, json_string_value(json_array_get(list, i)), &all[count]);
	*ret_count = count;
	return all;
}

/* ---- the desired tombstone */

struct tombstone_build {
	struct arena *arena;
	const struct config *cfg;
	const struct tombstone_facts *facts;
	VECTOR(const char *) subjects;
	json_t *names;
	int64_t names_end; /* 0: no names */
	bool grows;        /* an affiliation is removed now */
};

static void tombstone_add_subject(struct tombstone_build *b,
                                  const char *subject)
{
	struct tombstone_affiliation f;

	if (tombstone_parse_subject(b->arena, subject, &f) &&
	    !json_object_get(b->facts->living, f.id))
		*vector_append(b->arena, &b->subjects) = subject;
}

static void tombstone_add_removed(struct tombstone_build *b,
                                  const json_t *attrs)
{
	const char *before = entry_json_value(attrs, "portvaktPersonBefore");

	released_names_hash(b->arena, b->cfg, attrs, b->names);
	if (!b->facts->join_value || b->cfg->remember_ids <= 0)
		return;
	b->grows = true;
	tombstone_add_subject(
	    b, arena_printf(b->arena, "affiliation %s %s %s%s%s",
	                    entry_json_value(attrs, "portvaktId"),
	                    entry_json_value(attrs, "portvaktMunicipality"),
	                    entry_json_value(attrs, "portvaktKind"),
	                    before ? " " : "", before ?: ""));
}

static void tombstone_keep(struct tombstone_build *b)
{
	const json_t *before = b->facts->before;
	const json_t *subjects = js_array(before, "portvaktSubject");
	const json_t *names = js_array(before, RELEASED_NAME_ATTRIBUTE);

	for (size_t i = 0; i < json_array_size(subjects); i++)
		tombstone_add_subject(
		    b, json_string_value(json_array_get(subjects, i)));
	for (size_t i = 0; i < json_array_size(names); i++)
		if (released_name_end(b->arena, b->cfg,
		                      json_string_value(json_array_get(
					  names, i))) > clock_now())
			(void)json_array_append(b->names,
			                        json_array_get(names, i));
}

static void tombstone_add_municipality(struct tombstone_build *b,
                                       const char *value, size_t part)
{
	size_t count = 0;
	char **parts = text_split(b->arena, value, " ", &count);

	if (count > part)
		*vector_append(b->arena, &b->subjects) =
		    arena_printf(b->arena, "municipality %s", parts[part]);
}

/* By municipality they are found without reading each value. */
static void tombstone_add_municipalities(struct tombstone_build *b)
{
	size_t count = b->subjects.count;

	for (size_t i = 0; i < count; i++)
		tombstone_add_municipality(b, b->subjects.at[i],
		                           SUBJECT_MUNICIPALITY);
	for (size_t i = 0; i < json_array_size(b->names); i++)
		tombstone_add_municipality(
		    b, json_string_value(json_array_get(b->names, i)),
		    NAME_MUNICIPALITY);
}

static void tombstone_set_names(struct tombstone_build *b, json_t *attrs)
{
	size_t count = json_array_size(b->names);
	const char **texts = arena_array(b->arena, const char *, count);

	for (size_t i = 0; i < count; i++) {
		texts[i] = json_string_value(json_array_get(b->names, i));
		int64_t end = released_name_end(b->arena, b->cfg, texts[i]);

		b->names_end = end > b->names_end ? end : b->names_end;
	}
	entry_json_set_values(attrs, RELEASED_NAME_ATTRIBUTE, texts, count);
}

static void tombstone_set_ids(struct tombstone_build *b, json_t *attrs)
{
	const json_t *lists[] = { b->facts->former_ids,
		                  js_array(b->facts->before,
		                           "portvaktFormerId") };
	VECTOR(const char *) ids = { 0 };

	for (size_t k = 0; k < LENGTH(lists); k++)
		for (size_t i = 0; i < json_array_size(lists[k]); i++)
			*vector_append(b->arena, &ids) =
			    json_string_value(json_array_get(lists[k], i));
	entry_json_set(
	    attrs, "portvaktJoin",
	    b->facts->join_value
		?: entry_json_value(b->facts->before, "portvaktJoin"));
	entry_json_set_values(attrs, "portvaktFormerId", ids.at, ids.count);
}

static const char *tombstone_until(struct tombstone_build *b, bool has_ids)
{
	const char *before =
	    entry_json_value(b->facts->before, "portvaktUntil");

	if (!has_ids)
		return clock_format_generalized_time(b->arena, b->names_end);
	return before && !b->grows
	           ? before
	           : clock_format_generalized_time(
			 b->arena, clock_now() + b->cfg->remember_ids);
}

const json_t *tombstone_desired(struct arena *a, const struct config *cfg,
                                const struct tombstone_facts *f)
{
	struct tombstone_build b = {
		.arena = a,
		.cfg = cfg,
		.facts = f,
		.names = js_own(a, json_array()),
	};
	json_t *attrs = js_own(a, json_object());

	tombstone_keep(&b);
	for (size_t i = 0; i < json_array_size(f->removed); i++)
		tombstone_add_removed(&b, json_array_get(f->removed, i));
	bool has_ids = b.subjects.count > 0;
	if (!has_ids && json_array_size(b.names) == 0)
		return NULL;
	tombstone_add_municipalities(&b);
	entry_json_set(attrs, "portvaktId", f->person);
	entry_json_set(attrs, "portvaktVersion", "1");
	entry_json_set_values(attrs, "portvaktSubject", b.subjects.at,
	                      b.subjects.count);
	tombstone_set_names(&b, attrs);
	if (has_ids)
		tombstone_set_ids(&b, attrs);
	entry_json_set(attrs, "portvaktUntil", tombstone_until(&b, has_ids));
	return attrs;
}

/* ---- the cache */

void tombstone_record(struct arena *a, const char *person, const json_t *attrs)
{
	const char *until = entry_json_value(attrs, "portvaktUntil");
	int64_t when = 0;

	state_exec("DELETE FROM tombstones WHERE id = ?1", "t", person);
	released_names_record_hashed(a, person, attrs);
	if (!attrs || !until || !clock_parse_generalized_time(until, &when))
		return;
	state_exec("INSERT INTO tombstones VALUES(?1, ?2, ?3, ?4)", "ttit",
	           person, entry_json_value(attrs, "portvaktJoin"), when,
	           js_dump(a, attrs));
}

static bool tombstone_collect(void *data, const struct directory_entry *e,
                              struct error *err)
{
	struct arena *a = arena_open();
	const char *id = directory_entry_text(e, "portvaktId");

	(void)data, (void)err;
	if (id)
		tombstone_record(
		    a, id, entry_json_from_ldap(a, e, tombstone_attributes));
	arena_close(a);
	return true;
}

bool tombstones_read(const struct config *cfg, struct error *err)
{
	struct arena *a = arena_open();
	char *base = arena_printf(a, "ou=tombstones,ou=decisions,%s",
	                          cfg->catalogue.base);

	state_exec("DELETE FROM released WHERE owner IN"
	           " (SELECT id FROM tombstones)",
	           "");
	state_exec("DELETE FROM tombstones", "");
	bool good = catalogue_for_each(
	    catalogue_writer, cfg, base, SCOPE_ONE_LEVEL,
	    "(objectClass=portvaktTombstone)", tombstone_attributes,
	    tombstone_collect, NULL, err);
	arena_close(a);
	return good;
}

/* ---- the catalogue */

/* What is removed afterwards depends on it, so it is read back. */
static bool tombstone_is_written(const struct config *cfg, struct arena *a,
                                 const struct derived_entry *d,
                                 struct error *err)
{
	struct current_entry now = { .arena = a, .names = d->names };

	if (!current_entry_read(cfg, &now, d->dn, err))
		return false;
	return (now.attrs && json_equal(now.attrs, d->attrs)) ||
	       error_set(err, now.attrs ? ERROR_UNAVAILABLE : ERROR_INVALID,
	                 "%s is not written", d->dn);
}

bool tombstone_write(const struct config *cfg, struct arena *a,
                     const char *person, const json_t *attrs, struct error *err)
{
	const struct derived_entry d = { tombstone_dn(a, cfg, person),
		                         tombstone_classes,
		                         tombstone_attributes, attrs };

	return attrs ? derived_entry_converge(cfg, a, &d, err) &&
	                   tombstone_is_written(cfg, a, &d, err)
	             : derived_entry_remove(cfg, a, d.dn, err);
}

static bool tombstone_replace(const struct config *cfg, struct arena *a,
                              const char *person, const json_t *attrs,
                              struct error *err)
{
	if (!tombstone_write(cfg, a, person, attrs, err))
		return false;
	state_lock();
	tombstone_record(a, person, attrs);
	state_unlock();
	return true;
}

bool tombstones_expire(const struct config *cfg, struct error *err)
{
	struct arena *a = arena_open();
	size_t count = 0;
	bool good = true;

	state_lock();
	char ***rows =
	    state_rows(a, &count, "SELECT id FROM tombstones WHERE until <= ?1",
	               "i", clock_now());
	state_unlock();
	for (size_t i = 0; i < count && good; i++)
		good = tombstone_replace(cfg, a, rows[i][0], NULL, err);
	arena_close(a);
	return good;
}

/* ---- a municipality that leaves */

static bool tombstone_is_about(struct arena *a, const char *value, size_t part,
                               const char *municipality)
{
	size_t count = 0;
	char **parts = text_split(a, value, " ", &count);

	return count > part && text_equal(parts[part], municipality);
}

static json_t *tombstone_values_without(struct arena *a, const json_t *attrs,
                                        const char *name, size_t part,
                                        const char *municipality)
{
	const json_t *list = js_array(attrs, name);
	json_t *kept = js_own(a, json_array());

	for (size_t i = 0; i < json_array_size(list); i++)
		if (!tombstone_is_about(
			a, json_string_value(json_array_get(list, i)), part,
			municipality))
			(void)json_array_append(kept, json_array_get(list, i));
	return kept;
}

/* Returns the tombstone without what is about the municipality, as if it were
 * written now. */
static const json_t *tombstone_without(struct arena *a,
                                       const struct config *cfg,
                                       const char *person, const json_t *attrs,
                                       const char *municipality)
{
	json_t *rest = js_own(a, json_deep_copy(attrs));
	json_t *none = js_own(a, json_object());

	(void)json_object_set(
	    rest, "portvaktSubject",
	    tombstone_values_without(a, attrs, "portvaktSubject",
	                             SUBJECT_MUNICIPALITY, municipality));
	(void)json_object_set(
	    rest, RELEASED_NAME_ATTRIBUTE,
	    tombstone_values_without(a, attrs, RELEASED_NAME_ATTRIBUTE,
	                             NAME_MUNICIPALITY, municipality));
	return tombstone_desired(a, cfg,
	                         &(struct tombstone_facts){ .person = person,
	                                                    .before = rest,
	                                                    .living = none });
}

bool tombstones_purge(const struct config *cfg, const char *municipality,
                      struct error *err)
{
	struct arena *a = arena_open();
	size_t count = 0;
	bool good = true;

	state_lock();
	char ***rows =
	    state_rows(a, &count, "SELECT id, form FROM tombstones", "");
	state_unlock();
	for (size_t i = 0; i < count && good; i++) {
		const json_t *attrs = entry_json_parse(a, rows[i][1]);
		const json_t *rest =
		    tombstone_without(a, cfg, rows[i][0], attrs, municipality);

		if (!rest || !json_equal(rest, attrs))
			good = tombstone_replace(cfg, a, rows[i][0], rest, err);
	}
	arena_close(a);
	return good;
}
