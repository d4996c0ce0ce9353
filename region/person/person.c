/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person.c: converts a person to JSON and back.  One field table serves both
 * directions. */
#include "region/person/person.h"

#include <stddef.h>
#include <string.h>

#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { PERSON_VERSION = 1 };

struct person_field {
	const char *name;
	size_t offset;
};

/* Fields of each type, terminated by a NULL name. */
static const struct person_field person_texts[] = {
	{ "id", offsetof(struct person, id) },
	{ "name", offsetof(struct person, display) },
	{ "given", offsetof(struct person, given) },
	{ "family", offsetof(struct person, family) },
	{ "language", offsetof(struct person, language) },
	{ NULL, 0 },
};
static const struct person_field person_lists[] = {
	{ "former", offsetof(struct person, former_ids) },
	{ NULL, 0 },
};
static const struct person_field affiliation_texts[] = {
	{ "id", offsetof(struct affiliation, id) },
	{ "municipality", offsetof(struct affiliation, municipality) },
	{ "title", offsetof(struct affiliation, title) },
	{ "mail", offsetof(struct affiliation, mail) },
	{ "phone", offsetof(struct affiliation, phone) },
	{ "number", offsetof(struct affiliation, employee_number) },
	{ "login", offsetof(struct affiliation, login) },
	{ "directory", offsetof(struct affiliation, directory) },
	{ "anchor", offsetof(struct affiliation, anchor) },
	{ "before", offsetof(struct affiliation, previous_person_id) },
	{ "doubt", offsetof(struct affiliation, doubt) },
	{ NULL, 0 },
};
static const struct person_field affiliation_lists[] = {
	{ "acts_for", offsetof(struct affiliation, acts_for) },
	{ "units", offsetof(struct affiliation, units) },
	{ "roles", offsetof(struct affiliation, roles) },
	{ "proved_links", offsetof(struct affiliation, proved_links) },
	{ NULL, 0 },
};
static const struct person_field affiliation_times[] = {
	{ "from", offsetof(struct affiliation, from) },
	{ "until", offsetof(struct affiliation, until) },
	{ NULL, 0 },
};

static const char *const lifecycle_status_names[] = {
	[STATUS_ENDED] = "ended",
	[STATUS_SUSPENDED] = "suspended",
	[STATUS_ACTIVE] = "active",
};

/* An unknown value is treated as ended. */
static enum lifecycle_status lifecycle_status_from_name(const char *name)
{
	for (size_t i = 0; i < LENGTH(lifecycle_status_names); i++)
		if (text_equal(lifecycle_status_names[i], name))
			return (enum lifecycle_status)i;
	return STATUS_ENDED;
}

const struct affiliation *person_find_affiliation(const struct person *p,
                                                  const char *id)
{
	for (size_t i = 0; i < p->affiliation_count; i++)
		if (text_equal(p->affiliations[i].id, id))
			return &p->affiliations[i];
	return NULL;
}

static bool person_had_id(const struct person *p, const char *id)
{
	for (size_t i = 0; p->former_ids[i]; i++)
		if (text_equal(p->former_ids[i], id))
			return true;
	return false;
}

const char *person_subject_source_id(const struct person *p,
                                     const struct affiliation *f)
{
	if (!f->previous_person_id)
		return p->id;
	/* The id of a join across municipalities was no person's; a proof ends
	 * it. */
	if (f->proved_links && f->proved_links[0] &&
	    !person_had_id(p, f->previous_person_id))
		return p->id;
	return f->previous_person_id;
}

bool affiliation_is_valid_at(const struct affiliation *f, int64_t now)
{
	if (f->status != STATUS_ACTIVE)
		return false;
	if (f->from != 0 && now < f->from)
		return false;
	return f->until == 0 || now < f->until;
}

bool person_is_pupil_in(const struct person *p, const struct affiliation *f,
                        const char *municipality, int64_t now)
{
	for (size_t i = 0; i < p->affiliation_count; i++)
		if (p->affiliations[i].kind != KIND_PUPIL)
			return false;
	return f && p->status == STATUS_ACTIVE && !p->is_protected &&
	       affiliation_is_valid_at(f, now) &&
	       text_equal(f->municipality, municipality);
}

/* ---- to JSON */

static void person_put_texts(json_t *into, const void *thing,
                             const struct person_field *fields)
{
	for (; fields->name; fields++) {
		const char *value;

		memcpy(&value, (const char *)thing + fields->offset,
		       sizeof(value));
		js_set_string(into, fields->name, value);
	}
}

static void person_put_lists(json_t *into, const void *thing,
                             const struct person_field *fields)
{
	for (; fields->name; fields++) {
		char **values;

		memcpy(&values, (const char *)thing + fields->offset,
		       sizeof(values));
		if (!values || !*values)
			continue;
		json_t *list = json_array();

		for (; *values; values++)
			(void)json_array_append_new(list, json_string(*values));
		(void)json_object_set_new(into, fields->name, list);
	}
}

static void person_put_number(json_t *into, const char *name, int64_t value)
{
	(void)json_object_set_new(into, name, json_integer(value));
}

