/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join_return.c: a person who was removed, and an affiliation that was, get
 * their ids back from the tombstone.  An equal number decides: no name is
 * kept. */
#include "sync/engine/correlation/join_private.h"

#include "lib/random.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/tombstones.h"
#include "sync/engine/correlation/account_link.h"
#include "sync/engine/state/state.h"

static bool join_id_is_unused(const char *id)
{
	return state_number("SELECT count(*) FROM affiliations WHERE id = ?1",
	                    "t", id) == 0;
}

/* Returns whether the entry's municipality knew the person.  Another one must
 * not give itself the identifiers that services know. */
static bool join_municipality_knew(const struct join_context *m,
                                   const char *person)
{
	size_t count = 0;
	const struct tombstone_affiliation *all =
	    tombstone_affiliations(m->arena, person, &count);

	for (size_t i = 0; i < count; i++)
		if (text_equal(all[i].municipality,
		               m->classification->municipality->name))
			return true;
	return false;
}

const char *join_returning_person(const struct join_context *m,
                                  const char *join_value)
{
	const char *id =
	    join_value ? tombstone_person(m->arena, join_value) : NULL;

	/* One who is there has another number now. */
	return id && join_municipality_knew(m, id) &&
	               state_number("SELECT count(*) FROM people WHERE id = ?1",
	                            "t", id) == 0
	           ? id
	           : NULL;
}

/* The least id of several, independent of their order. */
static const struct tombstone_affiliation *join_returning_affiliation(
    const struct join_context *m, const char *person)
{
	size_t count = 0;
	const struct tombstone_affiliation *all =
	    tombstone_affiliations(m->arena, person, &count);

	for (size_t i = 0; i < count; i++)
		if (text_equal(all[i].municipality,
		               m->classification->municipality->name) &&
		    join_is_same_position(
			affiliation_type_from_name(all[i].kind),
			m->classification->kind) &&
		    join_id_is_unused(all[i].id))
			return &all[i];
	return NULL;
}

void join_create_link(const struct join_context *m, const char *person)
{
	const struct tombstone_affiliation *f =
	    join_returning_affiliation(m, person);

	if (f)
		link_restore(m->entry, person, f->id, f->person_before);
	else
		link_restore(m->entry, person, random_uuid(m->arena),
		             join_subject_id(m, person));
}
