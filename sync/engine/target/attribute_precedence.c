/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_precedence.c: selects the value where directories disagree about a
 * person: from the directory that the configuration prefers, else from the
 * first entry in order of precedence (reconcile_plan.c), never the latest. */
#include "sync/engine/target/attribute_precedence.h"

#include "lib/strbuf.h"
#include "sync/engine/source/source_entry.h"

static bool precedence_has_value(const struct source_entry *entry,
                                 const char *const *fields)
{
	for (; *fields; fields++)
		if (source_entry_value(entry, *fields))
			return true;
	return false;
}

static const struct source_entry *precedence_first_with_value(
    const struct source_entry *const *live, size_t count, const char *directory,
    const char *const *fields)
{
	for (size_t i = 0; i < count; i++)
		if ((!directory || text_equal(live[i]->directory, directory)) &&
		    precedence_has_value(live[i], fields))
			return live[i];
	return NULL;
}

const struct source_entry *attribute_precedence_select(
    const struct config *cfg, enum config_precedence what,
    const struct source_entry *const *live, size_t count)
{
	static const char *const fields[][4] = {
		[PRECEDENCE_NAME] = { "name", "given-name", "family-name" },
		[PRECEDENCE_LANGUAGE] = { "language" },
	};
	const struct source_entry *entry = NULL;

	for (char **d = cfg->precedence[what]; d && *d && !entry; d++)
		entry =
		    precedence_first_with_value(live, count, *d, fields[what]);
	return entry ? entry
	             : precedence_first_with_value(live, count, NULL,
	                                           fields[what]);
}
