/* SPDX-License-Identifier: AGPL-3.0-or-later
 * user_agent_test.c: summaries of User-Agent headers. */
#include "tests/unit/test.h"

#include "idp/session/user_agent.h"

static const struct {
	const char *header, *summary;
} agents[] = {
	{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
	  "(KHTML, "
	  "like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
	  "Edge, Windows" },
	{ "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
	  "Firefox/128.0",
	  "Firefox, Linux" },
	{ "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
	  "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
	  "Safari, iPad" },
	{ "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, "
	  "like Gecko) Chrome/126.0.0.0 Safari/537.36",
	  "Chrome, ChromeOS" },
	{ "curl/8.0", "" },
	{ "\xff\xfe<script>", "" },
	{ "", "" },
	{ NULL, "" },
};

/* Only names of the table are returned, no text of the header. */
static void browser_name_comes_from_the_table(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(agents); i++)
		assert_string_equal(user_agent_summary(a, agents[i].header),
		                    agents[i].summary);
	arena_close(a);
}

TESTS(browser_name_comes_from_the_table)
