/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_context.c: builds the policy context.  One field table serves both
 * directions of the JSON conversion. */
#include "region/policy/policy_context.h"

#include <stddef.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static const char *const *policy_context_list(struct arena *a, char **values)
{
	VECTOR(const char *) list = { 0 };

	for (; values && *values; values++)
		*vector_append(a, &list) = *values;
	*vector_append(a, &list) = NULL;
	return list.at;
}

void policy_context_set_time(struct portvakt_context *facts, int64_t now)
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

const struct portvakt_context *policy_context_create(
    struct arena *a, const struct config *cfg, const struct person *p,
    const struct affiliation *f, const struct policy_request *c)
{
	struct portvakt_context *facts = arena_new(a, struct portvakt_context);
	const struct service *service = config_service(cfg, c->service);

	*facts = (struct portvakt_context){
		.person = text_or_empty(p->id),
		.affiliation = text_or_empty(f->id),
		.municipality = text_or_empty(f->municipality),
		.kind = affiliation_type_name(f->kind),
		.units = policy_context_list(a, f->units),
		.roles = policy_context_list(a, f->roles),
		.position = f->position,
		.valid_from = f->from,
		.valid_until = f->until,
		.service = text_or_empty(c->service),
		.acr = text_or_empty(c->acr),
		.has_second_factor = c->second_factor,
		.address = text_or_empty(c->address),
		.networks = networks_containing(
		    a, cfg, config_municipality(cfg, f->municipality),
		    c->address, c->listener),
		.service_networks =
		    policy_context_list(a, service ? service->networks : NULL),
		.service_units =
		    policy_context_list(a, service ? service->units : NULL),
	};
	policy_context_set_time(facts, c->now);
	return facts;
}

/* ---- JSON */

struct context_field {
	const char *name;
	size_t offset;
};

#define AT(field)                                                \
	{                                                        \
#field, offsetof(struct portvakt_context, field) \
	}

static const struct context_field context_texts[] = {
	AT(person),  AT(affiliation), AT(municipality), AT(kind),
	AT(service), AT(acr),         AT(address)
};
static const struct context_field context_lists[] = { AT(units), AT(roles),
	                                              AT(networks),
	                                              AT(service_networks),
	                                              AT(service_units) };
static const struct context_field context_numbers[] = {
	AT(position), AT(has_second_factor),
	AT(year),     AT(month),
	AT(day),      AT(hour),
	AT(minute),   AT(weekday)
};
static const struct context_field context_times[] = { AT(valid_from),
	                                              AT(valid_until),
	                                              AT(now) };

static json_t *context_list_to_json(const char *const *values)
{
	json_t *list = json_array();

	for (; *values; values++)
		(void)json_array_append_new(list, json_string(*values));
	return list;
}

/* To JSON: one function for each field type. */

static void context_put_text(json_t *to, const char *name, const void *field)
{
	const char *text;

	memcpy(&text, field, sizeof(text));
	js_set_string(to, name, text);
}

static void context_put_list(json_t *to, const char *name, const void *field)
{
	const char *const *values;

	memcpy(&values, field, sizeof(values));
	(void)json_object_set_new(to, name, context_list_to_json(values));
}

static void context_put_number(json_t *to, const char *name, const void *field)
{
	int number;

	memcpy(&number, field, sizeof(number));
	(void)json_object_set_new(to, name, json_integer(number));
}

static void context_put_time(json_t *to, const char *name, const void *field)
{
	int64_t when;

	memcpy(&when, field, sizeof(when));
	(void)json_object_set_new(to, name, json_integer(when));
}

static void context_put_fields(json_t *to, const struct portvakt_context *facts,
                               const struct context_field *fields, size_t count,
                               void (*put)(json_t *, const char *,
                                           const void *))
{
	for (size_t i = 0; i < count; i++)
		put(to, fields[i].name, (const char *)facts + fields[i].offset);
}

json_t *policy_context_to_json(const struct portvakt_context *facts)
{
	json_t *to = json_object();

	context_put_fields(to, facts, context_texts, LENGTH(context_texts),
	                   context_put_text);
	context_put_fields(to, facts, context_lists, LENGTH(context_lists),
	                   context_put_list);
	context_put_fields(to, facts, context_numbers, LENGTH(context_numbers),
	                   context_put_number);
	context_put_fields(to, facts, context_times, LENGTH(context_times),
	                   context_put_time);
	return to;
}

/* From JSON. */

static const char *const *context_texts_from_json(struct arena *a,
                                                  const json_t *array)
{
	VECTOR(const char *) list = { 0 };
	const char *text;

	for (size_t i = 0; i < json_array_size(array); i++) {
		text = json_string_value(json_array_get(array, i));
		if (text)
			*vector_append(a, &list) = arena_strdup(a, text);
	}
	*vector_append(a, &list) = NULL;
	return list.at;
}

static void context_read_texts(struct arena *a, const json_t *from, char *facts)
{
	for (size_t i = 0; i < LENGTH(context_texts); i++) {
		const char *text = js_string(from, context_texts[i].name);

		text = arena_strdup(a, text_or_empty(text));
		memcpy(facts + context_texts[i].offset, &text, sizeof(text));
	}
}

static void context_read_lists(struct arena *a, const json_t *from, char *facts)
{
	for (size_t i = 0; i < LENGTH(context_lists); i++) {
		const char *const *values = context_texts_from_json(
		    a, js_array(from, context_lists[i].name));

		memcpy(facts + context_lists[i].offset, &values,
		       sizeof(values));
	}
}

static void context_read_numbers(const json_t *from, char *facts)
{
	for (size_t i = 0; i < LENGTH(context_numbers); i++) {
		bool position = text_equal(context_numbers[i].name, "position");
		int number = (int)js_number(from, context_numbers[i].name,
		                            position ? -1 : 0);

		memcpy(facts + context_numbers[i].offset, &number,
		       sizeof(number));
	}
	for (size_t i = 0; i < LENGTH(context_times); i++) {
		int64_t when = js_number(from, context_times[i].name, 0);

		memcpy(facts + context_times[i].offset, &when, sizeof(when));
	}
}

const struct portvakt_context *policy_context_from_json(struct arena *a,
                                                        const json_t *from)
{
	struct portvakt_context *facts = arena_new(a, struct portvakt_context);

	context_read_texts(a, from, (char *)facts);
	context_read_lists(a, from, (char *)facts);
	context_read_numbers(from, (char *)facts);
	return facts;
}

static const enum ipc_verdict ipc_verdicts[] = {
	[PORTVAKT_DENY] = IPC_VERDICT_DENY,
	[PORTVAKT_PERMIT] = IPC_VERDICT_PERMIT,
	[PORTVAKT_STEP_UP] = IPC_VERDICT_STEP_UP,
	[PORTVAKT_ERROR] = IPC_VERDICT_ERROR,
};

enum ipc_verdict plugin_verdict_to_ipc(enum portvakt_verdict v)
{
	return (size_t)v < LENGTH(ipc_verdicts) ? ipc_verdicts[v]
	                                        : IPC_VERDICT_ERROR;
}

enum portvakt_verdict plugin_verdict_from_ipc(enum ipc_verdict v)
{
	for (size_t i = 0; i < LENGTH(ipc_verdicts); i++)
		if (ipc_verdicts[i] == v)
			return (enum portvakt_verdict)i;
	return PORTVAKT_ERROR;
}

const char *plugin_verdict_name(enum portvakt_verdict v)
{
	return ipc_verdict_name(plugin_verdict_to_ipc(v));
}
