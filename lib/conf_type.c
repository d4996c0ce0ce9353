/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_type.c: the types of configuration arguments, one row each: placeholder,
 * expected value, check. */
#include "lib/conf_type.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char encrypted_or_local[] = "ldaps:// ldapi:// https:// unix:";

static bool is_made_of(const char *said, const char *letters)
{
	return *said && !said[strspn(said, letters)];
}

static bool good_text(const struct conf_arg *arg, const char *said)
{
	(void)arg;
	return *said != '\0';
}

static bool good_name(const struct conf_arg *arg, const char *said)
{
	(void)arg;
	return *said >= 'a' && *said <= 'z' && strlen(said) <= 63 &&
	       is_made_of(said, LOWER DIGITS "-");
}

static bool good_number(const struct conf_arg *arg, const char *said)
{
	bool any = arg->least == 0 && arg->most == 0;
	long long number;

	return text_to_number(said, arg->least, any ? INT64_MAX : arg->most,
	                      &number);
}

static bool good_span(const struct conf_arg *arg, const char *said)
{
	int64_t seconds;

	(void)arg;
	return clock_span(said, &seconds) && seconds > 0;
}

static bool good_date(const struct conf_arg *arg, const char *said)
{
	int64_t when;

	(void)arg;
	return clock_from_date(said, false, &when);
}

static bool good_percent(const struct conf_arg *arg, const char *said)
{
	size_t digits = strspn(said, DIGITS);

	(void)arg;
	if (digits == 0 || !text_equal(said + digits, "%"))
		return false;
	return digits < 3 || strncmp(said, "100%", 4) == 0;
}

/* Checks what follows an allowed prefix: ldap://127.0.0.1 must reject
 * ldap://127.0.0.1.evil.example, and https:// must reject
 * https://us@evil.example. */
static bool good_rest(const char *prefix, const char *rest)
{
	bool open_ended = text_ends(prefix, "/") || text_ends(prefix, ":");

	if (strpbrk(rest, " \"<>\\^`{|}"))
		return false;
	if (!open_ended)
		return !*rest || strchr("/:?#", *rest);
	if (text_ends(prefix, ":"))
		return *rest == '/';
	return *rest && !strchr("/:?#", *rest) &&
	       !memchr(rest, '@', strcspn(rest, "/?#"));
}

static bool good_url(const struct conf_arg *arg, const char *said)
{
	const char *at = arg->words ? arg->words : encrypted_or_local;
	char prefix[64];

	for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (length < sizeof(prefix) && strncmp(said, at, length) == 0) {
			memcpy(prefix, at, length);
			prefix[length] = '\0';
			if (good_rest(prefix, said + length))
				return true;
		}
		at += length;
	}
	return false;
}

/* Bits after the network prefix must be zero. */
static bool clear_behind(const unsigned char *bytes, size_t length,
                         size_t prefix)
{
	for (size_t bit = prefix; bit < length * 8; bit++)
		if (bytes[bit / 8] >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static bool good_network(const struct conf_arg *arg, const char *said)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN] = { 0 };
	size_t length = strcspn(said, "/");
	bool six = strchr(said, ':') != NULL;
	long long most = six ? 128 : 32, prefix = most;

	(void)arg;
	if (length >= sizeof(address))
		return false;
	memcpy(address, said, length);
	if (inet_pton(six ? AF_INET6 : AF_INET, address, bytes) != 1)
		return false;
	if (said[length] &&
	    !text_to_number(said + length + 1, 0, most, &prefix))
		return false;
	return clear_behind(bytes, (size_t)most / 8, (size_t)prefix);
}

static bool good_label(const char *label, size_t length)
{
	return length > 0 && length <= 63 && label[0] != '-' &&
	       label[length - 1] != '-' &&
	       strspn(label, LOWER DIGITS "-") >= length;
}

static bool good_host(const struct conf_arg *arg, const char *said)
{
	(void)arg;
	if (strlen(said) > 253)
		return false;
	for (;;) {
		size_t length = strcspn(said, ".");

		if (!good_label(said, length))
			return false;
		if (!said[length])
			return true;
		said += length + 1;
	}
}

static bool good_secret(const struct conf_arg *arg, const char *said)
{
	(void)arg;
	return said[0] == '@' && said[1] != '.' &&
	       is_made_of(said + 1, LOWER UPPER DIGITS "-_.");
}

static bool good_one_of(const struct conf_arg *arg, const char *said)
{
	size_t length = strlen(said);

	for (const char *at = arg->words; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && word > 0 && strncmp(at, said, word) == 0)
			return true;
		at += word;
	}
	return false;
}

static bool good_colour(const struct conf_arg *arg, const char *said)
{
	(void)arg;
	return said[0] == '#' && strlen(said) == 7 &&
	       is_made_of(said + 1, DIGITS "abcdefABCDEF");
}

static const struct {
	const char *called;
	const char *wants;
	bool (*good)(const struct conf_arg *, const char *);
} types[] = {
	[CONF_TEXT] = { "TEXT", "a text that is not empty", good_text },
	[CONF_NAME] = { "NAME",
	                "a name (a to z, digits and hyphens, a letter first)",
	                good_name },
	[CONF_NUMBER] = { "NUMBER", "a number", good_number },
	[CONF_SPAN] = { "SPAN", "a span of time such as 90s, 30m, 10h or 7d",
	                good_span },
	[CONF_DATE] = { "DATE", "a date such as 2026-12-31", good_date },
	[CONF_PERCENT] = { "PERCENT", "per cent, 0% to 100%", good_percent },
	[CONF_URL] = { "ADDRESS", "an encrypted or local address", good_url },
	[CONF_NETWORK] = { "NETWORK", "a network such as 10.40.0.0/16",
	                   good_network },
	[CONF_HOST] = { "HOST", "a host name in lower case", good_host },
	[CONF_SECRET] = { "@NAME", "the name of a secret", good_secret },
	[CONF_ONE_OF] = { NULL, NULL, good_one_of },
	[CONF_COLOUR] = { "COLOUR", "a colour such as \"#005b99\"",
	                  good_colour },
};

bool conf_type_good(const struct conf_arg *arg, const char *said)
{
	return types[arg->type].good(arg, said);
}

/* Returns the choices joined by a separator. */
static const char *joined(struct arena *a, const char *words,
                          const char *between)
{
	struct text out = text_in(a);
	char **each = text_split(a, words, " ", NULL);

	for (size_t i = 0; each[i]; i++) {
		text_add(&out, i > 0 ? between : "");
		text_add(&out, each[i]);
	}
	return out.at;
}

const char *conf_type_wants(struct arena *a, const struct conf_arg *arg)
{
	const char *wants = types[arg->type].wants;

	if (arg->type == CONF_ONE_OF)
		return arena_print(
		    a, strchr(arg->words, ' ') ? "one of %s" : "\"%s\"",
		    joined(a, arg->words, ", "));
	if (arg->type == CONF_URL)
		return arena_print(
		    a, "%s (%s)", wants,
		    joined(a, arg->words ? arg->words : encrypted_or_local,
		           ", "));
	if (arg->type == CONF_NUMBER && arg->most > 0)
		return arena_print(a, "%s from %lld to %lld", wants, arg->least,
		                   arg->most);
	return wants;
}

const char *conf_type_called(struct arena *a, const struct conf_arg *arg)
{
	if (arg->called)
		return arg->called;
	if (arg->type == CONF_ONE_OF)
		return joined(a, arg->words, "|");
	return types[arg->type].called;
}
