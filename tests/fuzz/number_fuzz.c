/* SPDX-License-Identifier: AGPL-3.0-or-later
 * number_fuzz.c: arbitrary bytes as a national identity number, and any nine
 * digits with every check-digit pair. At most one pair is valid, a valid number
 * is either synthetic or real, never both, and no single typing error (one
 * digit wrong, two neighbours swapped) gives another valid number.
 *
 * with: sync/connector/national_id.c
 */
#include "tests/fuzz/fuzz.h"

#include "sync/connector/national_id.h"

enum { DIGITS = 11 };

static const int64_t in_2026 = 1795000000;

static bool either(const char *number)
{
	return national_id_is_valid(number, true, in_2026) ||
	       national_id_is_valid(number, false, in_2026);
}

static void no_slip_is_right(const char *number)
{
	char other[DIGITS + 1];

	for (size_t i = 0; i < DIGITS; i++) {
		memcpy(other, number, sizeof(other));
		for (char c = '0'; c <= '9'; c++) {
			other[i] = c;
			assert(c == number[i] || !either(other));
		}
		memcpy(other, number, sizeof(other));
		if (i + 1 < DIGITS && number[i] != number[i + 1]) {
			other[i] = number[i + 1];
			other[i + 1] = number[i];
			assert(!either(other));
		}
	}
}

static void endings(const char *nine)
{
	char number[DIGITS + 1] = { 0 };
	int right = 0;

	for (int i = 0; i < 100; i++) {
		memcpy(number, nine, 9);
		number[9] = (char)('0' + i / 10);
		number[10] = (char)('0' + i % 10);
		if (!either(number))
			continue;
		right++;
		assert(!national_id_is_valid(number, true, in_2026) ||
		       !national_id_is_valid(number, false, in_2026));
		no_slip_is_right(number);
	}
	assert(right <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	char *text = fuzz_string(a, data, size), nine[10] = { 0 };

	if (either(text))
		assert(strlen(text) == DIGITS &&
		       strspn(text, "0123456789") == DIGITS);
	if (size >= 9) {
		for (size_t i = 0; i < 9; i++)
			nine[i] = (char)('0' + data[i] % 10);
		endings(nine);
	}
	arena_close(a);
	return 0;
}
