/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plan_values.c: suspension, its end, and the encrypted number. */
#include "sync/engine/provision/plan_values.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"

const json_t *plan_suspended_attrs(struct arena *a, json_t *attrs,
                                   const json_t *before)
{
	const char *since = entry_json_value(before, "portvaktSuspended");

	entry_json_set(attrs, "portvaktStatus", "suspended");
	entry_json_set(attrs, "portvaktSuspended",
	               since ? since
	                     : clock_format_generalized_time(a, clock_now()));
	return attrs;
}

/* By the grace period, or by the date of an operator's override. */
bool plan_grace_is_over(struct arena *a, const struct config *cfg,
                        const char *id, const json_t *before)
{
	const char *since = entry_json_value(before, "portvaktSuspended");
	const struct sync_override *d = overrides_latest(a, "grace", id);
	int64_t when = 0;

	if (d && d->until > 0)
		return d->until <= clock_now();
	return since && clock_parse_generalized_time(since, &when) &&
	       when + cfg->delete_after <= clock_now();
}

/* The sealed number is written together with a new join value. */
const char *plan_sealed_id(const json_t *before, const json_t *after,
                           const struct source_entry *const *live, size_t count)
{
	const char *join_value = entry_json_value(after, "portvaktJoin");

	if (!join_value)
		return entry_json_value(before, "portvaktJoin") ? "" : NULL;
	if (text_equal(join_value, entry_json_value(before, "portvaktJoin")))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (text_equal(live[i]->join_value, join_value) &&
		    live[i]->sealed_national_id)
			return live[i]->sealed_national_id;
	return NULL;
}
