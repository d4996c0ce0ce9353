/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_directory.c: the directories that a password may be sent to. */
#include "idp/login/login_private.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

static bool directory_seen_before(const struct municipality *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (m->source_mappings[k].directory ==
		    m->source_mappings[i].directory)
			return true;
	return false;
}

const struct directory_conf *login_directory(const struct municipality *m,
                                             size_t i)
{
	for (int replaces = 1; replaces >= 0; replaces--)
		for (size_t k = 0; k < m->source_mapping_count; k++) {
			const struct directory_conf *d =
			    m->source_mappings[k].directory;

			if (!directory_seen_before(m, k) &&
			    (d->replaces != NULL) == (replaces == 1) &&
			    i-- == 0)
				return d;
		}
	return NULL;
}

bool check_not_offboarded(const struct municipality *m, struct error *err)
{
	return !municipality_is_offboarded(m, clock_now()) ||
	       error_set_reason(err, ERROR_REFUSED, "organisation-migrated",
	                        "municipality %s is off-boarded", m->name);
}
