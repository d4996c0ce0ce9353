/* SPDX-License-Identifier: AGPL-3.0-or-later
 * purge_check.c: whether a municipality that has left is to be removed. */
#include "sync/engine/target/purge_check.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"

static bool purge_is_approved(struct arena *a, const char *municipality)
{
	size_t count = 0;
	const struct sync_override *all =
	    overrides_list(a, "leave", municipality, &count);

	for (size_t i = 0; i < count; i++)
		for (const char **s = all[i].subjects; *s; s++)
			if (text_equal(*s, "step remove"))
				return true;
	return false;
}

bool purge_is_due(struct arena *a, const struct config *cfg,
                  const struct municipality *m)
{
	return municipality_is_offboarded(m, clock_now()) && !m->issuer &&
	       m->source_mapping_count == 0 &&
	       config_issuer(cfg, m->name) == NULL &&
	       purge_is_approved(a, m->name);
}

bool purge_includes(struct arena *a, const struct config *cfg,
                    const json_t *attrs)
{
	const char *name = entry_json_value(attrs, "portvaktMunicipality");
	const struct municipality *m =
	    name ? config_municipality(cfg, name) : NULL;

	return m && purge_is_due(a, cfg, m);
}
