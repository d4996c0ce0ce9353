/* SPDX-License-Identifier: AGPL-3.0-or-later
 * claims.c: the claims about a person that are released to a client (OpenID
 * Connect Core 5.4 and 5.5).  The loop is over the attributes configured for
 * the service, so a request cannot add others. */
#include "idp/oidc/claims.h"

#include "idp/oidc/scope.h"
#include "lib/text.h"

/* A claim has one JSON type: these are arrays even for a single value. */
static const char *const lists[] = { "unit", "roles", "scoped_affiliation" };
static const char *const numbers[] = { "position_percent" };

static bool is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], name))
			return true;
	return false;
}

static bool is_asked(const json_t *also, const char *claim)
{
	size_t i;
	json_t *name;

	json_array_foreach(
	    also, i,
	    name) if (text_equal(json_string_value(name), claim)) return true;
	return false;
}

static json_t *all_of(char **values)
{
	json_t *list = json_array();

	for (; *values; values++)
		(void)json_array_append_new(list, json_string(*values));
	return list;
}

static json_t *value_of(const char *claim, char **values)
{
	long long number;

	if (is_in(lists, LENGTH(lists), claim))
		return all_of(values);
	if (is_in(numbers, LENGTH(numbers), claim) &&
	    text_to_number(values[0], 0, 1000000, &number))
		return json_integer(number);
	return json_string(values[0]);
}

static void add_claim(struct arena *a, json_t *claims,
                      const struct told_about *t, const struct attribute *what)
{
	char **values =
	    attribute_values(a, what, t->region, t->person, t->affiliation);

	if (values[0])
		(void)json_object_set_new(claims, what->claim,
		                          value_of(what->claim, values));
}

json_t *claims_of(struct arena *a, const struct told_about *t,
                  const char *scope, const json_t *also)
{
	json_t *claims = js_keep(a, json_object());

	for (char **word = t->service->receives; word && *word; word++) {
		const struct attribute *what = attribute_find(*word);

		if (!what || !*what->claim)
			continue;
		if (scope_has(scope, what->scope) ||
		    is_asked(also, what->claim))
			add_claim(a, claims, t, what);
	}
	return json_object_size(claims) > 0 ? claims : NULL;
}
