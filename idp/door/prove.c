/* SPDX-License-Identifier: AGPL-3.0-or-later
 * prove.c: one search for the entry, one bind as it.  Nobody of that name and
 * a wrong password are one answer, after the same two questions. */
#include <stdatomic.h>
#include <string.h>

#include "idp/door/door.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/text.h"

/* One ASK_PROVE on its way. */
struct proof {
	struct arena *arena;
	const struct region *region;
	const struct directory_conf *directory;
	const char *login, *password;
	int64_t until; /* clock_monotonic_ms */
	const char *filter;
	struct directory_entry *entries;
	size_t count;
	const char *dn;
	enum bind_result result;
};

static const char *const account_names[] = {
	"entryUUID",          "nsUniqueId",
	"objectGUID",         "pwdAccountLockedTime",
	"nsAccountLock",      "shadowExpire",
	"userAccountControl", "accountExpires",
};

/* Where the configuration says that something is, or NULL. */
static const char *said_for(const struct directory_conf *d, const char *what)
{
	for (size_t i = 0; i < d->read_count; i++)
		if (text_equal(d->reads[i].what, what))
			return d->reads[i].from;
	return NULL;
}

enum { MOST_LOGIN = 2 };

/* Where a login name may stand, NULL-terminated.  People of Active Directory
 * know their userPrincipalName, which looks like an e-mail address, and the
 * shorter name of old. */
static void login_attributes(const struct directory_conf *d,
                             const char *ret[MOST_LOGIN + 1])
{
	const char *said = said_for(d, "login");
	bool ad = d->kind == DIRECTORY_AD && !said;

	ret[0] = said ? said : ad ? "sAMAccountName" : "uid";
	ret[1] = ad ? "userPrincipalName" : NULL;
	ret[2] = NULL;
}

/* Those, the login name as the entry spells it, and what switches it off. */
static const char **names_to_read(const struct proof *p)
{
	size_t n = LENGTH(account_names);
	const char **names =
	    arena_array(p->arena, const char *, n + MOST_LOGIN + 2);
	const char *login[MOST_LOGIN + 1];

	for (size_t i = 0; i < n; i++)
		names[i] = account_names[i];
	login_attributes(p->directory, login);
	for (const char **name = login; *name; name++)
		names[n++] = *name;
	names[n] = said_for(p->directory, "disabled");
	return names;
}

/* The name as typed, or, with one of the region's domains behind it, also
 * without: kari@notodden.example is uid=kari there. */
static char *login_filter(const struct proof *p)
{
	struct arena *a = p->arena;
	struct text filter = text_in(a);
	const char *at = strrchr(p->login, '@');
	const char *whole = escaped(a, escape_filter, p->login);
	const char *local = NULL;
	const char *login[MOST_LOGIN + 1];

	if (at &&
	    region_municipality_by_domain(p->region, text_lower(a, at + 1)))
		local =
		    escaped(a, escape_filter,
		            arena_bytes(a, p->login, (size_t)(at - p->login)));
	login_attributes(p->directory, login);
	for (const char **name = login; *name; name++) {
		text_addf(&filter, "(%s=%s)", *name, whole);
		if (local)
			text_addf(&filter, "(%s=%s)", *name, local);
	}
	return arena_print(a, "(|%s)", filter.at);
}

static int left(const struct proof *p)
{
	int64_t ms = p->until - clock_monotonic_ms();

	return ms > 0 ? (int)ms : 1;
}

static bool look_up(struct directory *d, void *with, struct fault *why)
{
	struct proof *p = with;

	directory_within(d, left(p));
	return directory_search(d, p->arena, p->directory->base, SCOPE_SUBTREE,
	                        p->filter, names_to_read(p), 2, &p->entries,
	                        &p->count, why);
}

static bool try_bind(struct directory *d, void *with, struct fault *why)
{
	struct proof *p = with;

	directory_within(d, left(p));
	return directory_prove(d, p->dn, p->password, strlen(p->password),
	                       &p->result, why);
}

static bool find_entry(struct proof *p, struct fault *why)
{
	struct directory_address at = { .uris = p->directory->uris,
		                        .trust = p->directory->trust,
		                        .bind_as = p->directory->bind_as,
		                        .deadline_ms = left(p) };
	char *password = NULL;

	if (!region_secret(p->region, p->arena, p->directory->secret, &password,
	                   why))
		return false;
	at.password = password;
	p->filter = login_filter(p);
	return directory_pool_use(door.searches, &at, look_up, p, why);
}

