/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_lookup.c: finds the entry of a login name in the directory. */
#include <string.h>

#include "idp/door/door.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/text.h"

static const char *const account_names[] = {
	"entryUUID",          "nsUniqueId",
	"objectGUID",         "pwdAccountLockedTime",
	"nsAccountLock",      "shadowExpire",
	"userAccountControl", "accountExpires",
};

const char *account_attribute(const struct directory_conf *d, const char *what)
{
	for (size_t i = 0; i < d->read_count; i++)
		if (text_equal(d->reads[i].what, what))
			return d->reads[i].from;
	return NULL;
}

enum { MOST_LOGIN = 2 };

/* The attributes that hold login names, NULL-terminated.  Active Directory has
 * two: userPrincipalName, which looks like a mail address, and sAMAccountName.
 */
static void login_attributes(const struct directory_conf *d,
                             const char *ret[MOST_LOGIN + 1])
{
	const char *said = account_attribute(d, "login");
	bool ad = d->kind == DIRECTORY_AD && !said;

	ret[0] = said ? said : ad ? "sAMAccountName" : "uid";
	ret[1] = ad ? "userPrincipalName" : NULL;
	ret[2] = NULL;
}

/* Returns the attributes of the anchor, the login names and the disabled state.
 */
static const char **names_to_read(const struct wanted *w)
{
	size_t n = LENGTH(account_names);
	const char **names =
	    arena_array(w->arena, const char *, n + MOST_LOGIN + 2);
	const char *login[MOST_LOGIN + 1];

	for (size_t i = 0; i < n; i++)
		names[i] = account_names[i];
	login_attributes(w->directory, login);
	for (const char **name = login; *name; name++)
		names[n++] = *name;
	names[n] = account_attribute(w->directory, "disabled");
	return names;
}

/* Matches the login as typed and, if it ends in a domain of the region, also
 * without it: kari@notodden.example is uid=kari there. */
static char *login_filter(const struct wanted *w)
{
	struct arena *a = w->arena;
	struct text filter = text_in(a);
	const char *at = strrchr(w->login, '@');
	const char *whole = escaped(a, escape_filter, w->login);
	const char *local = NULL;
	const char *login[MOST_LOGIN + 1];

	if (at &&
	    region_municipality_by_domain(w->region, text_lower(a, at + 1)))
		local =
		    escaped(a, escape_filter,
		            arena_bytes(a, w->login, (size_t)(at - w->login)));
	login_attributes(w->directory, login);
	for (const char **name = login; *name; name++) {
		text_addf(&filter, "(%s=%s)", *name, whole);
		if (local)
			text_addf(&filter, "(%s=%s)", *name, local);
	}
	return arena_print(a, "(|%s)", filter.at);
}

int wanted_left(const struct wanted *w)
{
	int64_t ms = w->until - clock_monotonic_ms();

	return ms > 0 ? (int)ms : 1;
}

static bool look_up(struct directory *d, void *with, struct fault *why)
{
	struct wanted *w = with;

	directory_within(d, wanted_left(w));
	return directory_search(d, w->arena, w->directory->base, SCOPE_SUBTREE,
	                        w->filter, names_to_read(w), 2, &w->entries,
	                        &w->count, why);
}

bool wanted_address(const struct wanted *w, bool ours,
                    struct directory_address *ret, struct fault *why)
{
	struct directory_address at = { .uris = w->directory->uris,
		                        .trust = w->directory->trust,
		                        .deadline_ms = wanted_left(w) };
	char *password = NULL;

	if (ours && !region_secret(w->region, w->arena, w->directory->secret,
	                           &password, why))
		return false;
	if (ours)
		at.bind_as = w->directory->bind_as;
	at.password = password;
	*ret = at;
	return true;
}

static bool find_entry(struct wanted *w, struct fault *why)
{
	struct directory_address at;

	if (!wanted_address(w, true, &at, why))
		return false;
	w->filter = login_filter(w);
	return directory_pool_use(door.searches, &at, look_up, w, why);
}

/* The directory also matches other spellings: full-width letters, letters
 * without accents, extra spaces.  Attempts are counted by the login as typed,
 * so an entry found by another spelling is rejected. */
static bool is_spelled_so(const struct wanted *w)
{
	const char *login[MOST_LOGIN + 1];
	bool is = false;

	login_attributes(w->directory, login);
	for (const char **name = login; *name && !is; name++)
		is = account_is_called(w->arena, &w->entries[0], *name,
		                       w->login);
	return is;
}

bool wanted_find(struct wanted *w, struct fault *why)
{
	if (!find_entry(w, why))
		return false;
	if (w->count == 1 && !is_spelled_so(w))
		w->count = 0;
	w->dn = w->count == 1
	            ? w->entries[0].dn
	            : arena_print(w->arena, "cn=nobody,%s", w->directory->base);
	return true;
}

/* An entry without an anchor is unknown to sync, and one with another anchor is
 * not the requested one: neither counts. */
char *wanted_anchor(const struct wanted *w, const char *asked_for)
{
	char *anchor = w->count == 1
	                   ? anchor_of(w->arena, w->directory->kind, w->entries)
	                   : NULL;

	return anchor && asked_for && !text_equal(anchor, asked_for) ? NULL
	                                                             : anchor;
}

bool wanted_read(const struct question *q, struct wanted *ret,
                 struct fault *why)
{
	struct wanted w = {
		.arena = q->arena,
		.region = q->region,
		.directory = region_directory(q->region, door.directory),
		.login = js_string(q->body, "login"),
		.until = clock_monotonic_ms() + DOOR_DEADLINE_MS,
	};

	if (!w.directory)
		return fault_for(why, FAULT_UNAVAILABLE, "directory-away",
		                 "there is no directory %s any more",
		                 door.directory);
	if (!w.login)
		return fault(why, FAULT_INVALID, "login missing");
	*ret = w;
	return true;
}
