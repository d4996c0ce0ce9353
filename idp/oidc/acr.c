/* SPDX-License-Identifier: AGPL-3.0-or-later
 * acr.c: selects from the acr_values and ui_locales parameters (OpenID Connect
 * Core 3.1.2.1). */
#include "idp/oidc/acr.h"

#include "idp/oauth/scope.h"
#include "lib/strbuf.h"

const char *const acr_values_supported[] = {
	"idporten-loa-low",
	"idporten-loa-substantial",
	"https://refeds.org/profile/mfa",
	"idporten-loa-high",
	NULL,
};

static const char *ui_locales_supported(const struct config *cfg,
                                        const char *tag)
{
	/* BCP 47: "no" covers nb and nn; nb is the usual meaning. */
	if (text_equal(tag, "no"))
		tag = "nb";
	for (char **language = cfg->languages; language && *language;
	     language++)
		if (text_equal(*language, tag))
			return *language;
	return NULL;
}

const char *ui_locales_select(struct arena *a, const struct config *cfg,
                              const char *locales)
{
	for (char **tag = text_split(a, locales, " ", NULL); *tag; tag++) {
		char **parts = text_split(a, text_lower(a, *tag), "-", NULL);
		const char *found =
		    *parts ? ui_locales_supported(cfg, *parts) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

const char *acr_select(const char *values)
{
	for (const char *const *acr = acr_values_supported; *acr; acr++)
		if (scope_has(values, *acr))
			return *acr;
	return NULL;
}
