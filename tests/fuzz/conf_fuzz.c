/* SPDX-License-Identifier: AGPL-3.0-or-later
 * conf_fuzz.c: arbitrary bytes as a configuration. If parsing returns no error,
 * formatting and parsing again returns the same statements. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/conf_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_word keywords[];

static const struct conf_word keywords[] = {
	{ .name = "region",
	  .least = 1,
	  .most = 1,
	  .args = { { CONF_NAME } },
	  .block = keywords,
	  .required = true,
	  .times = CONF_EACH },
	{ .name = "network",
	  .least = 2,
	  .most = CONF_MANY,
	  .args = { { CONF_NAME }, { CONF_NETWORK } } },
	{ .name = "login", .least = 1, .most = 1, .args = { { CONF_URL } } },
	{ .name = "read",
	  .least = 1,
	  .most = 3,
	  .times = CONF_OFTEN,
	  .args = { { CONF_SPAN }, { CONF_DATE }, { CONF_PERCENT } } },
	{ .name = "secret",
	  .most = 3,
	  .args = { { CONF_SECRET }, { CONF_HOST }, { CONF_COLOUR } } },
	{ .name = "kind",
	  .least = 1,
	  .most = 2,
	  .args = { { CONF_ONE_OF, .words = "openldap active-directory" },
	            { CONF_NUMBER, .least = 1, .most = 64 } } },
	{ .name = "rules", .block = conf_anything },
	{ .name = NULL },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	struct conf_complaints wrong = { .arena = a };
	struct conf_block top, parsed_again;

	bool good = conf_read_bytes(a, "fuzz.conf", (const char *)data, size,
	                            &top, &wrong);
	assert(good == (wrong.count == 0));
	if (good) {
		char *text = conf_text(a, &top);

		assert(conf_read_bytes(a, "again.conf", text, strlen(text),
		                       &parsed_again, &wrong));
		assert(strcmp(conf_text(a, &parsed_again), text) == 0);
	}
	conf_check(&top, keywords, &wrong);
	for (size_t i = 0; i < wrong.count; i++)
		assert(wrong.at[i].line >= 1 && wrong.at[i].column >= 1);
	arena_close(a);
	return 0;
}
