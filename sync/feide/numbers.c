/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id_publish.c: publishes norEduPersonNIN for the people of a school
 * owner's tree whose agreement allows it.  Numbers are decrypted here, written,
 * and wiped at the end of the round. */
#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "sync/feide/feide.h"

static const char purpose[] = "national-id";

/* Sets *ret_number to NULL where the person has no number, or where our key
 * does not decrypt it. */
static bool number_of(struct publisher *f, const char *person,
                      const char **ret_number, struct fault *why)
{
	const char *sealed = NULL;
	unsigned char *bytes = NULL;
	size_t length = 0;

	*ret_number = NULL;
	if (!feide_sealed(f, person, &sealed, why))
		return false;
	if (!sealed)
		return true;
	if (!seal_open(f->arena, &f->key, 1, purpose, sealed, &bytes, &length,
	               NULL)) {
		log_warn("a sealed number does not open: is @seal the one it "
		         "was sealed with?",
		         "person", person, NULL);
		return true;
	}
	*ret_number = (const char *)bytes;
	return true;
}

static bool bring(struct publisher *f, const struct feide_entry *e, bool agreed,
                  size_t *changed, struct fault *why)
{
	const char *number = NULL;

	if (agreed && !number_of(f, e->person, &number, why))
		return false;
	if (text_equal(number, e->number) || (!number && !e->number))
		return true;
	if (!feide_publish(f, e->dn, number, why))
		return false;
	(*changed)++;
	return true;
}

static bool bring_owner(struct publisher *f, const struct municipality *m,
                        bool whole, size_t *changed, struct fault *why)
{
	bool agreed = m->feide && m->feide->national_id;
	struct feide_entry *entries = NULL;
	size_t count = 0;

	if (!feide_entries(f, m->name, agreed && !whole, &entries, &count, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!bring(f, &entries[i], agreed, changed, why))
			return false;
	return true;
}

bool numbers_round(struct publisher *f, bool whole, size_t *ret_changed,
                   struct fault *why)
{
	const struct region *r = f->region;
	size_t changed = 0;

	for (size_t i = 0; i < r->municipality_count; i++)
		if (r->municipalities[i].feide &&
		    !bring_owner(f, &r->municipalities[i], whole, &changed,
		                 why))
			return false;
	*ret_changed = changed;
	return true;
}
