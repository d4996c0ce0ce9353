/* SPDX-License-Identifier: AGPL-3.0-or-later
 * scope.c: scope parameters (RFC 6749 3.3).  The supported values are openid
 * and those of attributes.def. */
#include "idp/oidc/scope.h"

#include <string.h>

#include "lib/list.h"
#include "lib/text.h"
#include "region/attribute.h"

bool scope_is_clean(const char *scope)
{
	if (!scope)
		return false;
	/* RFC 6749 3.3: %x21 / %x23-5B / %x5D-7E, separated by a space. */
	for (const char *c = scope; *c; c++)
		if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\')
			return false;
	return true;
}

bool scope_has(const char *scope, const char *word)
{
	const size_t length = strlen(word);

	for (const char *at = scope; at && *at;) {
		size_t here = strcspn(at, " ");

		if (here == length && memcmp(at, word, length) == 0)
			return true;
		at += here;
		at += strspn(at, " ");
	}
	return false;
}

static bool is_listed(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(list[i], word))
			return true;
	return false;
}

const char **scope_all(struct arena *a)
{
	LIST(const char *) all = { 0 };

	*list_add(a, &all) = "openid";
	for (size_t i = 0; i < attribute_count; i++) {
		const char *word = attributes[i].scope;

		if (*word && !is_listed(all.at, all.count, word))
			*list_add(a, &all) = word;
	}
	*list_add(a, &all) = NULL;
	return all.at;
}

char *scope_known(struct arena *a, const char *scope)
{
	struct text known = text_in(a);

	for (const char **word = scope_all(a); *word; word++)
		if (scope_has(scope, *word))
			text_addf(&known, "%s%s", known.length ? " " : "",
			          *word);
	return known.at;
}

bool scope_within(struct arena *a, const char *scope, const char *wider)
{
	for (char **word = text_split(a, scope, " ", NULL); *word; word++)
		if (!scope_has(wider, *word))
			return false;
	return true;
}
