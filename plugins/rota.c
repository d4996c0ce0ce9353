/* SPDX-License-Identifier: MIT
 * rota.c: a plugin with a table of columns: `rota on GROUP`, the affiliation
 *has duty now by the municipality's rota, a CSV file:
 *
 *	group,affiliation,from,until
 *	water,1c6ceaab-a16f-4b1e-bc09-a2f4b57235d1,2026-12-01T16:00,2026-12-02T08:00
 *
 * The columns are found by their names, so that others can stand between them.
 * Times are local; `until` is the first minute after the duty. */
#include "plugins/portvakt-plugin.h"

#include <stdio.h>
#include <string.h>

enum { MAX_DUTIES = 4000, MAX_COLUMNS = 16, MAX_FIELD = 64 };

enum rota_column { GROUP = 0, AFFILIATION, FROM, UNTIL, COLUMNS };

static const char *const column_names[COLUMNS] = { "group", "affiliation",
	                                           "from", "until" };

/* Filled before the first request and constant afterwards. */
static struct duty {
	char fields[COLUMNS][MAX_FIELD];
} duties[MAX_DUTIES];
static size_t duty_count;

/* ---- the table */

struct rota_line {
	const char *at;
	size_t length;
	int number;
};

/* Returns a sentence with the line's number. */
static const char *rota_error(const struct rota_line *line, const char *what)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "line %d: %s", line->number, what);
	return text;
}

/* Copies the field with this number, from 0; returns whether there is one and
 * it fits. */
static int rota_field(const struct rota_line *line, size_t number,
                      char ret[MAX_FIELD])
{
	const char *at = line->at, *end = line->at + line->length, *comma;

	for (; number > 0; number--) {
		comma = memchr(at, ',', (size_t)(end - at));
		if (!comma)
			return 0;
		at = comma + 1;
	}
	comma = memchr(at, ',', (size_t)(end - at));
	size_t length = (size_t)((comma ? comma : end) - at);

	if (length >= MAX_FIELD)
		return 0;
	memcpy(ret, at, length);
	ret[length] = '\0';
	return 1;
}

/* Sets the number of each column. */
static const char *rota_read_head(const struct rota_line *line,
                                  size_t ret_columns[COLUMNS])
{
	char name[MAX_FIELD];

	for (int c = 0; c < COLUMNS; c++) {
		size_t i = 0;

		while (i < MAX_COLUMNS && rota_field(line, i, name) &&
		       strcmp(name, column_names[c]) != 0)
			i++;
		if (i == MAX_COLUMNS || !rota_field(line, i, name))
			return rota_error(line, "the columns are group, "
			                        "affiliation, from and until");
		ret_columns[c] = i;
	}
	return NULL;
}

/* "2026-12-01T16:00": such texts are in the order of their times. */
static int rota_is_time(const char *text)
{
	static const char form[] = "0000-00-00T00:00";

	if (strlen(text) != sizeof(form) - 1)
		return 0;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9'
		                   : text[i] != form[i])
			return 0;
	return 1;
}

static const char *rota_read_duty(const struct rota_line *line,
                                  const size_t columns[COLUMNS])
{
	struct duty *to = &duties[duty_count];

	if (duty_count == MAX_DUTIES)
		return rota_error(line, "there are more than 4000 duties");
	if (memchr(line->at, '"', line->length))
		return rota_error(line, "fields have no quotes");
	for (int c = 0; c < COLUMNS; c++)
		if (!rota_field(line, columns[c], to->fields[c]) ||
		    to->fields[c][0] == '\0')
			return rota_error(line, "a field is missing or longer "
			                        "than 63 characters");
	if (!rota_is_time(to->fields[FROM]) || !rota_is_time(to->fields[UNTIL]))
		return rota_error(line, "a time is YYYY-MM-DDTHH:MM");
	if (strcmp(to->fields[FROM], to->fields[UNTIL]) >= 0)
		return rota_error(line, "from is not before until");
	duty_count++;
	return NULL;
}

/* Without a table no one has duty, so it is an error. */
static const char *rota_prepare(const struct portvakt_data *data)
{
	struct rota_line line = { .at = data->bytes, .number = 1 };
	size_t columns[COLUMNS];
	const char *error = NULL;

	if (data->size == 0)
		return "the rota is missing; name it with data FILE";
	for (; !error && *line.at; line.number++) {
		size_t end = strcspn(line.at, "\n");

		line.length =
		    end > 0 && line.at[end - 1] == '\r' ? end - 1 : end;
		if (line.number == 1)
			error = rota_read_head(&line, columns);
		else if (line.length > 0)
			error = rota_read_duty(&line, columns);
		line.at += end + (line.at[end] == '\n');
	}
	return error;
}

/* ---- the condition */

/* A group that is not in the rota is a mistake in the rule. */
static size_t rota_validate(size_t count, const char *const *arguments,
                            const char **ret_expected)
{
	*ret_expected = "on GROUP";
	if (count == 0 || strcmp(arguments[0], "on") != 0)
		return 1;
	if (count != 2)
		return count < 2 ? 2 : 3;
	*ret_expected = "a group of the rota";
	for (size_t i = 0; i < duty_count; i++)
		if (strcmp(duties[i].fields[GROUP], arguments[1]) == 0)
			return 0;
	return 2;
}

static enum portvakt_verdict rota_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	char now[sizeof("-2147483648") * 5];

	(void)count;
	(void)snprintf(now, sizeof(now), "%04d-%02d-%02dT%02d:%02d",
	               context->year, context->month, context->day,
	               context->hour, context->minute);
	for (size_t i = 0; i < duty_count; i++) {
		const struct duty *d = &duties[i];

		if (strcmp(d->fields[GROUP], arguments[1]) == 0 &&
		    strcmp(d->fields[AFFILIATION], context->affiliation) == 0 &&
		    strcmp(d->fields[FROM], now) <= 0 &&
		    strcmp(now, d->fields[UNTIL]) < 0)
			return PORTVAKT_PERMIT;
	}
	return PORTVAKT_DENY;
}

static const char *rota_self_test(void)
{
	return rota_is_time("2026-12-01T16:00") &&
	               !rota_is_time("2026-12-01 16:00")
	           ? NULL
	           : "a time is not recognised";
}

static const struct portvakt_condition conditions[] = {
	{ .name = "rota",
	  .description = "on GROUP: the affiliation has duty now, by the rota.",
	  .validate = rota_validate,
	  .evaluate = rota_evaluate,
	  .reason = "hours" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_2,
	.name = "rota",
	.conditions = conditions,
	.prepare_data = rota_prepare,
	.self_test = rota_self_test,
	.release = "1",
};
