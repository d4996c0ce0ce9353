/* SPDX-License-Identifier: AGPL-3.0-or-later
 * speech_fuzz.c: any bytes as what slapd's socket overlay says of a bind.  What
 * is read is what would be written: nothing was skipped, and nothing is left.
 * with: idp/bind/speech.c
 */
#include "tests/fuzz/fuzz.h"

#include "idp/bind/speech.h"
#include "lib/text.h"

/* The three words that count, as slapd writes them, stand in it once. */
static void holds(struct arena *a, const char *said, const struct speech *s)
{
	const char *tail =
	    arena_print(a, "dn: %s\nmethod: 128\ncredlen: %zu\ncred: %s\n\n",
	                s->dn, strlen(s->password), s->password);
	size_t whole = strlen(said), length = strlen(tail);

	assert(whole > length);
	assert(strcmp(said + whole - length, tail) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct speech s;

	if (speech_read(a, (const char *)data, size, &s, NULL)) {
		assert(s.dn[0] != '\0' && s.password[0] != '\0');
		assert(strchr(s.dn, '\n') == NULL);
		holds(a, fuzz_string(a, data, size), &s);
	}
	arena_close(a);
	return 0;
}
