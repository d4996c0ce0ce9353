/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue.c: LDAP access of portvakt-feide to the catalogue.  slapd's access
 * rules allow it exactly what is read and written here. */
#include <string.h>

#include "lib/vector.h"
#include "sync/feide/feide.h"

enum { DEADLINE_MS = 10000 };

bool feide_connect(struct publisher *f, struct error *err)
{
	const struct config *cfg = f->cfg;
	char *uris[] = { arena_strdup(f->arena, cfg->catalogue.uri), NULL };
	struct directory_address at = { .uris = uris,
		                        .tls_ca_file =
		                            cfg->catalogue.tls_ca_file,
		                        .bind_dn = cfg->catalogue.feide_dn,
		                        .deadline_ms = DEADLINE_MS };
	char *password = NULL;

	if (!cfg->catalogue.feide_dn)
		return error_set(err, ERROR_INVALID,
		                 "catalogue { feide } is not configured");
	if (!config_read_secret(cfg, f->arena, cfg->catalogue.feide_secret,
	                        &password, err))
		return false;
	at.password = password;
	return directory_open(&at, &f->d, err);
}

/* seeAlso of a tree entry names the affiliation; the person is its parent
 * entry. */
static const char *parent_person_dn(const char *affiliation)
{
	const char *comma = affiliation ? strchr(affiliation, ',') : NULL;

	return comma ? comma + 1 : NULL;
}

struct feide_entry_list {
	struct arena *arena;
	VECTOR(struct feide_entry) entries;
};

static bool feide_add_entry(void *data, const struct directory_entry *e,
                            struct error *err)
{
	struct feide_entry_list *list = data;
	const char *person =
	    parent_person_dn(directory_entry_text(e, "seeAlso"));

	(void)err;
	if (person)
		*vector_append(list->arena,
		               &list->entries) = (struct feide_entry){
			arena_strdup(list->arena, e->dn),
			arena_strdup(list->arena, person),
			arena_strdup(list->arena, directory_entry_text(
						      e, "norEduPersonNIN"))
		};
	return true;
}

bool feide_list_entries(struct publisher *f, const char *owner,
                        bool missing_only, struct feide_entry **ret_entries,
                        size_t *ret_count, struct error *err)
{
	static const char *const names[] = { "seeAlso", "norEduPersonNIN",
		                             NULL };
	struct feide_entry_list list = { .arena = f->arena };
	char *base = arena_printf(f->arena, "ou=people,o=%s,ou=feide,%s", owner,
	                          f->cfg->catalogue.base);

	if (!directory_search_each(f->d, base, SCOPE_ONE_LEVEL,
	                           missing_only ? "(!(norEduPersonNIN=*))"
	                                        : "(objectClass=*)",
	                           names, feide_add_entry, &list, err))
		return false;
	*ret_entries = list.entries.at;
	*ret_count = list.entries.count;
	return true;
}

bool feide_read_sealed_nin(struct publisher *f, const char *person,
                           const char **ret_sealed, struct error *err)
{
	static const char *const names[] = { "portvaktNationalId", NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	/* The access rules show only this attribute of a person, so the filter
	 * must use it. */
	if (!directory_search(f->d, f->arena, person, SCOPE_BASE,
	                      "(portvaktNationalId=*)", names, 1, &found,
	                      &count, err))
		return false;
	*ret_sealed =
	    count == 1 ? directory_entry_text(&found[0], names[0]) : NULL;
	return true;
}

bool feide_set_nin(struct publisher *f, const char *dn, const char *number,
                   struct error *err)
{
	const struct directory_value value = { (char *)number,
		                               number ? strlen(number) : 0 };
	const struct directory_change change = { CHANGE_REPLACE,
		                                 "norEduPersonNIN", &value,
		                                 number ? 1 : 0 };
	enum directory_write_result result = WRITE_FAILED;

	/* CHANGE_REPLACE without a value deletes; a missing entry is no
	 * error. */
	return directory_modify(f->d, f->arena, dn, &change, 1, NULL, &result,
	                        NULL, err);
}
