/* SPDX-License-Identifier: AGPL-3.0-or-later
 * derived_entry.c: catalogue entries derived from other entries and the
 * configuration, which may be removed and created again: municipalities,
 * Feide's trees. */
#include <string.h>

#include "sync/writer/apply.h"

static struct directory_change classes_change(struct arena *a,
                                              const char *const *classes)
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
bool derived_bring(const struct region *r, struct arena *a,
                   const struct derived *d, struct fault *why)
{
	struct reread now = { .arena = a, .names = d->names };
	enum write_result result = WRITE_FAILED;
	size_t count = 0;
	char *names = NULL;
	char *csn = NULL;

	if (!reread_entry(r, &now, d->dn, why))
		return false;
	const struct directory_change *changes =
	    form_changes(a, now.form, d->form, &count, &names);
	if (now.form && count == 0)
		return true;
	if (now.form)
		return catalogue_change(catalogue_writer, r, a, d->dn, changes,
		                        count, now.csn, &result, &csn, why);
	struct directory_change *whole =
	    arena_array(a, struct directory_change, count + 1);
	if (count > 0)
		memcpy(whole, changes, count * sizeof(*changes));
	whole[count] = classes_change(a, d->classes);
	return catalogue_add(catalogue_writer, r, a, d->dn, whole, count + 1,
	                     &result, &csn, why);
}

bool derived_remove(const struct region *r, struct arena *a, const char *dn,
                    struct fault *why)
{
	enum write_result result = WRITE_FAILED;

	return catalogue_remove(catalogue_writer, r, a, dn, &result, why);
}
