/* SPDX-License-Identifier: AGPL-3.0-or-later
 * scope.c: scope parameters (RFC 6749 3.3).  The supported values are openid
 * and those of attributes.def. */
#include "idp/oauth/scope.h"

#include <string.h>

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/person/attribute_release.h"

bool scope_is_valid(const char *scope)
{
	if (!scope)
		return false;
	/* RFC 6749 3.3: %x21 / %x23-5B / %x5D-7E, separated by a space. */
	for (const char *c = scope; *c; c++)
		if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\')
			return false;
	return true;
}

bool scope_has(const char *scope, const char *token)
{
	const size_t length = strlen(token);

	for (const char *at = scope; at && *at;) {
		size_t length_here = strcspn(at, " ");

		if (length_here == length && memcmp(at, token, length) == 0)
			return true;
		at += length_here;
		at += strspn(at, " ");
	}
	return false;
}

static bool scope_list_contains(const char *const *list, size_t count,
                                const char *token)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(list[i], token))
			return true;
	return false;
}

const char **scopes_supported(struct arena *a)
{
	VECTOR(const char *) all = { 0 };

	*vector_append(a, &all) = "openid";
	for (size_t i = 0; i < released_attribute_count; i++) {
		const char *token = released_attributes[i].scope;

		if (*token && !scope_list_contains(all.at, all.count, token))
			*vector_append(a, &all) = token;
	}
	*vector_append(a, &all) = NULL;
	return all.at;
}

char *scope_filter_supported(struct arena *a, const char *scope)
{
	struct strbuf supported = strbuf_init(a);

	for (const char **token = scopes_supported(a); *token; token++)
		if (scope_has(scope, *token))
			strbuf_appendf(&supported, "%s%s",
			               supported.length ? " " : "", *token);
	return supported.data;
}

bool scope_is_subset(struct arena *a, const char *scope, const char *wider)
{
	for (char **token = text_split(a, scope, " ", NULL); *token; token++)
		if (!scope_has(wider, *token))
			return false;
	return true;
}
