/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_report.c: `portvaktctl sync feide`: the errors of a school owner's
 * tree, each with a remedy.  Lists people by login name and id, so that they
 * can be found in the source directory. */
#include <string.h>

#include "lib/text.h"
#include "sync/writer/feide.h"
#include "sync/writer/state.h"

static json_t *found_in(struct arena *a, const char *text)
{
	json_t *whole = NULL;

	if (!text || !js_read(a, text, strlen(text), &whole, NULL))
		return NULL;
	return js_array(whole, "found");
}

static void tell_one(const struct question *q, char **row, const json_t *one)
{
	const char *about = js_string(one, "about");
	bool more = about && *about && !text_equal(about, row[1]);

	answer_line(q, "%s %s (%s%s%s)%s", js_string(one, "error"),
	            row[1] ? row[1] : "-", row[0], more ? ": " : "",
	            more ? about : "", row[2] ? "" : ", not published");
}

/* Each error class once, with its description, then the people it concerns. */
static void tell_class(const struct question *q, char ***rows, size_t count,
                       enum feide_error e)
{
	const struct feide_error_text *text = feide_error_text(e);
	bool told = false;

	for (size_t i = 0; i < count; i++) {
		const json_t *found = found_in(q->arena, rows[i][3]);

		for (size_t f = 0; f < json_array_size(found); f++) {
			const json_t *one = json_array_get(found, f);

			if (!text_equal(js_string(one, "error"), text->word))
				continue;
			if (!told)
				answer_line(q, "%s: %s.  %s.", text->word,
				            text->means, text->mend);
			told = true;
			tell_one(q, rows[i], one);
		}
	}
}

static void tell_units(const struct question *q, const struct feide *f)
{
	const json_t *found = feide_check_units(q->arena, f);

	for (size_t i = 0; i < json_array_size(found); i++)
		answer_line(q, "%s %s",
		            js_string(json_array_get(found, i), "error"),
		            js_string(json_array_get(found, i), "about"));
}

static void tell_tree(const struct question *q, const struct municipality *m)
{
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT affiliation, uid, form IS NOT NULL,"
	                          " found FROM feide WHERE municipality = ?1"
	                          " AND found IS NOT NULL ORDER BY uid, 1",
	                          "t", m->name);

	for (size_t i = 0; i < count; i++)
		rows[i][2] = text_equal(rows[i][2], "1") ? rows[i][2] : NULL;
	answer_line(q,
	            "%s: %lld people published, %lld not, %zu with errors, "
	            "%zu schools",
	            m->name,
	            (long long)state_number("SELECT count(*) FROM feide WHERE"
	                                    " municipality = ?1"
	                                    " AND form IS NOT NULL",
	                                    "t", m->name),
	            (long long)state_number("SELECT count(*) FROM feide WHERE"
	                                    " municipality = ?1"
	                                    " AND form IS NULL",
	                                    "t", m->name),
	            count, m->feide->school_count);
	tell_units(q, m->feide);
	for (int e = FEIDE_GOOD + 1; e <= FEIDE_PROTECTED; e++)
		tell_class(q, rows, count, (enum feide_error)e);
}

bool feide_tell(const struct question *q, char **words, struct fault *why)
{
	const struct municipality *m =
	    words[1] ? region_municipality(q->region, words[1]) : NULL;

	if (!m || !m->feide)
		return fault(why, FAULT_INVALID,
		             "feide of which school owner?");
	tell_tree(q, m);
	return true;
}
