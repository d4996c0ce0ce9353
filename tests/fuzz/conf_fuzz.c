/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_fuzz.c: arbitrary bytes as a configuration. If parsing returns no error,
 * formatting and parsing again returns the same statements. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/conf/conf_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_keyword keywords[];

static const struct conf_renamed former_kinds[] = {
	{ "ad", "active-directory" }, { "x", NULL }, { NULL, NULL }
};

static const struct conf_keyword keywords[] = {
	{ .name = "region",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_NAME } },
	  .block = keywords,
	  .required = true,
	  .occurrence = CONF_ONCE_PER_NAME },
	{ .name = "network",
	  .min_args = 2,
	  .max_args = CONF_UNLIMITED,
	  .args = { { CONF_NAME }, { CONF_NETWORK } } },
	{ .name = "login-url",
	  .formerly = "login",
	  .min_args = 1,
	  .max_args = 1,
	  .args = { { CONF_URL } } },
	{ .name = "map",
	  .min_args = 1,
	  .max_args = 3,
	  .occurrence = CONF_REPEATABLE,
	  .args = { { CONF_DURATION }, { CONF_DATE }, { CONF_PERCENT } } },
	{ .name = "secret",
	  .max_args = 3,
	  .args = { { CONF_SECRET }, { CONF_HOST }, { CONF_COLOUR } } },
	{ .name = "kind",
	  .min_args = 1,
	  .max_args = 2,
	  .args = { { CONF_ONE_OF, .choices = "openldap active-directory",
	              .renamed = former_kinds },
	            { CONF_NUMBER, .min = 1, .max = 64 } } },
	{ .name = "rules", .block = conf_any_statement },
	{ .name = NULL },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct conf_errors wrong = { .arena = a };
	struct conf_block top, parsed_again;

	bool good = conf_syntax_parse_bytes(a, "fuzz.conf", (const char *)data,
	                                    size, &top, &wrong);
	assert(good == (wrong.count == 0));
	if (good) {
		char *text = conf_syntax_format(a, &top);

		assert(conf_syntax_parse_bytes(a, "again.conf", text,
		                               strlen(text), &parsed_again,
		                               &wrong));
		assert(strcmp(conf_syntax_format(a, &parsed_again), text) == 0);
	}
	conf_schema_check(&top, keywords, &wrong);
	for (size_t i = 0; i < wrong.count; i++)
		assert(wrong.at[i].line >= 1 && wrong.at[i].column >= 1);
	arena_close(a);
	return 0;
}
