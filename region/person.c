/* SPDX-License-Identifier: AGPL-3.0-or-later
 * person.c: converts a person to JSON and back.  One field table serves both
 * directions. */
#include "region/person.h"

#include <stddef.h>
#include <string.h>

#include "lib/list.h"
#include "lib/text.h"

enum { PERSON_VERSION = 1 };

struct row {
	const char *name;
	size_t offset;
};

/* Fields of each type, terminated by a NULL name. */
static const struct row person_texts[] = {
	{ "id", offsetof(struct person, id) },
	{ "name", offsetof(struct person, display) },
	{ "given", offsetof(struct person, given) },
	{ "family", offsetof(struct person, family) },
	{ "language", offsetof(struct person, language) },
	{ NULL, 0 },
};
static const struct row person_lists[] = {
	{ "former", offsetof(struct person, former_ids) },
	{ NULL, 0 },
};
static const struct row affiliation_texts[] = {
	{ "id", offsetof(struct affiliation, id) },
	{ "municipality", offsetof(struct affiliation, municipality) },
	{ "title", offsetof(struct affiliation, title) },
	{ "mail", offsetof(struct affiliation, mail) },
	{ "phone", offsetof(struct affiliation, phone) },
	{ "number", offsetof(struct affiliation, employee_number) },
	{ "login", offsetof(struct affiliation, login) },
	{ "directory", offsetof(struct affiliation, directory) },
	{ "anchor", offsetof(struct affiliation, anchor) },
	{ "before", offsetof(struct affiliation, person_before) },
	{ NULL, 0 },
};
static const struct row affiliation_lists[] = {
	{ "acts_for", offsetof(struct affiliation, acts_for) },
	{ "units", offsetof(struct affiliation, units) },
	{ "roles", offsetof(struct affiliation, roles) },
	{ NULL, 0 },
};
static const struct row affiliation_times[] = {
	{ "from", offsetof(struct affiliation, from) },
	{ "until", offsetof(struct affiliation, until) },
	{ NULL, 0 },
};

static const char *const statuses[] = {
	[STATUS_ENDED] = "ended",
	[STATUS_SUSPENDED] = "suspended",
	[STATUS_ACTIVE] = "active",
};

/* An unknown value is treated as ended. */
static enum status status_from(const char *name)
{
	for (size_t i = 0; i < LENGTH(statuses); i++)
		if (text_equal(statuses[i], name))
			return (enum status)i;
	return STATUS_ENDED;
}

const struct affiliation *person_affiliation(const struct person *p,
                                             const char *id)
{
	for (size_t i = 0; i < p->affiliation_count; i++)
		if (text_equal(p->affiliations[i].id, id))
			return &p->affiliations[i];
	return NULL;
}

const char *person_known_as(const struct person *p, const struct affiliation *f)
{
	return f->person_before ? f->person_before : p->id;
}

bool affiliation_counts(const struct affiliation *f, int64_t now)
{
	if (f->status != STATUS_ACTIVE)
		return false;
	if (f->from != 0 && now < f->from)
		return false;
	return f->until == 0 || now < f->until;
}

bool person_is_taught(const struct person *p, const struct affiliation *f,
                      const char *municipality, int64_t now)
{
	for (size_t i = 0; i < p->affiliation_count; i++)
		if (p->affiliations[i].kind != KIND_PUPIL)
			return false;
	return f && p->status == STATUS_ACTIVE && !p->is_protected &&
	       affiliation_counts(f, now) &&
	       text_equal(f->municipality, municipality);
}

/* ---- to JSON */

static void put_texts(json_t *into, const void *thing, const struct row *rows)
{
	for (; rows->name; rows++) {
		const char *value;

		memcpy(&value, (const char *)thing + rows->offset,
		       sizeof(value));
		js_put(into, rows->name, value);
	}
}

static void put_lists(json_t *into, const void *thing, const struct row *rows)
{
	for (; rows->name; rows++) {
		char **values;

		memcpy(&values, (const char *)thing + rows->offset,
		       sizeof(values));
		if (!values || !*values)
			continue;
		json_t *list = json_array();

		for (; *values; values++)
			(void)json_array_append_new(list, json_string(*values));
		(void)json_object_set_new(into, rows->name, list);
	}
}

static void put_number(json_t *into, const char *name, int64_t value)
{
	(void)json_object_set_new(into, name, json_integer(value));
}

