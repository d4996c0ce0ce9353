/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id.c: validates Norwegian national identity numbers and D-numbers
 * (Skatteetaten), H-, FH- and DUF-numbers.  Checked at the source, as a wrong
 * number would join two people. */
#include <string.h>

#include "lib/text.h"
#include "sync/reader/reader.h"

enum { DIGITS = 11, DIGITS_OF_DUF = 12, MODULUS = 11 };

static int weighted(const char *number, const int *weights, size_t count)
{
	int sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += weights[i] * (number[i] - '0');
	return sum % MODULUS;
}

/* Skatteetaten: from 2032 the first check digit may leave a remainder of 0 to
 * 3. */
static bool checks(const char *number, int64_t now)
{
	static const int first[] = { 3, 7, 6, 1, 8, 9, 4, 5, 2, 1 };
	static const int second[] = { 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1 };
	const int64_t in_2032 = 1956524400;
	int most = now >= in_2032 ? 3 : 0;

	return weighted(number, first, LENGTH(first)) <= most &&
	       weighted(number, second, LENGTH(second)) == 0;
}

static int two(const char *at)
{
	return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool is_date(int day, int month)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30,
		                    31, 31, 30, 31, 30, 31 };

	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

bool national_is_valid(const char *number, bool synthetic, int64_t now)
{
	if (strlen(number) != DIGITS || strspn(number, "0123456789") != DIGITS)
		return false;
	int day = two(number);
	int month = two(number + 2) - (synthetic ? 80 : 0);

	return is_date(day > 40 ? day - 40 : day, month) && checks(number, now);
}

/* H-number: month raised by 40.  FH-number: first digit 8 or 9. */
static bool is_of_health(const char *number, int64_t now)
{
	int day = two(number);
	int month = two(number + 2) - 40;

	return (number[0] >= '8' || is_date(day, month)) && checks(number, now);
}

/* DUF-number (Utlendingsdirektoratet): year, six digits, two check digits. */
static bool is_duf(const char *number)
{
	static const int weights[] = { 4, 6, 3, 2, 4, 6, 3, 2, 7, 5 };

	return (text_starts(number, "19") || text_starts(number, "20")) &&
	       weighted(number, weights, LENGTH(weights)) == two(number + 10);
}

bool national_is_local(const char *number, int64_t now)
{
	size_t length = strlen(number);

	if (strspn(number, "0123456789") != length)
		return false;
	return (length == DIGITS && is_of_health(number, now)) ||
	       (length == DIGITS_OF_DUF && is_duf(number));
}

char *national_plain(struct arena *a, const char *said)
{
	struct text plain = text_in(a);

	for (; said && *said; said++)
		if (*said != ' ')
			text_add_bytes(&plain, said, 1);
	return said ? plain.at : NULL;
}

bool national_is_synthetic_in(const struct region *r)
{
	static const char *const never_real[] = { ".example", ".test",
		                                  ".localhost" };
	size_t length = strcspn(r->login_host, ":");
	struct arena *a = arena_open();
	const char *host = arena_bytes(a, r->login_host, length);
	bool invented = false;

	for (size_t i = 0; i < LENGTH(never_real); i++)
		invented |= text_ends(host, never_real[i]);
	arena_close(a);
	return invented;
}
