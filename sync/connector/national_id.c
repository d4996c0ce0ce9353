/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id.c: validates Norwegian national identity numbers and D-numbers
 * (Skatteetaten), H-, FH- and DUF-numbers, because a wrong number would join
 * two people. */
#include "sync/connector/national_id.h"

#include <string.h>

#include "lib/strbuf.h"

enum { DIGITS = 11, DUF_DIGITS = 12, CHECK_MODULUS = 11 };

static int weighted_remainder(const char *number, const int *weights,
                              size_t count)
{
	int sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += weights[i] * (number[i] - '0');
	return sum % CHECK_MODULUS;
}

/* Skatteetaten: from 2032 a remainder of 0 to 3 is valid for the first check
 * digit. */
static bool check_digits_are_valid(const char *number, int64_t now)
{
	static const int first[] = { 3, 7, 6, 1, 8, 9, 4, 5, 2, 1 };
	static const int second[] = { 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1 };
	const int64_t in_2032 = 1956524400;
	int max_remainder = now >= in_2032 ? 3 : 0;

	return weighted_remainder(number, first, LENGTH(first)) <=
	           max_remainder &&
	       weighted_remainder(number, second, LENGTH(second)) == 0;
}

static int two_digits_at(const char *at)
{
	return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool is_day_and_month(int day, int month)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30,
		                    31, 31, 30, 31, 30, 31 };

	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

bool national_id_is_valid(const char *number, bool synthetic, int64_t now)
{
	if (strlen(number) != DIGITS || strspn(number, "0123456789") != DIGITS)
		return false;
	int day = two_digits_at(number);
	int month = two_digits_at(number + 2) - (synthetic ? 80 : 0);

	return is_day_and_month(day > 40 ? day - 40 : day, month) &&
	       check_digits_are_valid(number, now);
}

/* H-number: month raised by 40.  FH-number: first digit 8 or 9. */
static bool is_health_number(const char *number, int64_t now)
{
	int day = two_digits_at(number);
	int month = two_digits_at(number + 2) - 40;

	return (number[0] >= '8' || is_day_and_month(day, month)) &&
	       check_digits_are_valid(number, now);
}

/* DUF-number (Utlendingsdirektoratet): year, six digits, two check digits. */
static bool is_duf_number(const char *number)
{
	static const int weights[] = { 4, 6, 3, 2, 4, 6, 3, 2, 7, 5 };

	return (text_starts(number, "19") || text_starts(number, "20")) &&
	       weighted_remainder(number, weights, LENGTH(weights)) ==
	           two_digits_at(number + 10);
}

bool national_id_is_auxiliary(const char *number, int64_t now)
{
	size_t length = strlen(number);

	if (strspn(number, "0123456789") != length)
		return false;
	return (length == DIGITS && is_health_number(number, now)) ||
	       (length == DUF_DIGITS && is_duf_number(number));
}

/* Returns the length of the separator at the start of text; 0: none. */
static size_t separator_length(const char *text)
{
	/* UTF-8, from and to: no-break space, soft hyphen; spaces, invisible
	 * marks, hyphens and dashes; line and bidi marks, narrow no-break
	 * space; medium space, word joiner; minus; ideographic space; BOM. */
	static const char *const ranges[][2] = {
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\xc2\xad", "\xc2\xad" },
		{ "\xe2\x80\x80", "\xe2\x80\x95" },
		{ "\xe2\x80\xa8", "\xe2\x80\xaf" },
		{ "\xe2\x81\x9f", "\xe2\x81\xa4" },
		{ "\xe2\x88\x92", "\xe2\x88\x92" },
		{ "\xe3\x80\x80", "\xe3\x80\x80" },
		{ "\xef\xbb\xbf", "\xef\xbb\xbf" },
	};

	if (strchr(" \t\r\n-./,_", *text))
		return 1;
	for (size_t i = 0; i < LENGTH(ranges); i++) {
		size_t length = strlen(ranges[i][0]);

		if (strncmp(text, ranges[i][0], length) >= 0 &&
		    strncmp(text, ranges[i][1], length) <= 0)
			return length;
	}
	return 0;
}

char *national_id_strip_separators(struct arena *a, const char *number)
{
	struct strbuf plain = strbuf_init(a);

	while (number && *number) {
		size_t length = separator_length(number);

		if (length == 0)
			strbuf_append_bytes(&plain, number, 1);
		number += length > 0 ? length : 1;
	}
	return number ? plain.data : NULL;
}

bool national_id_accepts_synthetic(const struct config *cfg)
{
	static const char *const reserved_domains[] = { ".example", ".test",
		                                        ".localhost" };
	size_t length = strcspn(cfg->login_host, ":");
	struct arena *a = arena_open();
	const char *host = arena_memdup(a, cfg->login_host, length);
	bool synthetic = false;

	for (size_t i = 0; i < LENGTH(reserved_domains); i++)
		synthetic |= text_ends(host, reserved_domains[i]);
	arena_close(a);
	return synthetic;
}
