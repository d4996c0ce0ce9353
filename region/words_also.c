/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_validators.c: validation of statements beyond the keyword tables. */
#include "region/words_also.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf_type.h"
#include "lib/text.h"
#include "region/policy.h"

void also_origin(const struct conf_statement *s, struct conf_complaints *wrong)
{
	const char *host = strstr(s->words[1], "://") + 3;

	if (strpbrk(host, "/?#"))
		conf_complain(wrong, s, 1,
		              "%s is a host and nothing behind it: "
		              "https://host or https://host:port",
		              s->words[0]);
	else if (!text_equal(host, text_lower(wrong->arena, host)))
		conf_complain(wrong, s, 1, "a host is written in lower case");
	/* A browser omits the default port from Host and Origin. */
	else if (text_ends(host, ":443"))
		conf_complain(wrong, s, 1, "port 443 goes without saying");
}

/* ---- colours */

static double fifth_root(double x)
{
	double y = 1;

	for (int i = 0; i < 60; i++)
		y -= (y * y * y * y * y - x) / (5 * y * y * y * y);
	return y;
}

/* WCAG 2.2, relative luminance; c^2.4 is c^2 times the fifth root of c^2. */
static double linear(int part)
{
	double c = part / 255.0;

	if (c <= 0.04045)
		return c / 12.92;
	c = (c + 0.055) / 1.055;
	double square = c * c;

	return square * fifth_root(square);
}

static int two_digits(const char *at)
{
	const char digits[3] = { at[0], at[1], '\0' };

	return (int)strtol(digits, NULL, 16);
}

static double contrast_with_white(const char *colour)
{
	double light = 0.2126 * linear(two_digits(colour + 1)) +
	               0.7152 * linear(two_digits(colour + 3)) +
	               0.0722 * linear(two_digits(colour + 5));

	return 1.05 / (light + 0.05);
}

void also_colour(const struct conf_statement *s, struct conf_complaints *wrong)
{
	double contrast = contrast_with_white(s->words[1]);

	/* WCAG 2.2, 1.4.3 */
	if (contrast < 4.5)
		conf_complain(wrong, s, 1,
		              "white text on %s has a contrast of %.1f:1; "
		              "take a darker one, at least 4.5:1",
		              s->words[1], contrast);
}

/* ---- numbers, names and paths */

