/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_validators.c: validation of statements beyond the keyword tables. */
#include "region/config/config_validators.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf/conf_type.h"
#include "lib/strbuf.h"
#include "region/config/policy_parse.h"

void validate_origin(const struct conf_statement *s, struct conf_errors *errors)
{
	const char *host = strstr(s->args[1], "://") + 3;

	if (strpbrk(host, "/?#"))
		conf_error_add(errors, s, 1,
		               "%s expects no path: "
		               "https://host or https://host:port",
		               s->args[0]);
	else if (!text_equal(host, text_lower(errors->arena, host)))
		conf_error_add(errors, s, 1, "the host must be in lower case");
	/* A browser omits the default port from Host and Origin. */
	else if (text_ends(host, ":443"))
		conf_error_add(errors, s, 1, "omit the default port 443");
}

void validate_no_fragment(const struct conf_statement *s,
                          struct conf_errors *errors)
{
	if (strchr(s->args[1], '#'))
		conf_error_add(errors, s, 1, "%s expects no fragment (#)",
		               s->args[0]);
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
static double srgb_to_linear(int component)
{
	double c = component / 255.0;

	if (c <= 0.04045)
		return c / 12.92;
	c = (c + 0.055) / 1.055;
	double square = c * c;

	return square * fifth_root(square);
}

static int hex_pair_value(const char *at)
{
	const char digits[3] = { at[0], at[1], '\0' };

	return (int)strtol(digits, NULL, 16);
}

static double contrast_with_white(const char *colour)
{
	double light = 0.2126 * srgb_to_linear(hex_pair_value(colour + 1)) +
	               0.7152 * srgb_to_linear(hex_pair_value(colour + 3)) +
	               0.0722 * srgb_to_linear(hex_pair_value(colour + 5));

	return 1.05 / (light + 0.05);
}

void validate_colour(const struct conf_statement *s, struct conf_errors *errors)
{
	double contrast = contrast_with_white(s->args[1]);

	/* WCAG 2.2, 1.4.3 */
	if (contrast < 4.5)
		conf_error_add(errors, s, 1,
		               "white text on %s has a contrast of %.1f:1; "
		               "at least 4.5:1 is required",
		               s->args[1], contrast);
}

/* ---- numbers, names and paths */

/* The name becomes part of a URL: no path traversal. */
void validate_logo(const struct conf_statement *s, struct conf_errors *errors)
{
	const char *name = s->args[1];

	if (name[0] == '.' || !text_ends(name, ".svg") ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")])
		conf_error_add(
		    errors, s, 1,
		    "logo expects the name of an SVG file such as "
		    "notodden.svg, in lower case, without a directory");
}

/* Nine digits, the first 8 or 9, the last a modulus 11 check digit. */
static bool organisation_number_is_valid(const char *number)
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

void validate_organisation_number(const struct conf_statement *s,
                                  struct conf_errors *errors)
{
	if (!organisation_number_is_valid(s->args[1]))
		conf_error_add(errors, s, 1,
		               "%s is not an organisation number: nine digits, "
		               "the last one a check digit",
		               s->args[1]);
}

void validate_network(const struct conf_statement *s,
                      struct conf_errors *errors)
{
	static const struct conf_arg range = { .type = CONF_NETWORK };
	static const struct conf_arg name = { .type = CONF_NAME };
	bool listener = text_equal(s->args[2], "listener");

	if (text_equal(s->args[1], "service-networks"))
		conf_error_add(errors, s, 1,
		               "\"%s\" stands for the networks of the "
		               "requested service",
		               s->args[1]);
	if (listener &&
	    (s->arg_count != 4 || !conf_type_is_valid(&name, s->args[3])))
		conf_error_add(
		    errors, s, 2,
		    "listener expects one name: network %s listener NAME",
		    s->args[1]);
	for (size_t i = 2; !listener && i < s->arg_count; i++)
		if (!conf_type_is_valid(&range, s->args[i]))
			conf_error_add(
			    errors, s, i,
			    "%s is not a network such as 10.40.0.0/16 "
			    "or 2001:db8::/32",
			    s->args[i]);
}

void validate_municipality_network(const struct conf_statement *s,
                                   struct conf_errors *errors)
{
	if (text_equal(s->args[2], "listener"))
		conf_error_add(errors, s, 2,
		               "a listener belongs to the region's networks; "
		               "this one has ranges such as 10.40.0.0/16");
	else
		validate_network(s, errors);
}

void validate_path(const struct conf_statement *s, struct conf_errors *errors)
{
	const char *path = s->args[1];

	if (text_starts(path, "unix:"))
		path += strlen("unix:");
	if (path[0] != '/')
		conf_error_add(errors, s, 1, "%s expects an absolute path",
		               s->args[0]);
}

/* Characters that are safe in a header field of a mail, and one @. */
static bool is_mail_address(const char *text)
{
	static const char special[] = "()<>[]:;,\\\"";
	const char *at = strchr(text, '@');

	if (!at || at == text || !at[1] || strchr(at + 1, '@'))
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || strchr(special, *text))
			return false;
	return true;
}

void validate_addresses(const struct conf_statement *s,
                        struct conf_errors *errors)
{
	for (size_t i = 1; i < s->arg_count; i++)
		if (!is_mail_address(s->args[i]))
			conf_error_add(errors, s, i,
			               "\"%s\" is not a mail address",
			               s->args[i]);
}

void validate_client_id(const struct conf_statement *s,
                        struct conf_errors *errors)
{
	const char *id = s->args[1];

