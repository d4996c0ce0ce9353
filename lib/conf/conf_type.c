/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_type.c: the types of configuration arguments, one row each: placeholder,
 * expected value, check. */
#include "lib/conf/conf_type.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char default_url_prefixes[] = "ldaps:// ldapi:// https:// unix:";

static bool conf_type_is_made_of(const char *value, const char *characters)
{
	return *value && !value[strspn(value, characters)];
}

static bool conf_type_valid_text(const struct conf_arg *arg, const char *value)
{
	(void)arg;
	return *value != '\0';
}

static bool conf_type_valid_name(const struct conf_arg *arg, const char *value)
{
	(void)arg;
	return *value >= 'a' && *value <= 'z' && strlen(value) <= 63 &&
	       conf_type_is_made_of(value, LOWER DIGITS "-");
}

static bool conf_type_valid_number(const struct conf_arg *arg,
                                   const char *value)
{
	bool any = arg->min == 0 && arg->max == 0;
	long long number;

	return text_to_number(value, arg->min, any ? INT64_MAX : arg->max,
	                      &number);
}

static bool conf_type_valid_duration(const struct conf_arg *arg,
                                     const char *value)
{
	int64_t seconds;

	(void)arg;
	return clock_parse_duration(value, &seconds) && seconds > 0;
}

static bool conf_type_valid_date(const struct conf_arg *arg, const char *value)
{
	int64_t when;

	(void)arg;
	return clock_parse_date(value, false, &when);
}

static bool conf_type_valid_percent(const struct conf_arg *arg,
                                    const char *value)
{
	size_t digits = strspn(value, DIGITS);

	(void)arg;
	if (digits == 0 || !text_equal(value + digits, "%"))
		return false;
	return digits < 3 || strncmp(value, "100%", 4) == 0;
}

/* Checks what follows an allowed prefix: ldap://127.0.0.1 must reject
 * ldap://127.0.0.1.evil.example, and https:// must reject
 * https://us@evil.example. */
static bool conf_type_valid_url_rest(const char *prefix, const char *rest)
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

static bool conf_type_valid_url(const struct conf_arg *arg, const char *value)
{
	const char *at = arg->choices ? arg->choices : default_url_prefixes;
	char prefix[64];

	for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (length < sizeof(prefix) &&
		    strncmp(value, at, length) == 0) {
			memcpy(prefix, at, length);
			prefix[length] = '\0';
			if (conf_type_valid_url_rest(prefix, value + length))
				return true;
		}
		at += length;
	}
	return false;
}

/* Bits after the network prefix must be zero. */
static bool host_bits_are_zero(const unsigned char *bytes, size_t length,
                               size_t prefix)
{
	for (size_t bit = prefix; bit < length * 8; bit++)
		if (bytes[bit / 8] >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static bool conf_type_valid_network(const struct conf_arg *arg,
                                    const char *value)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN] = { 0 };
	size_t length = strcspn(value, "/");
	bool is_ipv6 = strchr(value, ':') != NULL;
	long long max = is_ipv6 ? 128 : 32, prefix = max;

	(void)arg;
	if (length >= sizeof(address))
		return false;
	memcpy(address, value, length);
	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return false;
	if (value[length] &&
	    !text_to_number(value + length + 1, 0, max, &prefix))
		return false;
	return host_bits_are_zero(bytes, (size_t)max / 8, (size_t)prefix);
}

static bool conf_type_valid_dns_label(const char *label, size_t length)
{
	return length > 0 && length <= 63 && label[0] != '-' &&
	       label[length - 1] != '-' &&
	       strspn(label, LOWER DIGITS "-") >= length;
}

static bool conf_type_valid_host(const struct conf_arg *arg, const char *value)
{
	(void)arg;
	if (strlen(value) > 253)
		return false;
	for (;;) {
		size_t length = strcspn(value, ".");

		if (!conf_type_valid_dns_label(value, length))
			return false;
		if (!value[length])
			return true;
		value += length + 1;
	}
}

