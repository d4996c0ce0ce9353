/* SPDX-License-Identifier: AGPL-3.0-or-later
 * context_init_test.c: negotiation of the language. */
#include "tests/unit/test.h"

#include "idp/web/context_init.h"

static const struct {
	const char *address, *cookie, *browser, *language;
} cases[] = {
	{ NULL, NULL, NULL, "nn" }, /* first of the region */
	{ NULL, NULL, "nb-NO,nb;q=0.9", "nb" },
	{ NULL, NULL, "no", "nb" },
	{ NULL, NULL, "NN-no", "nn" },
	{ NULL, NULL, "de,fr;q=0.9", "nn" },
	{ NULL, NULL, "de,en-GB;q=0.8,nb;q=0.3", "en" },
	{ NULL, NULL, "en;q=0.1, nn;q=0.9", "nn" },
	{ NULL, NULL, "en;q=0, nb;q=0.5", "nb" },
	{ NULL, NULL, "nbx", "nn" },
	{ NULL, NULL, ";;;,,q=", "nn" },
	{ NULL, "tinn.nb", "en", "nb" },
	{ NULL, ".en", NULL, "en" },
	{ NULL, "tinn.", "en", "en" },
	{ NULL, "rubbish", "en", "en" },
	{ NULL, "a.xx", "en", "en" },
	{ "en", "tinn.nb", "nn", "en" },
	{ "xx", "tinn.nb", "nn", "nb" },
};

static void language_is_negotiated(void **state)
{
	char nn[] = "nn", nb[] = "nb";
	char *offered[] = { nn, nb, NULL };
	const struct config cfg = { .languages = offered };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct arena *a = arena_open();
		struct http_field param = { "language", cases[i].address };
		struct http_field cookie = { "__Host-portvakt-choice",
			                     cases[i].cookie };
		struct http_field header = { "accept-language",
			                     cases[i].browser };
		const struct request r = {
			.arena = a,
			.query_params = &param,
			.query_count = cases[i].address != NULL,
			.cookies = &cookie,
			.cookie_count = cases[i].cookie != NULL,
			.headers = &header,
			.header_count = cases[i].browser != NULL,
		};
		const char *language = negotiate_language(&r, &cfg);

		if (strcmp(language, cases[i].language) != 0)
			fail_msg("case %zu: %s", i, language);
		arena_close(a);
	}
}

TESTS(language_is_negotiated)
