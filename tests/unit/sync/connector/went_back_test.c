/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/connector/went_back.h"

#define CSN_1   "20261121000000.000000Z#000000#001#000000"
#define CSN_2   "20261122000000.000000Z#000000#001#000000"
#define OTHER_1 "20261121000000.000000Z#000000#002#000000"
#define OTHER_2 "20261122000000.000000Z#000000#002#000000"

static void a_provider_with_an_older_csn_went_back(void **state)
{
	static const struct {
		const char *before, *after;
		bool went_back;
	} rows[] = {
		{ "rid=000,csn=" CSN_1, "rid=000,csn=" CSN_2, false },
		{ "rid=000,csn=" CSN_2, "rid=000,csn=" CSN_2, false },
		{ "rid=000,csn=" CSN_2, "rid=000,csn=" CSN_1, true },
		/* Another provider proves nothing of this one. */
		{ "rid=000,csn=" CSN_2, "rid=000,csn=" OTHER_1, false },
		{ "rid=000,csn=" CSN_1 ";" OTHER_2,
		  "rid=000,csn=" CSN_2 ";" OTHER_1, true },
		{ "rid=000,csn=" CSN_1 ";" OTHER_1,
		  "rid=000,csn=" OTHER_2 ";" CSN_1, false },
		{ "rid=000", "rid=000,csn=" CSN_1, false },
		{ "rid=000,csn=" CSN_2, "rid=000", false },
		{ "", "", false },
		{ "csn=nonsense", "csn=", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (went_back_by_csn(rows[i].before, rows[i].after) !=
		    rows[i].went_back)
			fail_msg("%s -> %s", rows[i].before, rows[i].after);
}

TESTS(a_provider_with_an_older_csn_went_back)
