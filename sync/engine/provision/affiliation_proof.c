/* SPDX-License-Identifier: AGPL-3.0-or-later
 * affiliation_proof.c: derives doubts from the quarantine, and proved links
 * from operators' overrides and from what people proved themselves. */
#include "sync/engine/provision/affiliation_proof.h"

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"

/* ---- doubts */

/* A directory of the person that was not read may confirm the doubt. */
static bool proof_sources_were_read(const char *directory, const char *anchor)
{
	return state_number("SELECT count(*) FROM affiliations AS f"
	                    " JOIN affiliations AS o ON o.person = f.person"
	                    " LEFT JOIN sources AS s"
	                    " ON s.directory = o.directory"
	                    " WHERE f.directory = ?1 AND f.anchor = ?2"
	                    " AND coalesce(s.wholes, 0) = 0",
	                    "tt", directory, anchor) == 0;
}

static bool proof_is_pending(const char *directory, const char *anchor)
{
	return state_number("SELECT count(*) FROM dirty WHERE directory = ?1"
	                    " AND anchor = ?2",
	                    "tt", directory, anchor) > 0;
}

const char *proof_doubt(const char *reason, const json_t *before,
                        const char *directory, const char *anchor,
                        bool evaluated)
{
	const char *written = entry_json_value(before, "portvaktDoubt");

	if (reason || !written)
		return reason;
	if (!proof_sources_were_read(directory, anchor) ||
	    (!evaluated && proof_is_pending(directory, anchor)))
		return written;
	return NULL;
}

/* ---- proved links */

static bool proof_is_of_person(const struct affiliation_proof *all,
                               size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(all[i].id, id))
			return !all[i].doubt;
	return false;
}

struct proved_links {
	VECTOR(const char *) ids;
};

static void proof_collect_links(struct arena *a, struct proved_links *links,
                                const struct affiliation_proof *h,
                                const struct affiliation_proof *all,
                                size_t count)
{
	size_t row_count = 0;

	if (!h->has_links || h->doubt)
		return;
	char ***rows = state_rows(a, &row_count,
	                          "SELECT o.subject FROM decided AS x"
	                          " JOIN decided AS o ON o.id = x.id"
	                          " WHERE x.subject = ?1 AND x.decides = 'link'"
	                          " AND o.subject <> ?1",
	                          "t", h->id);
	for (size_t i = 0; i < row_count; i++)
		if (proof_is_of_person(all, count, rows[i][0]))
			*vector_append(a, &links->ids) = rows[i][0];
}

/* ---- the attributes */

const json_t *proof_set(struct arena *a, const json_t *attrs,
                        const struct affiliation_proof *h,
                        const struct affiliation_proof *all, size_t count)
{
	static const char before[] = "portvaktPersonBefore";
	static const char doubt[] = "portvaktDoubt";
	static const char link[] = "portvaktProvedLink";
	struct proved_links links = { 0 };

	if (!attrs)
		return NULL;
	proof_collect_links(a, &links, h, all, count);
	if (text_equal(entry_json_value(attrs, before), h->person_before) &&
	    text_equal(entry_json_value(attrs, doubt), h->doubt) &&
	    links.ids.count == 0 && !js_array(attrs, link))
		return attrs;
	json_t *changed = js_own(a, json_deep_copy(attrs));

	entry_json_set(changed, before, h->person_before);
	entry_json_set(changed, doubt, h->doubt);
	entry_json_set_values(changed, link, links.ids.at, links.ids.count);
	return changed;
}

/* ---- precedence */

static bool proof_is_home(const struct affiliation_proof *h,
                          const struct affiliation_proof *all, size_t count)
{
	if (!h->person_before)
		return true;
	for (size_t i = 0; i < count; i++)
		if (!all[i].person_before &&
		    text_equal(all[i].municipality, h->municipality))
			return true;
	return false;
}

bool proof_is_unproved(const json_t *attrs, const struct affiliation_proof *h,
                       const struct affiliation_proof *all, size_t count)
{
	const json_t *links = js_array(attrs, "portvaktProvedLink");

	if (proof_is_home(h, all, count))
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < json_array_size(links); k++)
			if (text_equal(
				json_string_value(json_array_get(links, k)),
				all[i].id) &&
			    proof_is_home(&all[i], all, count))
				return false;
	return true;
}
