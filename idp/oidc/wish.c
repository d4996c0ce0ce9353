/* SPDX-License-Identifier: AGPL-3.0-or-later
 * acr.c: selects from the acr_values and ui_locales parameters (OpenID Connect
 * Core 3.1.2.1). */
#include "idp/oidc/wish.h"

#include "idp/oidc/scope.h"
#include "lib/text.h"

const char *const wish_acrs[] = {
	"idporten-loa-low",
	"idporten-loa-substantial",
	"https://refeds.org/profile/mfa",
	"idporten-loa-high",
	NULL,
};

static const char *spoken(const struct region *r, const char *tag)
{
	/* BCP 47: "no" covers nb and nn; nb is the usual meaning. */
	if (text_equal(tag, "no"))
		tag = "nb";
	for (char **language = r->languages; language && *language; language++)
		if (text_equal(*language, tag))
			return *language;
	return NULL;
}

const char *wish_language(struct arena *a, const struct region *r,
                          const char *locales)
{
	for (char **tag = text_split(a, locales, " ", NULL); *tag; tag++) {
		char **parts = text_split(a, text_lower(a, *tag), "-", NULL);
		const char *found = *parts ? spoken(r, *parts) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

const char *wish_acr(const char *values)
{
	for (const char *const *acr = wish_acrs; *acr; acr++)
		if (scope_has(values, *acr))
			return *acr;
	return NULL;
}
