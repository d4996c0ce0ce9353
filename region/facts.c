/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_context.c: builds the policy context.  One field table serves both
 * directions of the JSON conversion. */
#include "region/facts.h"

#include <stddef.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static const char *const *list_of(struct arena *a, char **values)
{
	LIST(const char *) list = { 0 };

	for (; values && *values; values++)
		*list_add(a, &list) = *values;
	*list_add(a, &list) = NULL;
	return list.at;
}

static void add_time(struct portvakt_facts *facts, int64_t now)
{
	struct tm t = clock_oslo(now);

	facts->now = now;
	facts->year = t.tm_year + 1900;
	facts->month = t.tm_mon + 1;
	facts->day = t.tm_mday;
	facts->hour = t.tm_hour;
	facts->minute = t.tm_min;
	facts->weekday = t.tm_wday == 0 ? 7 : t.tm_wday;
}

const struct portvakt_facts *facts_of(struct arena *a, const struct region *r,
                                      const struct person *p,
                                      const struct affiliation *f,
                                      const struct circumstance *c)
{
	struct portvakt_facts *facts = arena_new(a, struct portvakt_facts);

	*facts = (struct portvakt_facts){
		.person = or_empty(p->id),
		.affiliation = or_empty(f->id),
		.municipality = or_empty(f->municipality),
		.kind = kind_name(f->kind),
		.units = list_of(a, f->units),
		.roles = list_of(a, f->roles),
		.position = f->position,
		.from = f->from,
		.until = f->until,
		.service = or_empty(c->service),
		.acr = or_empty(c->acr),
		.has_second_factor = c->second_factor,
		.address = or_empty(c->address),
		.networks = networks_of(a, r, c->address, c->listener),
	};
	add_time(facts, c->now);
	return facts;
}

/* ---- JSON */

struct row {
	const char *name;
	size_t offset;
};

#define AT(field)                                              \
	{                                                      \
#field, offsetof(struct portvakt_facts, field) \
	}

static const struct row texts[] = { AT(person),       AT(affiliation),
	                            AT(municipality), AT(kind),
	                            AT(service),      AT(acr),
	                            AT(address) };
static const struct row lists[] = { AT(units), AT(roles), AT(networks) };
static const struct row numbers[] = { AT(position), AT(has_second_factor),
	                              AT(year),     AT(month),
	                              AT(day),      AT(hour),
	                              AT(minute),   AT(weekday) };
static const struct row times[] = { AT(from), AT(until), AT(now) };

static json_t *json_list(const char *const *values)
{
	json_t *list = json_array();

	for (; *values; values++)
		(void)json_array_append_new(list, json_string(*values));
	return list;
}

/* To JSON: one function for each field type. */

static void put_text(json_t *to, const char *name, const void *field)
{
	const char *text;

	memcpy(&text, field, sizeof(text));
	js_put(to, name, text);
}

static void put_list(json_t *to, const char *name, const void *field)
{
	const char *const *values;

	memcpy(&values, field, sizeof(values));
	(void)json_object_set_new(to, name, json_list(values));
}

static void put_number(json_t *to, const char *name, const void *field)
{
	int number;

	memcpy(&number, field, sizeof(number));
	(void)json_object_set_new(to, name, json_integer(number));
}

static void put_time(json_t *to, const char *name, const void *field)
{
	int64_t when;

	memcpy(&when, field, sizeof(when));
	(void)json_object_set_new(to, name, json_integer(when));
}

static void put_rows(json_t *to, const struct portvakt_facts *facts,
                     const struct row *rows, size_t count,
                     void (*put)(json_t *, const char *, const void *))
{
	for (size_t i = 0; i < count; i++)
		put(to, rows[i].name, (const char *)facts + rows[i].offset);
}

json_t *facts_to_json(const struct portvakt_facts *facts)
{
	json_t *to = json_object();

	put_rows(to, facts, texts, LENGTH(texts), put_text);
	put_rows(to, facts, lists, LENGTH(lists), put_list);
	put_rows(to, facts, numbers, LENGTH(numbers), put_number);
	put_rows(to, facts, times, LENGTH(times), put_time);
	return to;
}

/* From JSON. */

static const char *const *texts_of(struct arena *a, const json_t *array)
{
	LIST(const char *) list = { 0 };
	const char *text;

	for (size_t i = 0; i < json_array_size(array); i++) {
		text = json_string_value(json_array_get(array, i));
		if (text)
			*list_add(a, &list) = arena_copy(a, text);
	}
	*list_add(a, &list) = NULL;
	return list.at;
}

static void take_texts(struct arena *a, const json_t *from, char *facts)
{
	for (size_t i = 0; i < LENGTH(texts); i++) {
		const char *text = js_string(from, texts[i].name);

		text = arena_copy(a, or_empty(text));
		memcpy(facts + texts[i].offset, &text, sizeof(text));
	}
}

static void take_lists(struct arena *a, const json_t *from, char *facts)
{
	for (size_t i = 0; i < LENGTH(lists); i++) {
		const char *const *values =
		    texts_of(a, js_array(from, lists[i].name));

		memcpy(facts + lists[i].offset, &values, sizeof(values));
	}
}

static void take_numbers(const json_t *from, char *facts)
{
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		bool position = text_equal(numbers[i].name, "position");
		int number =
		    (int)js_number(from, numbers[i].name, position ? -1 : 0);

		memcpy(facts + numbers[i].offset, &number, sizeof(number));
	}
	for (size_t i = 0; i < LENGTH(times); i++) {
		int64_t when = js_number(from, times[i].name, 0);

		memcpy(facts + times[i].offset, &when, sizeof(when));
	}
}

const struct portvakt_facts *facts_from_json(struct arena *a,
                                             const json_t *from)
{
	struct portvakt_facts *facts = arena_new(a, struct portvakt_facts);

	take_texts(a, from, (char *)facts);
	take_lists(a, from, (char *)facts);
	take_numbers(from, (char *)facts);
	return facts;
}

static const char *const verdicts[] = {
	[PORTVAKT_DENY] = "deny",
	[PORTVAKT_PERMIT] = "permit",
	[PORTVAKT_STEP_UP] = "step-up",
	[PORTVAKT_ERROR] = "error",
};

const char *verdict_name(enum portvakt_verdict v)
{
	return (size_t)v < LENGTH(verdicts) ? verdicts[v] : "error";
}

enum portvakt_verdict verdict_from(const char *name)
{
	for (size_t i = 0; i < LENGTH(verdicts); i++)
		if (text_equal(verdicts[i], name))
			return (enum portvakt_verdict)i;
	return PORTVAKT_ERROR;
}
