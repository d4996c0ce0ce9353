/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/session/agent.h"

static const struct {
	const char *said, *shown;
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

/* Nothing a stranger wrote is kept: only names out of our own table. */
static void a_browser_is_called_by_a_name_of_ours(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(agents); i++)
		assert_string_equal(agent_short(a, agents[i].said),
		                    agents[i].shown);
	arena_close(a);
}

TESTS(a_browser_is_called_by_a_name_of_ours)
