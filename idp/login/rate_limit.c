/* SPDX-License-Identifier: AGPL-3.0-or-later
 * rate_limit.c: rate limit of failed logins (NIST SP 800-63B 5.2.2), in
 * windows of ten minutes: per account, per password and address (password
 * spraying), per address, per site.  An address is an IPv4 address, the /64 of
 * an IPv6 address, or a network of the configuration, which has larger limits
 * and its own count for each account; a site is the /48 of an IPv6 address.
 * Only failures count, so that a school behind one address is not blocked.
 *
 * Over a limit a browser waits 4, 8 or 16 s with its form open, and over a
 * higher one 60 s; then few attempts a minute are made, for all browsers
 * together (docs/decisions/0031).  A browser that has logged in to the account
 * before has a count of its own, so that others cannot lock out its user. */
#include <string.h>

#include "idp/http/csrf.h"
#include "idp/login/login_private.h"
#include "idp/login/login_wait.h"
#include "idp/session/transaction_keys.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/config/network.h"
#include "region/person/person.h"
#include "region/redis/login_counters.h"

enum {
	WINDOW_S = LOGIN_COUNTER_WINDOW_S,
	BROWSER_TRUST_S = 90 * 24 * 3600,
	SHORT_WAIT_S = 4, /* doubled twice */
	LONG_WAIT_S = 60,
	/* After a long wait, if others had the attempts of this minute. */
	TURN_WAIT_S = 20,
	/* Unknown login names in a window that are logged. */
	UNKNOWN_OF_ADDRESS = 15, /* before it waits at all */
	UNKNOWN_OF_NETWORK = 500,
};

/* Failures in a window from which a browser waits 4 s; further ones after which
 * the time doubles; those from which it waits 60 s, and attempts a minute are
 * made then. */
struct limit {
	int short_wait, step, long_wait, turns;
};

/* In the order of enum attempt_counter. */
static const struct limit address_limits[ATTEMPT_COUNTERS] = {
	{ 5, 1, 10, 1 },
	{ 10, 5, 50, 5 },
	{ 20, 20, 200, 20 },
	{ 160, 160, 1600, 160 },
};
static const struct limit network_limits[ATTEMPT_COUNTERS] = {
	{ 5, 1, 10, 1 },
	{ 40, 20, 200, 20 },
	{ 2000, 500, 4000, 400 },
};
static const struct limit trusted_limits[ATTEMPT_COUNTERS] = {
	{ 10, 1, 10, 1 },
};

/* What is counted of a subject. */
enum { COUNT_FAILURES, COUNT_TURNS, COUNT_REFUSALS, COUNTS };

#define COUNTS_OF(name)                                                     \
	{                                                                   \
		name, name LOGIN_COUNTER_TURNS, name LOGIN_COUNTER_REFUSALS \
	}

/* The counters in Redis, of failures, of attempts in this minute, and of
 * refusals; what a refusal is called; and what is logged when there were as
 * many attempts as the higher limit. */
static const struct counter_kind {
	const char *names[COUNTS];
	const char *reason, *text;
	enum log_event_id alarm;
} kinds[ATTEMPT_COUNTERS] = {
	{ COUNTS_OF(LOGIN_COUNTER_ACCOUNT), "too-many-tries",
	  "too many failed logins: account", LOG_LOGIN_ACCOUNT_LOCKED },
	{ COUNTS_OF(LOGIN_COUNTER_PASSWORD), "too-many-from-network",
	  "too many failed logins: password", LOG_LOGIN_SPRAYING },
	{ COUNTS_OF(LOGIN_COUNTER_ADDRESS), "too-many-from-network",
	  "too many failed logins: address", LOG_LOGIN_ADDRESS_LOCKED },
	{ COUNTS_OF(LOGIN_COUNTER_ADDRESS), "too-many-from-network",
	  "too many failed logins: site", LOG_LOGIN_ADDRESS_LOCKED },
};

char *rate_limit_key(struct arena *a, const char *login,
                     const struct municipality *m)
{
	return person_account_key(a, m->name, login);
}

/* ---- who attempts */

static const struct limit *attempt_limits(const struct auth_attempt *attempt)
{
	if (attempt->is_trusted)
		return trusted_limits;
	return attempt->is_network ? network_limits : address_limits;
}

static char *trusted_browser_key(struct request_context *ctx,
                                 const char *account)
{
	const char *secret = csrf_secret_find(ctx->request, CSRF_COOKIE);

	return secret ? arena_printf(ctx->arena, "%s %s", account, secret)
	              : NULL;
}

