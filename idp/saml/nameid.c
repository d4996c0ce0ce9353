/* SPDX-License-Identifier: AGPL-3.0-or-later
 * nameid.c: name identifiers (SAML Core 8.3): persistent (pairwise per SP),
 * transient, or the e-mail address. */
#include "idp/saml/nameid.h"

#include <string.h>

#include "idp/saml/names.h"
#include "lib/random.h"
#include "lib/text.h"
#include "lib/xml.h"

static const struct {
	const char *word, *format;
} kinds[] = {
	{ "persistent", FORMAT_PERSISTENT },
	{ "transient", FORMAT_TRANSIENT },
	{ "mail", FORMAT_MAIL },
};

/* docs/decisions/0001: derived from the person's or the affiliation's id. */
static bool make_persistent(struct visit *v, const struct entry *e,
                            const char *entity_id, const char **ret_value,
                            struct fault *why)
{
	bool by_affiliation = e->service->subject == SUBJECT_AFFILIATION;
	json_t *question = js_keep(
	    v->arena,
	    json_pack("{s:s, s:s, s:s, s:s}", "issuer", e->issuer->name, "kind",
	              "nameid", "sector", entity_id, "id",
	              by_affiliation
	                  ? e->affiliation->id
	                  : person_known_as(e->person, e->affiliation)));
	json_t *answer;

	if (!ask(v->staff->keeper, v->arena, ASK_SUBJECT, v->region->hash,
	         question, &answer, why))
		return false;
	*ret_value = js_string(answer, "value");
	return *ret_value || fault_for(why, FAULT_UNAVAILABLE, "keeper-away",
	                               "the keeper gave no name");
}

static const char *make_transient(struct visit *v, const struct entry *e)
{
	struct name_id noted;

	if (e->part && nameid_read(v->arena, e->part->name_id, &noted) &&
	    text_equal(noted.format, FORMAT_TRANSIENT))
		return noted.value;
	return arena_print(v->arena, "_%s", random_secret(v->arena));
}

bool nameid_make(struct visit *v, const struct entry *e, const char *entity_id,
                 const char *format, struct name_id *ret_name,
                 struct fault *why)
{
	struct name_id n = { .format = format };

	if (text_equal(format, FORMAT_TRANSIENT))
		n.value = make_transient(v, e);
	else if (text_equal(format, FORMAT_MAIL))
		n.value = xml_may_hold(e->affiliation->mail)
		              ? e->affiliation->mail
		              : NULL;
	else if (!make_persistent(v, e, entity_id, &n.value, why))
		return false;
	*ret_name = n;
	return true;
}

char *nameid_write(struct arena *a, const struct name_id *n)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i].format, n->format))
			return arena_print(a, "%s %s", kinds[i].word, n->value);
	return NULL;
}

bool nameid_read(struct arena *a, const char *noted, struct name_id *ret_name)
{
	const char *blank = noted ? strchr(noted, ' ') : NULL;

	for (size_t i = 0; blank && i < LENGTH(kinds); i++) {
		size_t length = strlen(kinds[i].word);

		if ((size_t)(blank - noted) != length ||
		    strncmp(noted, kinds[i].word, length) != 0)
			continue;
		ret_name->format = kinds[i].format;
		ret_name->value = arena_copy(a, blank + 1);
		return true;
	}
	return false;
}
