/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_lookup.c: finds the entry of a login name in the directory. */
#include <string.h>

#include "idp/ldap_auth/ldap_auth.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/strbuf.h"

static const char *const account_attributes[] = {
	"entryUUID",          "nsUniqueId",
	"objectGUID",         "pwdAccountLockedTime",
	"nsAccountLock",      "shadowExpire",
	"userAccountControl", "accountExpires",
};

const char *mapped_attribute(const struct directory_conf *d, const char *name)
{
	for (size_t i = 0; i < d->attribute_map_count; i++)
		if (text_equal(d->attribute_map[i].field, name))
			return d->attribute_map[i].attribute;
	return NULL;
}

enum { MAX_LOGIN_ATTRIBUTES = 2 };

/* The attributes that hold login names, NULL-terminated.  Active Directory has
 * two: userPrincipalName, which looks like a mail address, and sAMAccountName.
 */
static void lookup_login_attributes(const struct directory_conf *d,
                                    const char *ret[MAX_LOGIN_ATTRIBUTES + 1])
{
	const char *mapped = mapped_attribute(d, "login");
	bool ad = d->type == DIRECTORY_AD && !mapped;

	ret[0] = mapped ? mapped : ad ? "sAMAccountName" : "uid";
	ret[1] = ad ? "userPrincipalName" : NULL;
	ret[2] = NULL;
}

/* Returns the attributes of the anchor, the login names and the disabled state.
 */
static const char **lookup_attributes(const struct login_lookup *lookup)
{
	size_t n = LENGTH(account_attributes);
	const char **names = arena_array(lookup->arena, const char *,
	                                 n + MAX_LOGIN_ATTRIBUTES + 2);
	const char *login[MAX_LOGIN_ATTRIBUTES + 1];

	for (size_t i = 0; i < n; i++)
		names[i] = account_attributes[i];
	lookup_login_attributes(lookup->directory, login);
	for (const char **name = login; *name; name++)
		names[n++] = *name;
	names[n] = mapped_attribute(lookup->directory, "disabled");
	return names;
}

/* Matches the login as typed and, if it ends in a domain of the region, also
 * without it: kari@notodden.example is uid=kari there. */
static char *lookup_filter(const struct login_lookup *lookup)
{
	struct arena *a = lookup->arena;
	struct strbuf filter = strbuf_init(a);
	const char *at = strrchr(lookup->login, '@');
	const char *whole = escape_string(a, escape_filter, lookup->login);
	const char *local = NULL;
	const char *login[MAX_LOGIN_ATTRIBUTES + 1];

	if (at &&
	    config_municipality_by_domain(lookup->cfg, text_lower(a, at + 1)))
		local =
		    escape_string(a, escape_filter,
		                  arena_memdup(a, lookup->login,
		                               (size_t)(at - lookup->login)));
	lookup_login_attributes(lookup->directory, login);
	for (const char **name = login; *name; name++) {
		strbuf_appendf(&filter, "(%s=%s)", *name, whole);
		if (local)
			strbuf_appendf(&filter, "(%s=%s)", *name, local);
	}
	return arena_printf(a, "(|%s)", filter.data);
}

int lookup_remaining_ms(const struct login_lookup *lookup)
{
	int64_t ms = lookup->deadline - clock_monotonic_ms();

	return ms > 0 ? (int)ms : 1;
}

static bool lookup_search(struct directory *d, void *data, struct error *err)
{
	struct login_lookup *lookup = data;

	directory_set_deadline(d, lookup_remaining_ms(lookup));
	return directory_search(d, lookup->arena, lookup->directory->base,
	                        SCOPE_SUBTREE, lookup->filter,
	                        lookup_attributes(lookup), 2, &lookup->entries,
	                        &lookup->count, err);
}

bool login_lookup_address(const struct login_lookup *lookup, bool as_service,
                          struct directory_address *ret, struct error *err)
{
	struct directory_address at = { .uris = lookup->directory->uris,
		                        .tls_ca_file =
		                            lookup->directory->tls_ca_file,
		                        .deadline_ms =
		                            lookup_remaining_ms(lookup) };
	char *password = NULL;

	if (as_service &&
	    !config_read_secret(lookup->cfg, lookup->arena,
	                        lookup->directory->secret, &password, err))
		return false;
	if (as_service)
		at.bind_dn = lookup->directory->bind_dn;
	at.password = password;
	*ret = at;
	return true;
}

static bool lookup_find_entry(struct login_lookup *lookup, struct error *err)
{
	struct directory_address at;

	if (!login_lookup_address(lookup, true, &at, err))
		return false;
	lookup->filter = lookup_filter(lookup);
	return directory_pool_use(ldap_auth.search_pool, &at, lookup_search,
	                          lookup, err);
}

/* The directory also matches other spellings: full-width letters, letters
 * without accents, extra spaces.  Attempts are counted by the login as typed,
 * so an entry found by another spelling is rejected. */
static bool lookup_spelling_matches(const struct login_lookup *lookup)
{
	const char *login[MAX_LOGIN_ATTRIBUTES + 1];
	bool matches = false;

	lookup_login_attributes(lookup->directory, login);
	for (const char **name = login; *name && !matches; name++)
		matches = account_has_login(lookup->arena, &lookup->entries[0],
		                            *name, lookup->login);
	return matches;
}

bool login_lookup_find(struct login_lookup *lookup, struct error *err)
{
	if (!lookup_find_entry(lookup, err))
		return false;
	if (lookup->count == 1 && !lookup_spelling_matches(lookup))
		lookup->count = 0;
	lookup->dn = lookup->count == 1
	                 ? lookup->entries[0].dn
	                 : arena_printf(lookup->arena, "cn=nobody,%s",
	                                lookup->directory->base);
	return true;
}

/* An entry without an anchor is unknown to sync, and one with another anchor is
 * not the requested one: neither counts. */
char *login_lookup_anchor(const struct login_lookup *lookup,
                          const char *expected)
{
	char *anchor =
	    lookup->count == 1
		? entry_anchor(lookup->arena, lookup->directory->type,
	                       lookup->entries)
		: NULL;

	return anchor && expected && !text_equal(anchor, expected) ? NULL
	                                                           : anchor;
}

bool login_lookup_init(const struct ipc_request *q, const char *login,
                       struct login_lookup *ret, struct error *err)
{
	struct login_lookup lookup = {
		.arena = q->arena,
		.cfg = q->cfg,
		.directory = config_directory(q->cfg, ldap_auth.directory),
		.login = login,
		.deadline = clock_monotonic_ms() + LDAP_AUTH_DEADLINE_MS,
	};

	if (!lookup.directory)
		return error_set_reason(err, ERROR_UNAVAILABLE,
		                        "ldap-unavailable",
		                        "directory %s is no longer configured",
		                        ldap_auth.directory);
	*ret = lookup;
	return true;
}
