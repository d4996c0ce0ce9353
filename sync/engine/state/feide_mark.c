/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_mark.c: marks affiliations whose entry in a Feide tree may change. */
#include "sync/engine/state/feide_mark.h"

#include <stdatomic.h>

#include "sync/engine/state/state.h"

static atomic_bool trees_enabled = true;

void feide_mark_set_enabled(bool any)
{
	atomic_store(&trees_enabled, any);
	if (any)
		return;
	state_lock();
	state_exec("DELETE FROM feide", "");
	state_exec("DELETE FROM feide_due", "");
	state_unlock();
}

void feide_mark_affiliation(const char *affiliation)
{
	if (!atomic_load(&trees_enabled))
		return;
	state_exec("INSERT INTO feide_due(affiliation) VALUES(?1)"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "t", affiliation);
}

void feide_mark_person(const char *person)
{
	if (!atomic_load(&trees_enabled))
		return;
	state_exec("INSERT INTO feide_due(affiliation) SELECT id FROM"
	           " affiliations WHERE person = ?1"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "t", person);
}

void feide_mark_group_members(const char *group)
{
	if (!atomic_load(&trees_enabled))
		return;
	state_exec("INSERT INTO feide_due(affiliation) SELECT member FROM"
	           " holding WHERE grp = ?1"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "t", group);
}