static void put_times(json_t *into, const void *thing, const struct row *rows)
{
	for (; rows->name; rows++) {
		int64_t value;

		memcpy(&value, (const char *)thing + rows->offset,
		       sizeof(value));
		if (value != 0)
			put_number(into, rows->name, value);
	}
}

static json_t *affiliation_to_json(const struct affiliation *f)
{
	json_t *to = json_object();

	put_texts(to, f, affiliation_texts);
	put_lists(to, f, affiliation_lists);
	put_times(to, f, affiliation_times);
	js_put(to, "kind", kind_name(f->kind));
	js_put(to, "status", statuses[f->status]);
	if (f->position >= 0)
		put_number(to, "position", f->position);
	return to;
}

json_t *person_to_json(const struct person *p)
{
	json_t *to = json_object(), *list = json_array();

	put_number(to, "v", PERSON_VERSION);
	put_texts(to, p, person_texts);
	put_lists(to, p, person_lists);
	js_put(to, "status", statuses[p->status]);
	if (p->is_protected)
		(void)json_object_set_new(to, "protected", json_true());
	for (size_t i = 0; i < p->affiliation_count; i++)
		(void)json_array_append_new(
		    list, affiliation_to_json(&p->affiliations[i]));
	(void)json_object_set_new(to, "affiliations", list);
	return to;
}

/* ---- from JSON */

static void take_texts(struct arena *a, const json_t *from, void *thing,
                       const struct row *rows)
{
	for (; rows->name; rows++) {
		const char *value = arena_copy(a, js_string(from, rows->name));

		memcpy((char *)thing + rows->offset, &value, sizeof(value));
	}
}

static char **texts_of(struct arena *a, const json_t *array)
{
	LIST(char *) list = { 0 };
	const char *text;

	for (size_t i = 0; i < json_array_size(array); i++) {
		text = json_string_value(json_array_get(array, i));
		if (text)
			*list_add(a, &list) = arena_copy(a, text);
	}
	*list_add(a, &list) = NULL;
	return list.at;
}

static void take_lists(struct arena *a, const json_t *from, void *thing,
                       const struct row *rows)
{
	for (; rows->name; rows++) {
		char **values = texts_of(a, js_array(from, rows->name));

		memcpy((char *)thing + rows->offset, &values, sizeof(values));
	}
}

static void take_times(const json_t *from, void *thing, const struct row *rows)
{
	for (; rows->name; rows++) {
		int64_t value = js_number(from, rows->name, 0);

		memcpy((char *)thing + rows->offset, &value, sizeof(value));
	}
}

static bool take_affiliation(struct arena *a, const json_t *from,
                             struct affiliation *ret_f, struct fault *why)
{
	struct affiliation f = { 0 };
	long long position = js_number(from, "position", -1);

	take_texts(a, from, &f, affiliation_texts);
	take_lists(a, from, &f, affiliation_lists);
	take_times(from, &f, affiliation_times);
	f.kind = kind_from(js_string(from, "kind"));
	f.status = status_from(js_string(from, "status"));
	f.position = position >= 0 && position <= 100 ? (int)position : -1;
	if (!f.id || !f.municipality || f.kind == KIND_NONE)
		return fault(why, FAULT_INVALID,
		             "an affiliation lacks id, municipality or kind");
	*ret_f = f;
	return true;
}

static bool take_affiliations(struct arena *a, const json_t *array,
                              struct person *p, struct fault *why)
{
	size_t count = json_array_size(array);

	p->affiliations = arena_array(a, struct affiliation, count);
	for (size_t i = 0; i < count; i++)
		if (!take_affiliation(a, json_array_get(array, i),
		                      &p->affiliations[i], why))
			return false;
	p->affiliation_count = count;
	return true;
}

bool person_from_json(struct arena *a, const json_t *value,
                      struct person **ret_person, struct fault *why)
{
	struct person *p = arena_new(a, struct person);

	if (js_number(value, "v", 0) != PERSON_VERSION)
		return fault(why, FAULT_INVALID,
		             "a person of a version nobody here can read");
	take_texts(a, value, p, person_texts);
	take_lists(a, value, p, person_lists);
	p->status = status_from(js_string(value, "status"));
	/* Any value other than false marks the address as protected. */
	const json_t *is_protected = json_object_get(value, "protected");

	p->is_protected = is_protected && !json_is_false(is_protected);
	if (!p->id)
		return fault(why, FAULT_INVALID, "a person without an id");
	if (!take_affiliations(a, js_array(value, "affiliations"), p, why))
		return false;
	*ret_person = p;
	return true;
}
