/* SPDX-License-Identifier: AGPL-3.0-or-later
 * derived_entry.c: catalogue entries derived from other entries and the
 * configuration, which may be removed and created again: municipalities,
 * Feide's trees. */
#include "sync/engine/catalogue/derived_entry.h"

#include <string.h>

#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/entry_json.h"

static struct directory_change derived_classes_change(
    struct arena *a, const char *const *classes)
{
	size_t count = 0;

	while (classes[count])
		count++;
	struct directory_value *values =
	    arena_array(a, struct directory_value, count);
	for (size_t i = 0; i < count; i++)
		values[i] = (struct directory_value){ (char *)classes[i],
			                              strlen(classes[i]) };
	return (struct directory_change){ CHANGE_REPLACE, "objectClass", values,
		                          count };
}

/* A concurrent write is corrected by the next run. */
bool derived_entry_converge(const struct config *cfg, struct arena *a,
                            const struct derived_entry *d, struct error *err)
{
	struct current_entry now = { .arena = a, .names = d->names };
	enum directory_write_result result = WRITE_FAILED;
	size_t count = 0;
	char *names = NULL;
	char *csn = NULL;

	if (!current_entry_read(cfg, &now, d->dn, err))
		return false;
	const struct directory_change *changes =
	    entry_json_diff(a, now.attrs, d->attrs, &count, &names);
	if (now.attrs && count == 0)
		return true;
	if (now.attrs)
		return catalogue_modify(catalogue_writer, cfg, a, d->dn,
		                        changes, count, now.csn, &result, &csn,
		                        err);
	struct directory_change *all_changes =
	    arena_array(a, struct directory_change, count + 1);
	if (count > 0)
		memcpy(all_changes, changes, count * sizeof(*changes));
	all_changes[count] = derived_classes_change(a, d->classes);
	return catalogue_add(catalogue_writer, cfg, a, d->dn, all_changes,
	                     count + 1, &result, &csn, err);
}

bool derived_entry_remove(const struct config *cfg, struct arena *a,
                          const char *dn, struct error *err)
{
	enum directory_write_result result = WRITE_FAILED;

	return catalogue_delete(catalogue_writer, cfg, a, dn, &result, err);
}