/* The name becomes part of a URL: no path traversal. */
void also_mark(const struct conf_statement *s, struct conf_complaints *wrong)
{
	const char *name = s->words[1];

	if (name[0] == '.' || !text_ends(name, ".svg") ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")])
		conf_complain(
		    wrong, s, 1,
		    "a mark is the name of an SVG such as "
		    "notodden.svg, in small letters, without folders");
}

/* Nine digits, the first 8 or 9, the last a modulus 11 check digit. */
static bool is_organisation(const char *number)
{
	static const int weights[] = { 3, 2, 7, 6, 5, 4, 3, 2 };
	int sum = 0;

	if (strlen(number) != 9 || strspn(number, "0123456789") != 9)
		return false;
	for (size_t i = 0; i < LENGTH(weights); i++)
		sum += weights[i] * (number[i] - '0');
	int check = (11 - sum % 11) % 11;

	return strchr("89", number[0]) && check == number[8] - '0';
}

void also_number(const struct conf_statement *s, struct conf_complaints *wrong)
{
	if (!is_organisation(s->words[1]))
		conf_complain(wrong, s, 1,
		              "%s is no organisation number: nine digits, the "
		              "last one a check digit",
		              s->words[1]);
}

void also_network(const struct conf_statement *s, struct conf_complaints *wrong)
{
	static const struct conf_arg range = { .type = CONF_NETWORK };
	static const struct conf_arg name = { .type = CONF_NAME };
	bool listener = text_equal(s->words[2], "listener");

	if (listener &&
	    (s->word_count != 4 || !conf_type_good(&name, s->words[3])))
		conf_complain(
		    wrong, s, 2,
		    "a listener has one name: network %s listener NAME",
		    s->words[1]);
	for (size_t i = 2; !listener && i < s->word_count; i++)
		if (!conf_type_good(&range, s->words[i]))
			conf_complain(wrong, s, i,
			              "%s is no network such as 10.40.0.0/16 "
			              "or 2001:db8::/32",
			              s->words[i]);
}

void also_folder(const struct conf_statement *s, struct conf_complaints *wrong)
{
	const char *path = s->words[1];

	if (text_starts(path, "unix:"))
		path += strlen("unix:");
	if (path[0] != '/')
		conf_complain(wrong, s, 1, "%s wants a path from the root",
		              s->words[0]);
}

void also_client(const struct conf_statement *s, struct conf_complaints *wrong)
{
	const char *id = s->words[1];

	/* RFC 6749 2.3.1: a colon ends the client id in HTTP Basic. */
	for (; *id; id++)
		if (*id <= ' ' || *id == ':' || *id == '%' || *id > '~') {
			conf_complain(wrong, s, 1,
			              "a client id has neither blanks, colons, "
			              "per cent signs nor foreign letters");
			return;
		}
}

void also_plugin(const struct conf_statement *s, struct conf_complaints *wrong)
{
	for (size_t i = 1; i < s->word_count; i++)
		if (policy_built_in(s->words[i]))
			conf_complain(wrong, s, i,
			              "\"%s\" is a word of Portvakt's own and "
			              "needs no plugin",
			              s->words[i]);
}

/* ---- people */

void also_people(const struct conf_statement *s, struct conf_complaints *wrong)
{
	if (s->word_count == 4)
		conf_complain(wrong, s, 3,
		              "under what?  people from NAME under \"ou=...\"");
}

static bool is_dn(const char *dn)
{
	const char *equals = strchr(dn, '=');

	return equals && equals != dn && equals[1];
}

void also_who(const struct conf_statement *s, struct conf_complaints *wrong)
{
	size_t last = s->word_count - 1;
	bool under = text_equal(s->words[last - 1], "under");
	bool in = text_equal(s->words[last - 1], "in");

	if (!under && !in)
		conf_complain(wrong, s, 1,
		              "%s is written: %s under \"ou=...\", or: %s are "
		              "WHO in \"cn=...\"",
		              s->words[0], s->words[0], s->words[0]);
	else if (!is_dn(s->words[last]))
		conf_complain(wrong, s, last,
		              "\"%s\" is no DN such as \"ou=ansatte\"",
		              s->words[last]);
}

/* ---- redirect URIs */

/* Returns true for the loopback interface and names that always resolve to it
 * (RFC 6761 6.3; RFC 8252 7.3 for native applications). */
static bool is_loopback(struct arena *a, const char *host)
{
	size_t length =
	    host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	const char *name = arena_bytes(a, host, length);

	return text_equal(name, "localhost") || text_equal(name, "127.0.0.1") ||
	       text_equal(name, "[::1]") || text_ends(name, ".localhost");
}

static const char *why_not_redirect(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://");

	if (!host) /* a keyword after the URL */
		return NULL;
	if (strchr(url, '#'))
		return "has a fragment (#), which OAuth 2.0 forbids";
	if (strchr(url, '*'))
		return "has a wildcard; addresses are compared letter by "
		       "letter";
	if (text_starts(url, "http://") && !is_loopback(a, host + 3))
		return "is not encrypted; http:// goes to this machine only";
	return NULL;
}

void also_redirect(const struct conf_statement *s,
                   struct conf_complaints *wrong)
{
	for (size_t i = 1; i < s->word_count; i++) {
		const char *why = why_not_redirect(wrong->arena, s->words[i]);

		if (why)
			conf_complain(wrong, s, i, "%s %s", s->words[i], why);
	}
}
