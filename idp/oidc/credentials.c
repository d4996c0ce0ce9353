/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_auth_params.c: reads the client authentication of a request strictly
 * (RFC 6749 2.3.1, RFC 7523 2.2). */
#include "idp/oidc/credentials.h"

#include <string.h>
#include <strings.h>

#include "lib/base64.h"
#include "lib/text.h"

enum { LONGEST_ID = 512, LONGEST_SECRET = 512 };

static const char assertion_type[] =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

static int from_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* RFC 6749 2.3.1: id and secret are form-urlencoded and then joined by a colon.
 * Returns the decoded text, owned by a; NULL for an invalid escape, a control
 * character or invalid UTF-8. */
static char *decoded(struct arena *a, const char *text, size_t length)
{
	char *out = arena_alloc(a, length + 1), *end = out;

	for (size_t i = 0; i < length; i++) {
		int byte = text[i] == '+' ? ' ' : (unsigned char)text[i];

		if (byte == '%') {
			int high = i + 2 < length ? from_hex(text[i + 1]) : -1;
			int low = high >= 0 ? from_hex(text[i + 2]) : -1;

			if (low < 0)
				return NULL;
			byte = high * 16 + low;
			i += 2;
		}
		if (byte < 0x20 || byte == 0x7f)
			return NULL;
		*end++ = (char)byte;
	}
	return text_is_utf8(out, (size_t)(end - out)) ? out : NULL;
}

bool credentials_from_basic(struct arena *a, const char *header,
                            struct credentials *ret, struct fault *why)
{
	unsigned char *bytes;
	size_t length;

	if (strncasecmp(header, "Basic ", 6) != 0 ||
	    !base64_read(a, header + 6, strlen(header + 6), &bytes, &length))
		return fault(why, FAULT_INVALID, "not Basic");
	const char *pair = arena_bytes(a, bytes, length);
	const char *colon = memchr(pair, ':', length);

	/* A colon in the secret must be encoded as %3A; otherwise parsers
	 * could split it differently. */
	if (!colon || strlen(pair) != length || strchr(colon + 1, ':'))
		return fault(why, FAULT_INVALID, "not one colon");
	const char *id = decoded(a, pair, (size_t)(colon - pair));
	const char *secret = decoded(a, colon + 1, strlen(colon + 1));

	if (!id || !secret || !*id || !*secret)
		return fault(why, FAULT_INVALID, "not form-encoded");
	*ret = (struct credentials){ .proof = PROOF_BASIC,
		                     .id = id,
		                     .secret = secret };
	return true;
}

static bool read_assertion(const struct request *r, struct credentials *ret,
                           struct fault *why)
{
	const char *type = request_form(r, "client_assertion_type");

	if (!text_equal(type, assertion_type))
		return fault(why, FAULT_INVALID, "an unknown assertion type");
	*ret = (struct credentials){
		.proof = PROOF_KEY,
		.id = request_form(r, "client_id"),
		.assertion = request_form(r, "client_assertion"),
	};
	return true;
}

/* RFC 6749 2.3: at most one authentication method in a request. */
static bool says_it_twice(const struct request *r)
{
	int ways = 0;

	ways += request_header(r, "authorization") ? 1 : 0;
	ways += request_form(r, "client_secret") ? 1 : 0;
	ways += request_form(r, "client_assertion") ? 1 : 0;
	return ways > 1;
}

static bool is_in_address(const struct request *r)
{
	return request_query(r, "client_id") ||
	       request_query(r, "client_secret") ||
	       request_query(r, "client_assertion");
}

static bool read_words(struct arena *a, const struct request *r,
                       struct credentials *ret, struct fault *why)
{
	const char *header = request_header(r, "authorization");
	const char *id = request_form(r, "client_id");
	const char *secret = request_form(r, "client_secret");

	if (request_form(r, "client_assertion"))
		return read_assertion(r, ret, why);
	if (header) {
		if (!credentials_from_basic(a, header, ret, why))
			return false;
		return !id || text_equal(id, ret->id) ||
		       fault(why, FAULT_INVALID, "two clients");
	}
	if (!id || !*id || (secret && !*secret))
		return fault(why, FAULT_INVALID, "no client");
	*ret = (struct credentials){ .proof = secret ? PROOF_POST : PROOF_NONE,
		                     .id = id,
		                     .secret = secret };
	return true;
}

bool credentials_read(struct arena *a, const struct request *r,
                      struct credentials *ret, struct fault *why)
{
	struct credentials read = { 0 };

	if (is_in_address(r))
		return fault(why, FAULT_INVALID,
		             "credentials do not belong in an address");
	if (says_it_twice(r))
		return fault(why, FAULT_INVALID, "more than one way");
	if (!read_words(a, r, &read, why))
		return false;
	if ((read.id && strlen(read.id) > LONGEST_ID) ||
	    (read.secret && strlen(read.secret) > LONGEST_SECRET))
		return fault(why, FAULT_INVALID, "too long");
	*ret = read;
	return true;
}
