/* SPDX-License-Identifier: AGPL-3.0-or-later
 * rate_limit.c: rate limit of failed logins (NIST SP 800-63B 5.2.2), in
 * windows of ten minutes: per account, per password and address (password
 * spraying), per address.  Only failures count, so that a school behind one
 * address is not blocked.  A browser that has logged in to the account before
 * has a counter of its own, so that others cannot lock out its user. */
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
	PASSWORD_MOST = 50,  /* per password and address */
	ADDRESS_MOST = 1000, /* per address */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned char key[HASH_SHA256];

static void make_key(void)
{
	random_bytes(key, sizeof(key));
}

/* A failed password may resemble a valid one, so the counter's key is an HMAC
 * under a key that only this process has. */
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

/* Returns the counters of an attempt; a trusted browser has only its own. */
static size_t counters_of(const struct guess *g, struct store_counter ret[3])
{
	size_t count = 0;

	if (g->account)
		ret[count++] = (struct store_counter){ "guess", g->account };
	if (g->password)
		ret[count++] = (struct store_counter){ "same", g->password };
	if (g->address)
		ret[count++] = (struct store_counter){ "from", g->address };
	return count;
}

bool slow_begin(struct visit *v, const char *login,
                const struct municipality *m, const char *password,
                struct guess *ret, struct fault *why)
{
	char *account = slow_account(v->arena, login, m);
	char *known = known_of(v, account);
	struct store_counter counters[3];
	long long counts[3] = { 0 };
	bool is_old;

	if (!is_known(v, known, &is_old, why))
		return false;
	struct guess g = { .account = is_old ? known : account };

	if (!is_old) {
		g.address = v->request->address;
		g.password = mark_of(v->arena, v->request->address, password);
	}
	if (!store_count_all(v->staff->store, v->region, counters,
	                     counters_of(&g, counters), WINDOW, counts, why))
		return false;
	bool account_full = counts[0] > ACCOUNT_MOST;
	bool password_full = counts[1] > PASSWORD_MOST;
	bool address_full = counts[2] > ADDRESS_MOST;

	*ret = g;
	if (!account_full && !password_full && !address_full)
		return true;
	/* Not verified, so not counted. */
	slow_forgive(v, &g);
	return fault_for(why, FAULT_REFUSED, "too-many-tries",
	                 "too many guesses: %s",
	                 account_full    ? "account"
	                 : password_full ? "password"
	                                 : "address");
}

void slow_forgive(struct visit *v, const struct guess *g)
{
	struct store_counter counters[3];
	struct fault why = { 0 };

	/* On error the counter expires by itself. */
	(void)!store_uncount_all(v->staff->store, v->region, counters,
	                         counters_of(g, counters), &why);
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
