/* SPDX-License-Identifier: AGPL-3.0-or-later
 * cookies_fuzz.c: arbitrary bytes as a Cookie header. The cookies are what is
 * between the semicolons, as sent (RFC 6265 4.2.1); a rejected header has too
 * many of them or one of ours twice.
 *
 * with: idp/http/cookies.c idp/http/response.c
 */
#include "tests/fuzz/fuzz.h"

#include "idp/http/cookies.h"

static const char *const ours[] = { "__Host-portvakt",
	                            "__Host-portvakt-browser",
	                            "__Host-portvakt-hand",
	                            "__Host-portvakt-choice" };

/* The pieces between semicolons that have a name, without the blanks around
 * them. */
static size_t pieces(struct arena *a, const char *header, char **ret)
{
	size_t count = 0;

	for (char *piece = arena_strdup(a, header), *next; piece;
	     piece = next) {
		next = strchr(piece, ';');
		if (next)
			*next++ = '\0';
		piece += strspn(piece, " \t");
		size_t length = strlen(piece);

		while (length > 0 && strchr(" \t", piece[length - 1]))
			piece[--length] = '\0';
		if (strchr(piece, '=') && piece[0] != '=')
			ret[count++] = piece;
	}
	return count;
}

static size_t times(char **all, size_t count, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += strncmp(all[i], name, strlen(name)) == 0 &&
		         all[i][strlen(name)] == '=';
	return found;
}

static bool is_ambiguous(char **all, size_t count)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (times(all, count, ours[i]) > 1)
			return true;
	return count > COOKIES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	const char *header = fuzz_string(a, data, size);
	char **sent = arena_array(a, char *, strlen(header) + 1);
	size_t count = pieces(a, header, sent), read = 0;
	struct http_field *cookies = NULL;

	if (cookie_parse(a, header, &cookies, &read)) {
		assert(!is_ambiguous(sent, count) && read == count);
		for (size_t i = 0; i < read; i++)
			assert(strcmp(arena_printf(a, "%s=%s", cookies[i].name,
			                           cookies[i].value),
			              sent[i]) == 0);
	} else {
		assert(is_ambiguous(sent, count));
	}
	arena_close(a);
	return 0;
}