	/* RFC 6749 2.3.1: a colon ends the client id in HTTP Basic. */
	for (; *id; id++)
		if (*id <= ' ' || *id == ':' || *id == '%' || *id > '~') {
			conf_error_add(
			    errors, s, 1,
			    "a client id cannot contain spaces, colons, "
			    "percent signs or non-ASCII characters");
			return;
		}
}

void validate_plugin(const struct conf_statement *s, struct conf_errors *errors)
{
	for (size_t i = 1; i < s->arg_count; i++)
		if (policy_builtin_condition(s->args[i]))
			conf_error_add(errors, s, i,
			               "\"%s\" is a built-in condition and "
			               "requires no plugin",
			               s->args[i]);
}

/* ---- people */

void validate_people(const struct conf_statement *s, struct conf_errors *errors)
{
	if (s->arg_count == 4)
		conf_error_add(
		    errors, s, 3,
		    "under expects a DN: people from NAME under \"ou=...\"");
}

static bool is_plausible_dn(const char *dn)
{
	const char *equals = strchr(dn, '=');

	return equals && equals != dn && equals[1];
}

void validate_people_rule(const struct conf_statement *s,
                          struct conf_errors *errors)
{
	size_t last = s->arg_count - 1;
	bool under = text_equal(s->args[last - 1], "under");
	bool in = text_equal(s->args[last - 1], "in");

	if (!under && !in)
		conf_error_add(errors, s, 1,
		               "usage: %s under \"ou=...\", or: %s are "
		               "AFFILIATION in \"cn=...\"",
		               s->args[0], s->args[0]);
	else if (!is_plausible_dn(s->args[last]))
		conf_error_add(errors, s, last,
		               "\"%s\" is not a DN such as \"ou=ansatte\"",
		               s->args[last]);
}

/* ---- redirect URIs */

/* Returns true for the loopback interface and names that always resolve to it
 * (RFC 6761 6.3; RFC 8252 7.3 for native applications). */
static bool is_loopback_redirect_host(struct arena *a, const char *host)
{
	size_t length =
	    host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	const char *name = arena_memdup(a, host, length);

	return text_equal(name, "localhost") || text_equal(name, "127.0.0.1") ||
	       text_equal(name, "[::1]") || text_ends(name, ".localhost");
}

static const char *redirect_uri_problem(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://");

	if (strchr(url, '#'))
		return "has a fragment (#), which RFC 6749 3.1.2 forbids";
	if (strchr(url, '*'))
		return "has a wildcard; URIs are compared as simple strings";
	if (text_starts(url, "http://") &&
	    !is_loopback_redirect_host(a, host + 3))
		return "is not encrypted; http:// is allowed for loopback only";
	return NULL;
}

void validate_redirect_uri(const struct conf_statement *s,
                           struct conf_errors *errors)
{
	for (size_t i = 1; i < s->arg_count; i++) {
		const char *problem =
		    redirect_uri_problem(errors->arena, s->args[i]);

		if (problem)
			conf_error_add(errors, s, i, "%s %s", s->args[i],
			               problem);
	}
}