/* Also reads how often the counts of this address were cleared: with that
 * number, those of its passwords start anew. */
static bool attempt_read_browser(struct request_context *ctx,
                                 const char *trusted_key, const char *address,
                                 bool *ret_trusted, long long *ret_clears,
                                 struct error *err)
{
	const struct store_counter counters[] = {
		{ LOGIN_COUNTER_CLEARS, address },
		{ "known", trusted_key },
	};
	long long counts[2] = { 0 };

	if (!store_counters_get(ctx->backends->store, ctx->cfg, counters,
	                        trusted_key ? 2 : 1, counts, err))
		return false;
	*ret_clears = counts[0];
	*ret_trusted = counts[1] > 0;
	return true;
}

/* A failed password may resemble a valid one, so the counter's key is an HMAC,
 * under a key that all nodes have for this day. */
static bool attempt_password_subject(struct request_context *ctx,
                                     const char *address, long long clears,
                                     const char *password,
                                     const char **ret_subject,
                                     struct error *err)
{
	const char *all = arena_printf(ctx->arena, "same %s %lld %s", address,
	                               clears, password);
	struct aead_key keys[TRANSACTION_KEYS];
	unsigned char mac[HASH_SHA256_SIZE];

	if (!transaction_keys_get(ctx, keys, err))
		return false;
	hash_hmac_sha256(keys[0].bytes, sizeof(keys[0].bytes), all, strlen(all),
	                 mac);
	explicit_bzero(keys, sizeof(keys));
	*ret_subject = hash_sha256_hex(ctx->arena, mac, sizeof(mac));
	return true;
}

/* Sets whose attempt it is, and the subjects of its counters. */
static bool attempt_begin(struct request_context *ctx, const char *account,
                          const char *password, struct auth_attempt *ret,
                          struct error *err)
{
	const struct request *r = ctx->request;
	char *trusted_key = trusted_browser_key(ctx, account);
	struct auth_attempt attempt = { .account = account };
	long long clears;

	attempt.address = network_limit_subject(
	    ctx->arena, ctx->cfg, r->address, r->listener, &attempt.is_network);
	if (!attempt_read_browser(ctx, trusted_key, attempt.address,
	                          &attempt.is_trusted, &clears, err))
		return false;
	attempt.subjects[ATTEMPT_ACCOUNT] =
	    attempt.is_trusted
		? trusted_key
		: arena_printf(ctx->arena, "%s%s", account,
	                       attempt.is_network ? LOGIN_NETWORK_SUFFIX : "");
	if (!attempt.is_trusted) {
		attempt.subjects[ATTEMPT_ADDRESS] = attempt.address;
		attempt.subjects[ATTEMPT_SITE] = network_limit_site(
		    ctx->arena, ctx->cfg, r->address, r->listener);
		if (!attempt_password_subject(
			ctx, attempt.address, clears, password,
			&attempt.subjects[ATTEMPT_PASSWORD], err))
			return false;
	}
	*ret = attempt;
	return true;
}

/* ---- counters */

/* Lists what is counted of the wanted subjects.  Returns how many they are;
 * ret_at: their index. */
static size_t attempt_counters(const struct auth_attempt *attempt, int what,
                               const bool wanted[ATTEMPT_COUNTERS],
                               struct store_counter ret[ATTEMPT_COUNTERS],
                               size_t ret_at[ATTEMPT_COUNTERS])
{
	size_t count = 0;

	for (size_t i = 0; i < ATTEMPT_COUNTERS; i++) {
		if (!attempt->subjects[i] || !wanted[i])
			continue;
		ret_at[count] = i;
		ret[count++] = (struct store_counter){ kinds[i].names[what],
			                               attempt->subjects[i] };
	}
	return count;
}

static const bool the_others[ATTEMPT_COUNTERS] = { false, true, true, true };

/* Counts the attempt for its account, so that concurrent ones are limited too,
 * and reads the others: they count failures only, because a class that logs in
 * at the same moment is many attempts. */
static bool attempt_count(struct request_context *ctx,
                          const struct auth_attempt *attempt,
                          long long ret_failures[ATTEMPT_COUNTERS],
                          struct error *err)
{
	struct store *store = ctx->backends->store;
	struct store_counter counters[ATTEMPT_COUNTERS];
	long long counts[ATTEMPT_COUNTERS] = { 0 };
	size_t at[ATTEMPT_COUNTERS];
	size_t count =
	    attempt_counters(attempt, COUNT_FAILURES, the_others, counters, at);

