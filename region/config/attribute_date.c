/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_date.c: converts the dates of source directories. */
#include "region/config/attribute_date.h"

#include <ctype.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/ad_values.h"

enum { YEAR, MONTH, DAY, PARTS };

struct date_format {
	const char *name;
	char separator; /* NUL: none; each part has all its digits */
	int order[PARTS];
	bool (*convert)(struct arena *a, const struct date_format *f,
	                const char *text, const char **ret);
};

/* Reads a part of min to max digits.  Returns the rest, or NULL. */
static const char *date_read_part(const char *text, int min, int max, int *ret)
{
	int value = 0, digits = 0;

	for (; digits < max && isdigit((unsigned char)*text); text++, digits++)
		value = value * 10 + (*text - '0');
	*ret = value;
	return digits >= min ? text : NULL;
}

static const char *date_read_parts(const struct date_format *f,
                                   const char *text, int parts[PARTS])
{
	for (int i = 0; i < PARTS && text; i++) {
		bool year = f->order[i] == YEAR;

		if (i > 0 && f->separator && *text++ != f->separator)
			return NULL;
		text = date_read_part(text,
		                      year           ? 4
		                      : f->separator ? 1
		                                     : 2,
		                      year ? 4 : 2, &parts[f->order[i]]);
	}
	return text;
}

static bool date_is_midnight(const char *rest)
{
	static const char *const texts[] = { "", " 00:00", " 00:00:00",
		                             "T00:00", "T00:00:00" };

	for (size_t i = 0; i < LENGTH(texts); i++)
		if (text_equal(rest, texts[i]))
			return true;
	return false;
}

static bool date_from_calendar(struct arena *a, const struct date_format *f,
                               const char *text, const char **ret)
{
	int parts[PARTS] = { 0 };
	int64_t when = 0;
	const char *rest = date_read_parts(f, text, parts);

	if (!rest || !date_is_midnight(rest))
		return false;
	char *date = arena_printf(a, "%04d-%02d-%02d", parts[YEAR],
	                          parts[MONTH], parts[DAY]);
	if (!clock_parse_date(date, false, &when))
		return false;
	*ret = date;
	return true;
}

static bool date_from_unix(struct arena *a, const struct date_format *f,
                           const char *text, const char **ret)
{
	static const long long year_10000 = 253402300800;
	long long when = 0;

	(void)f;
	if (!text_to_number(text, 0, year_10000 - 1, &when))
		return false;
	*ret = clock_format_generalized_time(a, when);
	return true;
}

static bool date_from_filetime(struct arena *a, const struct date_format *f,
                               const char *text, const char **ret)
{
	int64_t when = 0;
	enum ad_time time = ad_parse_filetime(text, &when);

	(void)f;
	if (time == AD_TIME_UNREADABLE)
		return false;
	*ret = time == AD_TIME_NEVER ? NULL
	                             : clock_format_generalized_time(a, when);
	return true;
}

static const struct date_format formats[] = {
	{ "dd.mm.yyyy", '.', { DAY, MONTH, YEAR }, date_from_calendar },
	{ "dd/mm/yyyy", '/', { DAY, MONTH, YEAR }, date_from_calendar },
	{ "dd-mm-yyyy", '-', { DAY, MONTH, YEAR }, date_from_calendar },
	{ "mm/dd/yyyy", '/', { MONTH, DAY, YEAR }, date_from_calendar },
	{ "yyyy-mm-dd", '-', { YEAR, MONTH, DAY }, date_from_calendar },
	{ "yyyymmdd", '\0', { YEAR, MONTH, DAY }, date_from_calendar },
	{ "unix", '\0', { 0 }, date_from_unix },
	{ "filetime", '\0', { 0 }, date_from_filetime },
};

static const struct date_format *date_format_find(const char *name)
{
	for (size_t i = 0; i < LENGTH(formats); i++)
		if (text_equal(formats[i].name, name))
			return &formats[i];
	return NULL;
}

const char *attribute_date_format(const char *name)
{
	const struct date_format *f = date_format_find(name);

	return f ? f->name : NULL;
}

bool attribute_date_convert(struct arena *a, const char *format,
                            const char *text, const char **ret)
{
	const struct date_format *f = date_format_find(format);

	return f && f->convert(a, f, text, ret);
}