static bool conf_type_valid_secret(const struct conf_arg *arg,
                                   const char *value)
{
	(void)arg;
	return value[0] == '@' && value[1] != '.' &&
	       conf_type_is_made_of(value + 1, LOWER UPPER DIGITS "-_.");
}

static bool conf_type_valid_choice(const struct conf_arg *arg,
                                   const char *value)
{
	size_t length = strlen(value);

	for (const char *at = arg->choices; *at; at += strspn(at, " ")) {
		size_t choice_length = strcspn(at, " ");

		if (choice_length == length && choice_length > 0 &&
		    strncmp(at, value, choice_length) == 0)
			return true;
		at += choice_length;
	}
	return false;
}

static bool conf_type_valid_colour(const struct conf_arg *arg,
                                   const char *value)
{
	(void)arg;
	return value[0] == '#' && strlen(value) == 7 &&
	       conf_type_is_made_of(value + 1, DIGITS "abcdefABCDEF");
}

static const struct {
	const char *placeholder;
	const char *expected;
	bool (*is_valid)(const struct conf_arg *, const char *);
} types[] = {
	[CONF_TEXT] = { "TEXT", "a non-empty text", conf_type_valid_text },
	[CONF_NAME] = { "NAME",
	                "a name (a to z, digits and hyphens, a letter first)",
	                conf_type_valid_name },
	[CONF_NUMBER] = { "NUMBER", "a number", conf_type_valid_number },
	[CONF_DURATION] = { "DURATION",
	                    "a duration such as 90s, 30m, 10h, 7d or 3y",
	                    conf_type_valid_duration },
	[CONF_DATE] = { "DATE", "a date such as 2026-12-31",
	                conf_type_valid_date },
	[CONF_PERCENT] = { "PERCENT", "a percentage from 0% to 100%",
	                   conf_type_valid_percent },
	[CONF_URL] = { "URL", "an encrypted or local URL",
	               conf_type_valid_url },
	[CONF_NETWORK] = { "NETWORK", "a network such as 10.40.0.0/16",
	                   conf_type_valid_network },
	[CONF_HOST] = { "HOST", "a host name in lower case",
	                conf_type_valid_host },
	[CONF_SECRET] = { "@NAME", "the name of a secret",
	                  conf_type_valid_secret },
	[CONF_ONE_OF] = { NULL, NULL, conf_type_valid_choice },
	[CONF_COLOUR] = { "COLOUR", "a colour such as \"#005b99\"",
	                  conf_type_valid_colour },
};

bool conf_type_is_valid(const struct conf_arg *arg, const char *value)
{
	return types[arg->type].is_valid(arg, value);
}

/* Returns the choices joined by a separator. */
static const char *conf_type_join(struct arena *a, const char *choices,
                                  const char *separator)
{
	struct strbuf out = strbuf_init(a);
	char **each = text_split(a, choices, " ", NULL);

	for (size_t i = 0; each[i]; i++) {
		strbuf_append(&out, i > 0 ? separator : "");
		strbuf_append(&out, each[i]);
	}
	return out.data;
}

const char *conf_type_expected(struct arena *a, const struct conf_arg *arg)
{
	const char *expected = types[arg->type].expected;

	if (arg->type == CONF_ONE_OF)
		return arena_printf(
		    a, strchr(arg->choices, ' ') ? "one of %s" : "\"%s\"",
		    conf_type_join(a, arg->choices, ", "));
	if (arg->type == CONF_URL)
		return arena_printf(
		    a, "%s (%s)", expected,
		    conf_type_join(
			a, arg->choices ? arg->choices : default_url_prefixes,
			", "));
	if (arg->type == CONF_NUMBER && arg->max > 0)
		return arena_printf(a, "%s from %lld to %lld", expected,
		                    arg->min, arg->max);
	return expected;
}

const char *conf_type_placeholder(struct arena *a, const struct conf_arg *arg)
{
	if (arg->placeholder)
		return arg->placeholder;
	if (arg->type == CONF_ONE_OF)
		return conf_type_join(a, arg->choices, "|");
	return types[arg->type].placeholder;
}
