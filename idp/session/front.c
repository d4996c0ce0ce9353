/* SPDX-License-Identifier: AGPL-3.0-or-later
 * protocol_registry.c: finds a protocol by name in the table of
 * idp/web/routes.c. */
#include "idp/front.h"

#include "lib/text.h"

const struct front *front_find(const struct visit *v, const char *name)
{
	for (const struct front *const *f = v->staff->fronts; *f; f++)
		if (text_equal((*f)->name, name))
			return *f;
	return NULL;
}