static void person_put_times(json_t *into, const void *thing,
                             const struct person_field *fields)
{
	for (; fields->name; fields++) {
		int64_t value;

		memcpy(&value, (const char *)thing + fields->offset,
		       sizeof(value));
		if (value != 0)
			person_put_number(into, fields->name, value);
	}
}

static json_t *affiliation_to_json(const struct affiliation *f)
{
	json_t *to = json_object();

	person_put_texts(to, f, affiliation_texts);
	person_put_lists(to, f, affiliation_lists);
	person_put_times(to, f, affiliation_times);
	js_set_string(to, "kind", affiliation_type_name(f->kind));
	js_set_string(to, "status", lifecycle_status_names[f->status]);
	if (f->position >= 0)
		person_put_number(to, "position", f->position);
	return to;
}

json_t *person_to_json(const struct person *p)
{
	json_t *to = json_object(), *list = json_array();

	person_put_number(to, "v", PERSON_VERSION);
	person_put_texts(to, p, person_texts);
	person_put_lists(to, p, person_lists);
	js_set_string(to, "status", lifecycle_status_names[p->status]);
	if (p->is_protected)
		(void)json_object_set_new(to, "protected", json_true());
	for (size_t i = 0; i < p->affiliation_count; i++)
		(void)json_array_append_new(
		    list, affiliation_to_json(&p->affiliations[i]));
	(void)json_object_set_new(to, "affiliations", list);
	return to;
}

/* ---- from JSON */

static void person_read_texts(struct arena *a, const json_t *from, void *thing,
                              const struct person_field *fields)
{
	for (; fields->name; fields++) {
		const char *value =
		    arena_strdup(a, js_string(from, fields->name));

		memcpy((char *)thing + fields->offset, &value, sizeof(value));
	}
}

static char **person_texts_from_json(struct arena *a, const json_t *array)
{
	VECTOR(char *) list = { 0 };
	const char *text;

	for (size_t i = 0; i < json_array_size(array); i++) {
		text = json_string_value(json_array_get(array, i));
		if (text)
			*vector_append(a, &list) = arena_strdup(a, text);
	}
	*vector_append(a, &list) = NULL;
	return list.at;
}

static void person_read_lists(struct arena *a, const json_t *from, void *thing,
                              const struct person_field *fields)
{
	for (; fields->name; fields++) {
		char **values =
		    person_texts_from_json(a, js_array(from, fields->name));

		memcpy((char *)thing + fields->offset, &values, sizeof(values));
	}
}

static void person_read_times(const json_t *from, void *thing,
                              const struct person_field *fields)
{
	for (; fields->name; fields++) {
		int64_t value = js_number(from, fields->name, 0);

		memcpy((char *)thing + fields->offset, &value, sizeof(value));
	}
}

static bool affiliation_from_json(struct arena *a, const json_t *from,
                                  struct affiliation *ret_f, struct error *err)
{
	struct affiliation f = { 0 };
	long long position = js_number(from, "position", -1);

	person_read_texts(a, from, &f, affiliation_texts);
	person_read_lists(a, from, &f, affiliation_lists);
	person_read_times(from, &f, affiliation_times);
	f.kind = affiliation_type_from_name(js_string(from, "kind"));
	f.status = lifecycle_status_from_name(js_string(from, "status"));
	f.position = position >= 0 && position <= 100 ? (int)position : -1;
	if (!f.id || !f.municipality || f.kind == KIND_NONE)
		return error_set(err, ERROR_INVALID,
		                 "affiliation has no id, municipality or kind");
	*ret_f = f;
	return true;
}

static bool affiliations_from_json(struct arena *a, const json_t *array,
                                   struct person *p, struct error *err)
{
	size_t count = json_array_size(array);

	p->affiliations = arena_array(a, struct affiliation, count);
	for (size_t i = 0; i < count; i++)
		if (!affiliation_from_json(a, json_array_get(array, i),
		                           &p->affiliations[i], err))
			return false;
	p->affiliation_count = count;
	return true;
}

bool person_from_json(struct arena *a, const json_t *value,
                      struct person **ret_person, struct error *err)
{
	struct person *p = arena_new(a, struct person);

	if (js_number(value, "v", 0) != PERSON_VERSION)
		return error_set(err, ERROR_INVALID,
		                 "unsupported version of the person record");
	person_read_texts(a, value, p, person_texts);
	person_read_lists(a, value, p, person_lists);
	p->status = lifecycle_status_from_name(js_string(value, "status"));
	/* Any value other than false marks the address as protected. */
	const json_t *is_protected = json_object_get(value, "protected");

	p->is_protected = is_protected && !json_is_false(is_protected);
	if (!p->id)
		return error_set(err, ERROR_INVALID, "person has no id");
	if (!affiliations_from_json(a, js_array(value, "affiliations"), p, err))
		return false;
	*ret_person = p;
	return true;
}

char *person_account_key(struct arena *a, const char *municipality,
                         const char *login)
{
	const char *at = strrchr(login, '@');
	char *local = at ? arena_memdup(a, login, (size_t)(at - login))
	                 : arena_strdup(a, login);

	return arena_printf(a, "%s %s", municipality, name_fold_case(a, local));
}