static bool bind_as_entry(struct proof *p, struct fault *why)
{
	struct directory_address at = { .uris = p->directory->uris,
		                        .trust = p->directory->trust,
		                        .deadline_ms = left(p) };

	return directory_pool_use(door.binds, &at, try_bind, p, why);
}

/* A directory takes several spellings for one name: full-width letters,
 * letters without their accents, blanks inside.  Tries are counted by what was
 * typed, so an entry found by a spelling that is not its own is nobody. */
static bool is_spelled_so(const struct proof *p)
{
	const char *login[MOST_LOGIN + 1];
	bool is = false;

	login_attributes(p->directory, login);
	for (const char **name = login; *name && !is; name++)
		is = account_is_called(p->arena, &p->entries[0], *name,
		                       p->login);
	return is;
}

/* Where there is no such entry, a name that nobody has is tried all the same,
 * so that both take the same time. */
static const char *dn_to_try(const struct proof *p)
{
	if (p->count == 1)
		return p->entries[0].dn;
	return arena_print(p->arena, "cn=nobody,%s", p->directory->base);
}

static bool prove(struct proof *p, struct fault *why)
{
	if (!find_entry(p, why))
		return false;
	if (p->count == 1 && !is_spelled_so(p))
		p->count = 0;
	p->dn = dn_to_try(p);
	return bind_as_entry(p, why);
}

/* Said when it goes away and when it comes back, not for each login. */
static void note_health(bool well, const struct fault *why)
{
	static atomic_bool was_away;

	if (atomic_exchange(&was_away, !well) == !well)
		return;
	if (well)
		log_info("directory is back", "directory", door.directory,
		         NULL);
	else
		log_warn("directory away", "directory", door.directory, "why",
		         why->text, NULL);
}

/* An entry that sync cannot have seen, or another than the one asked about,
 * is nobody. */
static json_t *answer_of(struct proof *p, const char *wanted_anchor)
{
	json_t *answer = js_keep(p->arena, json_object());
	const struct directory_entry *e = p->count == 1 ? p->entries : NULL;
	char *anchor = e ? anchor_of(p->arena, p->directory->kind, e) : NULL;

	if (!anchor || (wanted_anchor && !text_equal(anchor, wanted_anchor)))
		p->result = BIND_FAILED;
	const char *off = said_for(p->directory, "disabled");
	const struct said said = account_said(
	    p->result,
	    e && account_is_disabled(e, p->directory->kind, off, clock_now()));

	js_put(answer, "result", said.result);
	js_put(answer, "aside", said.aside);
	if (!text_equal(said.result, "wrong"))
		js_put(answer, "anchor", anchor);
	return answer;
}

static bool prove_watched(struct proof *p, struct fault *why)
{
	struct fault inner = { 0 };
	int slot = watchdog_enter();
	bool good = prove(p, &inner);

	watchdog_leave(slot);
	/* More entries than one of that name: nobody can say who it is. */
	if (!good && inner.kind == FAULT_INVALID) {
		log_warn("the directory cannot answer", "directory",
		         door.directory, "why", inner.text, NULL);
		p->count = 0;
		p->result = BIND_FAILED;
		return true;
	}
	note_health(good, &inner);
	if (good)
		return true;
	return fault_for(why, FAULT_UNAVAILABLE, "directory-away", "%s: %s",
	                 door.directory, inner.text);
}

bool door_prove(const struct question *q, json_t **ret_answer,
                struct fault *why)
{
	struct proof p = {
		.arena = q->arena,
		.region = q->region,
		.directory = region_directory(q->region, door.directory),
		.login = js_string(q->body, "login"),
		.password = js_string(q->body, "password"),
		.until = clock_monotonic_ms() + DOOR_DEADLINE_MS,
	};

	if (!p.directory)
		return fault_for(why, FAULT_UNAVAILABLE, "directory-away",
		                 "there is no directory %s any more",
		                 door.directory);
	if (!p.login || !p.password)
		return fault(why, FAULT_INVALID, "login or password missing");
	/* RFC 4513 5.1.2: what an empty password proves is nothing. */
	if (p.login[0] != '\0' && p.password[0] != '\0' &&
	    !prove_watched(&p, why))
		return false;
	*ret_answer = answer_of(&p, js_string(q->body, "anchor"));
	return true;
}
