/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join_subject.c: the id from which services derive the subject identifiers of
 * an affiliation that joins a person of another municipality, also one who was
 * removed.  Until the link is proved it is an id of its own: otherwise an entry
 * with a number and a name of another municipality would open that person's
 * accounts at services. */
#include "sync/engine/correlation/join_private.h"

#include "lib/random.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/tombstones.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"

bool join_is_near(const struct join_context *m, char **row)
{
	struct classification s;
	const char *municipality = row[2];

	if (text_equal(row[0], m->entry->directory))
		return true;
	if (!municipality &&
	    source_entry_classify(m->arena, m->cfg,
	                          source_entry_load(m->arena, row[0], row[1]),
	                          &s))
		municipality = s.municipality->name;
	return text_equal(municipality, m->classification->municipality->name);
}

/* An affiliation of the municipality that was removed: the one that had the
 * person's own id, or the first.  NULL: none. */
static const struct tombstone_affiliation *join_subject_removed(
    const struct join_context *m, const struct tombstone_affiliation *all,
    size_t count)
{
	const struct tombstone_affiliation *found = NULL;

	for (size_t i = 0; i < count; i++)
		if (text_equal(all[i].municipality,
		               m->classification->municipality->name) &&
		    (!found || !all[i].person_before))
			found = &all[i];
	return found;
}

const char *join_subject_id(const struct join_context *m, const char *person)
{
	size_t count = 0;
	size_t removed_count = 0;
	char ***rows = state_rows(
	    m->arena, &count,
	    "SELECT directory, anchor,"
	    " json_extract(form, '$.portvaktMunicipality[0]'), person_before"
	    " FROM affiliations WHERE person = ?1"
	    " ORDER BY person_before IS NOT NULL, id",
	    "t", person);

	for (size_t i = 0; i < count; i++)
		if (join_is_near(m, rows[i]))
			return rows[i][3];
	const struct tombstone_affiliation *removed =
	    tombstone_affiliations(m->arena, person, &removed_count);
	const struct tombstone_affiliation *own =
	    join_subject_removed(m, removed, removed_count);

	if (own)
		return own->person_before;
	return count + removed_count > 0 ? random_uuid(m->arena) : NULL;
}