	if (!store_counters_get(store, ctx->cfg, counters, count, counts, err))
		return false;
	for (size_t i = 0; i < count; i++)
		ret_failures[at[i]] = counts[i];
	if (!store_counter_incr(store, ctx->cfg,
	                        kinds[ATTEMPT_ACCOUNT].names[COUNT_FAILURES],
	                        attempt->subjects[ATTEMPT_ACCOUNT], WINDOW_S,
	                        &ret_failures[ATTEMPT_ACCOUNT], err))
		return false;
	ret_failures[ATTEMPT_ACCOUNT]--; /* those before this one */
	return true;
}

/* ---- what an attempt must wait for */

static int limit_wait_s(const struct limit *limit, long long failures)
{
	if (limit->short_wait == 0 || failures < limit->short_wait)
		return 0;
	if (failures >= limit->long_wait)
		return LONG_WAIT_S;
	long long steps = (failures - limit->short_wait) / limit->step;

	return SHORT_WAIT_S << (steps < 2 ? steps : 2);
}

/* Returns the counter with the longest wait; *ret_wait_s: that time, 0 if there
 * is none.  ret_long: those with a long wait. */
static size_t attempt_worst(const struct auth_attempt *attempt,
                            const long long failures[ATTEMPT_COUNTERS],
                            int *ret_wait_s, bool ret_long[ATTEMPT_COUNTERS])
{
	const struct limit *limits = attempt_limits(attempt);
	size_t worst = 0;

	*ret_wait_s = 0;
	for (size_t i = 0; i < ATTEMPT_COUNTERS; i++) {
		int wait_s = limit_wait_s(&limits[i], failures[i]);

		ret_long[i] = wait_s == LONG_WAIT_S;
		if (wait_s > *ret_wait_s) {
			*ret_wait_s = wait_s;
			worst = i;
		}
	}
	return worst;
}

/* Takes one of the attempts of this minute from each counter with a long wait.
 * *ret_without: the counter that has none left, and then none is taken;
 * ATTEMPT_COUNTERS: all had one. */
static bool attempt_take_turns(struct request_context *ctx,
                               struct auth_attempt *attempt,
                               const bool wanted[ATTEMPT_COUNTERS],
                               size_t *ret_without, struct error *err)
{
	struct store *store = ctx->backends->store;
	const struct limit *limits = attempt_limits(attempt);
	long long counts[ATTEMPT_COUNTERS] = { 0 };
	size_t at[ATTEMPT_COUNTERS];
	size_t count =
	    attempt_counters(attempt, COUNT_TURNS, wanted, attempt->turns, at);

	*ret_without = ATTEMPT_COUNTERS;
	if (!store_counters_incr(store, ctx->cfg, attempt->turns, count,
	                         LONG_WAIT_S, counts, err))
		return false;
	attempt->turn_count = count;
	for (size_t i = 0; i < count; i++)
		if (counts[i] > limits[at[i]].turns)
			*ret_without = at[i];
	if (*ret_without == ATTEMPT_COUNTERS)
		return true;
	attempt->turn_count = 0;
	return store_counters_decr(store, ctx->cfg, attempt->turns, count, err);
}

/* Logs when the refusals of a window, with the failures that they need, reach
 * the higher limit.  A login name is not logged: the audit log has the events
 * of the account. */
static void rate_limit_alarm(struct request_context *ctx,
                             const struct auth_attempt *attempt, size_t which,
                             const struct municipality *m)
{
	const struct limit *limit = &attempt_limits(attempt)[which];
	const struct counter_kind *kind = &kinds[which];
	struct error ignored = { 0 };
	long long count = 0;

	/* On error the alarm is repeated rather than lost. */
	if (store_counter_incr(
		ctx->backends->store, ctx->cfg, kind->names[COUNT_REFUSALS],
		attempt->subjects[which], WINDOW_S, &count, &ignored) &&
	    count != limit->long_wait - limit->short_wait + 1)
		return;
	log_event(kind->alarm, "municipality", m->name, "address",
	          which == ATTEMPT_SITE ? attempt->subjects[which]
	                                : attempt->address,
	          NULL);
}

/* The form keeps the time that it has waited. */
static void attempt_set_wait(struct request_context *ctx,
                             struct auth_attempt *attempt, int elapsed,
                             int wait_s)
{
	attempt->wait_s = elapsed < wait_s ? wait_s - elapsed : TURN_WAIT_S;
	if (elapsed < 0) {
		attempt->wait_s = wait_s;
		attempt->wait = login_wait_begin(ctx, attempt->account);
	} else {
		attempt->wait = request_form(ctx->request, LOGIN_WAIT_FIELD);
	}
}

