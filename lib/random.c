/* SPDX-License-Identifier: AGPL-3.0-or-later
 * random.c: random bytes from the kernel, getrandom(2). */
#include "lib/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base64.h"

void random_bytes(void *bytes, size_t length)
{
	unsigned char *at = bytes;

	while (length > 0) {
		ssize_t got = getrandom(at, length, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		at += got;
		length -= (size_t)got;
	}
}

char *random_secret(struct arena *a)
{
	unsigned char bytes[32];

	random_bytes(bytes, sizeof(bytes));
	char *secret = base64url_encode(a, bytes, sizeof(bytes));

	explicit_bzero(bytes, sizeof(bytes));
	return secret;
}

char *random_uuid(struct arena *a)
{
	unsigned char b[16];

	random_bytes(b, sizeof(b));
	/* RFC 9562 section 5.4: version 4, variant 10. */
	b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
	const char *hex = hex_encode(a, b, sizeof(b));

	return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	                    hex + 12, hex + 16, hex + 20);
}
