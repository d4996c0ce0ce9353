/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sock_protocol_fuzz.c: arbitrary bytes as a bind request of slapd-sock(5). An
 * accepted request equals what slapd would write: nothing is skipped or left
 * over.
 *
 * with: idp/slapd_sock/sock_protocol.c
 */
#include "tests/fuzz/fuzz.h"

#include "idp/slapd_sock/sock_protocol.h"
#include "lib/strbuf.h"

/* The three parameters, as slapd writes them, occur once. */
static void holds(struct arena *a, const char *request,
                  const struct sock_bind_request *s)
{
	const char *tail =
	    arena_printf(a, "dn: %s\nmethod: 128\ncredlen: %zu\ncred: %s\n\n",
	                 s->dn, strlen(s->password), s->password);
	size_t whole = strlen(request), length = strlen(tail);

	assert(whole > length);
	assert(strcmp(request + whole - length, tail) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct sock_bind_request s;

	if (sock_parse(a, (const char *)data, size, &s, NULL)) {
		assert(s.dn[0] != '\0' && s.password[0] != '\0');
		assert(strchr(s.dn, '\n') == NULL);
		holds(a, fuzz_string(a, data, size), &s);
	}
	arena_close(a);
	return 0;
}
