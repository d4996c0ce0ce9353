/* SPDX-License-Identifier: AGPL-3.0-or-later
 * rate_limit.c: rate limit of failed logins (NIST SP 800-63B 5.2.2), in
 * windows of ten minutes: per account, per password and address (password
 * spraying), per address.  An address is an IPv4 address, the /64 of an IPv6
 * address, or a network of the configuration, with a larger limit.  Only
 * failures count, so that a school behind one address is not blocked.  A
 * browser that has logged in to the account before
 * has a counter of its own, so that others cannot lock out its user. */
#include <pthread.h>
#include <string.h>

#include "idp/http/csrf.h"
#include "idp/login/login_private.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "region/config/network.h"
#include "region/person/person.h"

enum {
	WINDOW = 10 * 60,
	BROWSER_TRUST_S = 90 * 24 * 3600,
	ACCOUNT_FAILURES_MAX = 10,
};

/* Failures from one address: with one password, and in all. */
static const struct address_limits {
	int same_password, failures;
} address_limits = { 50, 1000 }, network_limits = { 200, 4000 };

static pthread_once_t password_key_once = PTHREAD_ONCE_INIT;
static unsigned char password_key[HASH_SHA256_SIZE];

static void rate_limit_init_key(void)
{
	random_bytes(password_key, sizeof(password_key));
}

/* A failed password may resemble a valid one, so the counter's key is an HMAC
 * under a key that only this process has. */
static char *rate_limit_password_hash(struct arena *a, const char *address,
                                      const char *password)
{
	char *both = arena_printf(a, "%s %s", address, password);
	unsigned char mac[HASH_SHA256_SIZE];

	(void)pthread_once(&password_key_once, rate_limit_init_key);
	hash_hmac_sha256(password_key, sizeof(password_key), both, strlen(both),
	                 mac);
	return hash_sha256_hex(a, mac, sizeof(mac));
}

char *rate_limit_key(struct arena *a, const char *login,
                     const struct municipality *m)
{
	return person_account_key(a, m->name, login);
}

static char *trusted_browser_key(struct request_context *ctx,
                                 const char *account)
{
	const char *secret = csrf_secret_find(ctx->request, CSRF_COOKIE);

	return secret ? arena_printf(ctx->arena, "%s %s", account, secret)
	              : NULL;
}

static bool browser_is_trusted(struct request_context *ctx, const char *key,
                               bool *ret, struct error *err)
{
	long long count = 0;

	*ret = false;
	if (key && !store_counter_get(ctx->backends->store, ctx->cfg, "known",
	                              key, &count, err))
		return false;
	*ret = count > 0;
	return true;
}

/* Returns the counters of an attempt; a trusted browser has only its own. */
static size_t attempt_counters(const struct auth_attempt *attempt,
                               struct store_counter ret[3])
{
	size_t count = 0;

	if (attempt->account)
		ret[count++] =
		    (struct store_counter){ "guess", attempt->account };
	if (attempt->password)
		ret[count++] =
		    (struct store_counter){ "same", attempt->password };
	if (attempt->address)
		ret[count++] =
		    (struct store_counter){ "from", attempt->address };
	return count;
}

/* Fills in the counters of an attempt.  *ret_limits: those of its address. */
static bool attempt_begin(struct request_context *ctx, const char *account,
                          const char *password, struct auth_attempt *ret,
                          const struct address_limits **ret_limits,
                          struct error *err)
{
	const struct request *r = ctx->request;
	char *trusted_key = trusted_browser_key(ctx, account);
	bool trusted, is_network;

	if (!browser_is_trusted(ctx, trusted_key, &trusted, err))
		return false;
	*ret_limits = &address_limits;
	*ret =
	    (struct auth_attempt){ .account = trusted ? trusted_key : account };
	if (trusted)
		return true;
	ret->address = network_limit_subject(ctx->arena, ctx->cfg, r->address,
	                                     r->listener, &is_network);
	ret->password =
	    rate_limit_password_hash(ctx->arena, ret->address, password);
	if (is_network)
		*ret_limits = &network_limits;
	return true;
}

