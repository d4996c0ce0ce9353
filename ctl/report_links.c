/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_links.c: joins across municipalities and proved links of the last day,
 * listed to each municipality, because each can part them. */
#include "ctl/report_links.h"

#include <stdio.h>

#include "lib/strbuf.h"

enum link_message { HEADING, ALSO, UNPROVED, PROVED, PART, MESSAGES };

/* clang-format off */
static const char *const link_messages[MESSAGES][3] = {
	[HEADING] = { "Koblet mellom kommuner det siste døgnet:", "Kopla mellom kommunar det siste døgnet:", "Joined across municipalities in the last 24 hours:" },
	[ALSO] = { "er også", "er òg", "is also" },
	[UNPROVED] = { "samme fødselsnummer og navn, ikke bekreftet", "same fødselsnummer og namn, ikkje stadfesta", "same number and name, not proved" },
	[PROVED] = { "bekreftet samme person", "stadfesta same person", "proved to be the same person" },
	[PART] = { "Er det feil", "Er det feil", "If this is wrong" },
};
/* clang-format on */

static const json_t *link_affiliation_of(const json_t *line,
                                         const char *municipality)
{
	const json_t *all = js_array(line, "affiliations");

	for (size_t i = 0; i < json_array_size(all); i++)
		if (text_equal(
			js_string(json_array_get(all, i), "municipality"),
			municipality))
			return json_array_get(all, i);
	return NULL;
}

/* Returns the entries of the person in other municipalities. */
static const char *link_entries_elsewhere(struct arena *a, const json_t *line,
                                          const char *municipality)
{
	const json_t *all = js_array(line, "affiliations");
	struct strbuf text = strbuf_init(a);

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);

		if (!text_equal(js_string(one, "municipality"), municipality))
			strbuf_appendf(&text, "%s%s", text.length ? " " : "",
			               js_string(one, "entry"));
	}
	return text.data;
}

static void report_print_link(struct arena *a, const struct municipality *m,
                              const json_t *line, int language)
{
	const json_t *own = link_affiliation_of(line, m->name);
	const char *elsewhere = link_entries_elsewhere(a, line, m->name);
	bool is_proved = js_number(line, "proved", 0) > 0;

	printf("  %s: %s (%s) %s %s: %s. %s: portvaktctl person split %s %s "
	       "--by ... --reason ...\n",
	       m->name, js_string(own, "name") ?: js_string(line, "person"),
	       js_string(own, "entry"), link_messages[ALSO][language],
	       elsewhere,
	       link_messages[is_proved ? PROVED : UNPROVED][language],
	       link_messages[PART][language], js_string(line, "person"),
	       elsewhere);
}

void report_print_links(struct arena *a, const struct config *cfg,
                        const json_t *links, int language)
{
	if (json_array_size(links) == 0)
		return;
	printf("\n%s\n", link_messages[HEADING][language]);
	for (size_t m = 0; m < cfg->municipality_count; m++)
		for (size_t i = 0; i < json_array_size(links); i++) {
			const json_t *line = json_array_get(links, i);

			if (link_affiliation_of(line,
			                        cfg->municipalities[m].name))
				report_print_link(a, &cfg->municipalities[m],
				                  line, language);
		}
}