bool rate_limit_check(struct request_context *ctx, const char *login,
                      const struct municipality *m, const char *password,
                      struct auth_attempt *ret, struct error *err)
{
	long long failures[ATTEMPT_COUNTERS] = { 0 };
	bool is_long[ATTEMPT_COUNTERS];
	size_t without = ATTEMPT_COUNTERS;
	int wait_s;

	if (!attempt_begin(ctx, rate_limit_key(ctx->arena, login, m), password,
	                   ret, err) ||
	    !attempt_count(ctx, ret, failures, err))
		return false;
	size_t worst = attempt_worst(ret, failures, &wait_s, is_long);
	int elapsed = wait_s ? login_wait_elapsed(ctx, ret->account) : 0;

	if (elapsed >= wait_s) {
		if (!attempt_take_turns(ctx, ret, is_long, &without, err))
			return false;
		ret->is_prolonged = is_long[ATTEMPT_ACCOUNT];
		if (without == ATTEMPT_COUNTERS)
			return true;
		worst = without;
	}
	/* Not verified, so not counted. */
	rate_limit_refund(ctx, ret);
	rate_limit_alarm(ctx, ret, worst, m);
	attempt_set_wait(ctx, ret, elapsed, wait_s);
	return error_set_reason(err, ERROR_REFUSED, kinds[worst].reason, "%s",
	                        kinds[worst].text);
}

static struct store_counter account_counter(const struct auth_attempt *attempt)
{
	return (
	    struct store_counter){ kinds[ATTEMPT_ACCOUNT].names[COUNT_FAILURES],
		                   attempt->subjects[ATTEMPT_ACCOUNT] };
}

/* While guesses of an account go on, so does its window: otherwise each window
 * would begin with attempts without a wait. */
static void attempt_prolong(struct request_context *ctx,
                            const struct auth_attempt *attempt)
{
	const struct store_counter account = account_counter(attempt);
	struct error err = { 0 };

	(void)!store_counters_extend(ctx->backends->store, ctx->cfg, &account,
	                             1, WINDOW_S, &err);
}

void rate_limit_fail(struct request_context *ctx, struct auth_attempt *attempt)
{
	struct store_counter counters[ATTEMPT_COUNTERS];
	long long counts[ATTEMPT_COUNTERS];
	size_t at[ATTEMPT_COUNTERS];
	size_t count =
	    attempt_counters(attempt, COUNT_FAILURES, the_others, counters, at);
	struct error err = { 0 };

	/* On error the count of the account remains. */
	(void)!store_counters_incr(ctx->backends->store, ctx->cfg, counters,
	                           count, WINDOW_S, counts, &err);
	if (attempt->is_prolonged)
		attempt_prolong(ctx, attempt);
	attempt->wait = login_wait_begin(ctx, attempt->account);
}

void rate_limit_note_unknown(struct request_context *ctx,
                             const struct auth_attempt *attempt,
                             const struct municipality *m)
{
	struct error ignored = { 0 };
	long long count = 0;

	if (store_counter_incr(ctx->backends->store, ctx->cfg,
	                       LOGIN_COUNTER_UNKNOWN, attempt->address,
	                       WINDOW_S, &count, &ignored) &&
	    count ==
	        (attempt->is_network ? UNKNOWN_OF_NETWORK : UNKNOWN_OF_ADDRESS))
		log_event(LOG_LOGIN_UNKNOWN_NAMES, "municipality", m->name,
		          "address", attempt->address, NULL);
}

void rate_limit_refund(struct request_context *ctx,
                       const struct auth_attempt *attempt)
{
	const struct store_counter account = account_counter(attempt);
	struct error err = { 0 };

	/* On error the counters expire by themselves. */
	(void)!store_counters_decr(ctx->backends->store, ctx->cfg, &account, 1,
	                           &err);
	(void)!store_counters_decr(ctx->backends->store, ctx->cfg,
	                           attempt->turns, attempt->turn_count, &err);
}

void rate_limit_trust_browser(struct request_context *ctx,
                              const struct auth_attempt *attempt)
{
	char *key = trusted_browser_key(ctx, attempt->account);
	struct error err = { 0 };
	long long count;

	rate_limit_refund(ctx, attempt);
	if (key && !attempt->is_trusted && !context_is_shared(ctx))
		(void)!store_counter_incr(ctx->backends->store, ctx->cfg,
		                          "known", key, BROWSER_TRUST_S, &count,
		                          &err);
}
