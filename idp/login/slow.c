/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slow.c: guesses.  Ten wrong passwords for an account in ten minutes reach
 * its directory, and one password tried on many accounts is stopped, without
 * shutting out a school behind one address: what is counted is what failed.
 * A browser that has logged in to this account before has tries of its own,
 * so nobody can lock a teacher out by guessing on purpose. */
#include <pthread.h>
#include <string.h>

#include "idp/http/guard.h"
#include "idp/login/step.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/text.h"

enum {
	WINDOW = 10 * 60,
	KNOWN_FOR = 90 * 24 * 3600,
	ACCOUNT_MOST = 10,
	PASSWORD_MOST = 50,  /* accounts one password failed on */
	ADDRESS_MOST = 1000, /* all that fails from one address */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned char key[HASH_SHA256];

static void make_key(void)
{
	random_bytes(key, sizeof(key));
}

/* A wrong password is often nearly somebody's right one: it is counted under
 * a name that only this process can make. */
static char *mark_of(struct arena *a, const char *address, const char *password)
{
	char *both = arena_print(a, "%s %s", address, password);
	unsigned char mac[HASH_SHA256];

	(void)pthread_once(&once, make_key);
	hash_hmac(key, sizeof(key), both, strlen(both), mac);
	return hash_hex(a, mac, sizeof(mac));
}

char *slow_account(struct arena *a, const char *login,
                   const struct municipality *m)
{
	const char *at = strrchr(login, '@');
	char *local = at ? arena_bytes(a, login, (size_t)(at - login))
	                 : arena_copy(a, login);

	return arena_print(a, "%s %s", m->name, text_lower(a, local));
}

static char *known_of(struct visit *v, const char *account)
{
	const char *browser = guard_known(v->request, GUARD_BROWSER);

	return browser ? arena_print(v->arena, "%s %s", account, browser)
	               : NULL;
}

static bool is_known(struct visit *v, const char *who, bool *ret,
                     struct fault *why)
{
	long long times = 0;

	*ret = false;
	if (who && !store_counted(v->staff->store, v->region, "known", who,
	                          &times, why))
		return false;
	*ret = times > 0;
	return true;
}

static bool too_many(struct visit *v, const char *what, const char *who,
                     long long most, bool *ret, struct fault *why)
{
	long long count;

	if (!store_count(v->staff->store, v->region, what, who, WINDOW, &count,
	                 why))
		return false;
	*ret = count > most;
	return true;
}

bool slow_begin(struct visit *v, const char *login,
                const struct municipality *m, const char *password,
                struct guess *ret, struct fault *why)
{
	char *account = slow_account(v->arena, login, m);
	char *known = known_of(v, account);
	bool is_old, account_full, password_full = false, address_full = false;

	if (!is_known(v, known, &is_old, why))
		return false;
	struct guess g = { .account = is_old ? known : account };

	if (!is_old) {
		g.address = v->request->address;
		g.password = mark_of(v->arena, v->request->address, password);
	}
	if (!too_many(v, "guess", g.account, ACCOUNT_MOST, &account_full, why))
		return false;
	if (!is_old &&
	    (!too_many(v, "same", g.password, PASSWORD_MOST, &password_full,
	               why) ||
	     !too_many(v, "from", g.address, ADDRESS_MOST, &address_full, why)))
		return false;
	*ret = g;
	if (!account_full && !password_full && !address_full)
		return true;
	/* It reaches nobody, so it is no guess. */
	slow_forgive(v, &g);
	return fault_for(why, FAULT_REFUSED, "too-many-tries",
	                 "too many guesses: %s",
	                 account_full    ? "account"
	                 : password_full ? "password"
	                                 : "address");
}

void slow_forgive(struct visit *v, const struct guess *g)
{
	struct store *s = v->staff->store;
	struct fault why = { 0 };

	/* A count that cannot be taken back runs out by itself. */
	if (g->account)
		(void)!store_uncount(s, v->region, "guess", g->account, &why);
	if (g->password)
		(void)!store_uncount(s, v->region, "same", g->password, &why);
	if (g->address)
		(void)!store_uncount(s, v->region, "from", g->address, &why);
}

void slow_remember(struct visit *v, const struct guess *g, const char *login,
                   const struct municipality *m)
{
	char *who = known_of(v, slow_account(v->arena, login, m));
	struct fault why = { 0 };
	long long times;

	slow_forgive(v, g);
	if (who && g->password)
		(void)!store_count(v->staff->store, v->region, "known", who,
		                   KNOWN_FOR, &times, &why);
}