/* What an attempt over a limit gets, in the order of attempt_counters(). */
static const struct refusal {
	const char *reason, *text;
	enum log_event_id alarm;
} refusals[] = {
	{ "too-many-tries", "too many failed logins: account",
	  LOG_LOGIN_ACCOUNT_LOCKED },
	{ "too-many-from-network", "too many failed logins: password",
	  LOG_LOGIN_SPRAYING },
	{ "too-many-from-network", "too many failed logins: address",
	  LOG_LOGIN_ADDRESS_LOCKED },
};

/* Returns the first limit that is exceeded; NULL if none is.  counts: 0 for a
 * counter that is absent. */
static const struct refusal *attempt_refusal(
    const long long counts[3], const struct address_limits *limits)
{
	const long long most[] = { ACCOUNT_FAILURES_MAX, limits->same_password,
		                   limits->failures };

	for (size_t i = 0; i < LENGTH(most); i++)
		if (counts[i] > most[i])
			return &refusals[i];
	return NULL;
}

/* Logs a limit that is reached, once in a window.  A login name is not logged:
 * the audit log has the events of the account. */
static void rate_limit_alarm(struct request_context *ctx,
                             const struct refusal *refusal,
                             const struct auth_attempt *attempt,
                             const struct municipality *m)
{
	const bool of_account = refusal == &refusals[0];
	const char *subject = of_account ? attempt->account : attempt->address;
	const char *name = log_event_name(refusal->alarm);
	struct error ignored = { 0 };
	long long count = 0;

	/* On error the alarm is repeated rather than lost. */
	if (!store_counter_incr(ctx->backends->store, ctx->cfg, name, subject,
	                        WINDOW, &count, &ignored) ||
	    count == 1)
		log_event(refusal->alarm, "municipality", m->name, "address",
		          of_account ? ctx->request->address : subject, NULL);
}

bool rate_limit_check(struct request_context *ctx, const char *login,
                      const struct municipality *m, const char *password,
                      struct auth_attempt *ret, struct error *err)
{
	const struct address_limits *limits;
	struct store_counter counters[3];
	long long counts[3] = { 0 };

	if (!attempt_begin(ctx, rate_limit_key(ctx->arena, login, m), password,
	                   ret, &limits, err) ||
	    !store_counters_incr(ctx->backends->store, ctx->cfg, counters,
	                         attempt_counters(ret, counters), WINDOW,
	                         counts, err))
		return false;
	const struct refusal *refusal = attempt_refusal(counts, limits);

	if (!refusal)
		return true;
	/* Not verified, so not counted. */
	rate_limit_refund(ctx, ret);
	rate_limit_alarm(ctx, refusal, ret, m);
	return error_set_reason(err, ERROR_REFUSED, refusal->reason, "%s",
	                        refusal->text);
}

void rate_limit_refund(struct request_context *ctx,
                       const struct auth_attempt *attempt)
{
	struct store_counter counters[3];
	struct error err = { 0 };

	/* On error the counter expires by itself. */
	(void)!store_counters_decr(ctx->backends->store, ctx->cfg, counters,
	                           attempt_counters(attempt, counters), &err);
}

void rate_limit_trust_browser(struct request_context *ctx,
                              const struct auth_attempt *attempt,
                              const char *login, const struct municipality *m)
{
	char *key =
	    trusted_browser_key(ctx, rate_limit_key(ctx->arena, login, m));
	struct error err = { 0 };
	long long count;

	rate_limit_refund(ctx, attempt);
	if (key && attempt->password)
		(void)!store_counter_incr(ctx->backends->store, ctx->cfg,
		                          "known", key, BROWSER_TRUST_S, &count,
		                          &err);
}
