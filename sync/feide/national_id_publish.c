/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id_publish.c: publishes norEduPersonNIN for the people of a school
 * owner's tree whose agreement allows it.  Numbers are decrypted here, written,
 * and wiped at the end of the round. */
#include <string.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/feide/feide.h"

static const char purpose[] = "national-id";

/* Sets *ret_number to NULL where the person has no number, or where our key
 * does not decrypt it. */
static bool national_id_decrypt(struct publisher *f, const char *person,
                                const char **ret_number, struct error *err)
{
	const char *sealed = NULL;
	unsigned char *plaintext = NULL;
	size_t length = 0;

	*ret_number = NULL;
	if (!feide_read_sealed_nin(f, person, &sealed, err))
		return false;
	if (!sealed)
		return true;
	if (!aead_decrypt(f->arena, &f->key, 1, purpose, sealed, &plaintext,
	                  &length, NULL)) {
		log_event(LOG_FEIDE_NATIONAL_ID_UNREADABLE, "person", person,
		          NULL);
		return true;
	}
	*ret_number = (const char *)plaintext;
	return true;
}

static bool national_id_update_entry(struct publisher *f,
                                     const struct feide_entry *e, bool agreed,
                                     size_t *changed, struct error *err)
{
	const char *number = NULL;

	if (agreed && !national_id_decrypt(f, e->person, &number, err))
		return false;
	if (text_equal(number, e->number) || (!number && !e->number))
		return true;
	if (!feide_set_nin(f, e->dn, number, err))
		return false;
	(*changed)++;
	return true;
}

static bool national_id_update_owner(struct publisher *f,
                                     const struct municipality *m, bool full,
                                     size_t *changed, struct error *err)
{
	bool agreed = m->feide && m->feide->national_id;
	struct feide_entry *entries = NULL;
	size_t count = 0;

	if (!feide_list_entries(f, m->name, agreed && !full, &entries, &count,
	                        err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!national_id_update_entry(f, &entries[i], agreed, changed,
		                              err))
			return false;
	return true;
}

bool national_id_publish_round(struct publisher *f, bool full,
                               size_t *ret_changed, struct error *err)
{
	const struct config *cfg = f->cfg;
	size_t changed = 0;

	for (size_t i = 0; i < cfg->municipality_count; i++)
		if (cfg->municipalities[i].feide &&
		    !national_id_update_owner(f, &cfg->municipalities[i], full,
		                              &changed, err))
			return false;
	*ret_changed = changed;
	return true;
}
