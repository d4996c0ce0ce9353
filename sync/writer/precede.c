/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_precedence.c: selects the value where directories disagree about a
 * person: from the directory that the configuration prefers, else from the
 * first entry in order of precedence (reconcile_plan.c), never the latest. */
#include "lib/text.h"
#include "sync/writer/writer.h"

static bool says(const struct record *record, const char *const *fields)
{
	for (; *fields; fields++)
		if (record_text(record, *fields))
			return true;
	return false;
}

static const struct record *first_that_says(const struct record *const *live,
                                            size_t count, const char *directory,
                                            const char *const *fields)
{
	for (size_t i = 0; i < count; i++)
		if ((!directory || text_equal(live[i]->directory, directory)) &&
		    says(live[i], fields))
			return live[i];
	return NULL;
}

const struct record *precede(const struct region *r, enum prefer what,
                             const struct record *const *live, size_t count)
{
	static const char *const fields[][4] = {
		[PREFER_NAME] = { "name", "given-name", "family-name" },
		[PREFER_LANGUAGE] = { "language" },
	};
	const struct record *one = NULL;

	for (char **d = r->prefers[what]; d && *d && !one; d++)
		one = first_that_says(live, count, *d, fields[what]);
	return one ? one : first_that_says(live, count, NULL, fields[what]);
}
