/* SPDX-License-Identifier: AGPL-3.0-or-later
 * claims.c: the claims about a person that are released to a client (OpenID
 * Connect Core 5.4 and 5.5).  The loop is over the attributes configured for
 * the service, so a request cannot add others. */
#include "idp/oidc/claims.h"

#include "idp/oauth/scope.h"
#include "lib/strbuf.h"

/* A claim has one JSON type: these are arrays even for a single value. */
static const char *const array_claims[] = { "unit", "roles",
	                                    "scoped_affiliation" };
static const char *const number_claims[] = { "position_percent" };

static bool claims_name_is_in(const char *const *names, size_t count,
                              const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], name))
			return true;
	return false;
}

static bool claims_is_requested(const json_t *requested, const char *claim)
{
	size_t i;
	json_t *name;

	json_array_foreach(
	    requested, i,
	    name) if (text_equal(json_string_value(name), claim)) return true;
	return false;
}

static json_t *claims_array(char **values)
{
	json_t *list = json_array();

	for (; *values; values++)
		(void)json_array_append_new(list, json_string(*values));
	return list;
}

static json_t *claims_value(const char *claim, char **values)
{
	long long number;

	if (claims_name_is_in(array_claims, LENGTH(array_claims), claim))
		return claims_array(values);
	if (claims_name_is_in(number_claims, LENGTH(number_claims), claim) &&
	    text_to_number(values[0], 0, 1000000, &number))
		return json_integer(number);
	return json_string(values[0]);
}

static void claims_add(struct arena *a, json_t *claims,
                       const struct claims_subject *subject,
                       const struct attribute *attr)
{
	char **values = released_attribute_values(
	    a, attr, subject->cfg, subject->person, subject->affiliation);

	if (values[0])
		(void)json_object_set_new(claims, attr->claim,
		                          claims_value(attr->claim, values));
}

json_t *claims_build(struct arena *a, const struct claims_subject *subject,
                     const char *scope, const json_t *requested)
{
	json_t *claims = js_own(a, json_object());

	for (char **name = subject->service->attributes; name && *name;
	     name++) {
		const struct attribute *attr = released_attribute_find(*name);

		if (!attr || !*attr->claim)
			continue;
		if (scope_has(scope, attr->scope) ||
		    claims_is_requested(requested, attr->claim))
			claims_add(a, claims, subject, attr);
	}
	return json_object_size(claims) > 0 ? claims : NULL;
}
