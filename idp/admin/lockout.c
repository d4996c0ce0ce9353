/* SPDX-License-Identifier: AGPL-3.0-or-later
 * lockout.c: ends the refusal of new browsers after many failed logins, of a
 * person's accounts or of an address or network. */
#include "idp/admin/admin.h"

#include <arpa/inet.h>

#include "lib/strbuf.h"
#include "region/config/network.h"
#include "region/redis/login_counters.h"

/* A day: longer than any counter of a password. */
enum { CLEARS_LIFETIME_S = 24 * 60 * 60 };

/* Sets the counters of a subject to zero, and adds the failures to *failures.
 */
static bool lockout_clear_counter(const struct admin_command *cmd,
                                  const char *name, const char *subject,
                                  long long *failures, struct error *err)
{
	struct store *store = admin_backends.store;
	struct arena *a = cmd->arena;
	long long count = 0, unused;

	if (!store_counter_clear(store, cmd->cfg, name, subject, &count, err) ||
	    !store_counter_clear(
		store, cmd->cfg,
		arena_printf(a, "%s" LOGIN_COUNTER_TURNS, name), subject,
		&unused, err) ||
	    !store_counter_clear(
		store, cmd->cfg,
		arena_printf(a, "%s" LOGIN_COUNTER_REFUSALS, name), subject,
		&unused, err))
		return false;
	*failures += count;
	return true;
}

static void lockout_report(const struct admin_command *cmd, const char *label,
                           long long failures)
{
	ipc_reply_line(cmd->request, "%s: %lld failed logins cleared", label,
	               failures);
}

/* Its logins from networks of the configuration are counted apart. */
static bool lockout_clear_account(const struct admin_command *cmd,
                                  const struct affiliation *f,
                                  struct error *err)
{
	const char *key =
	    person_account_key(cmd->arena, f->municipality, f->login);
	long long failures = 0;

	if (!lockout_clear_counter(cmd, LOGIN_COUNTER_ACCOUNT, key, &failures,
	                           err) ||
	    !lockout_clear_counter(
		cmd, LOGIN_COUNTER_ACCOUNT,
		arena_printf(cmd->arena, "%s" LOGIN_NETWORK_SUFFIX, key),
		&failures, err))
		return false;
	lockout_report(
	    cmd,
	    arena_printf(cmd->arena, "%s at %s", f->login, f->municipality),
	    failures);
	return true;
}

static bool lockout_clear_person(const struct admin_command *cmd,
                                 const char *who, struct error *err)
{
	const struct person *p;

	if (!cmd_find_person(cmd, who, &p, err) ||
	    !cmd_audit(cmd, p, NULL, err))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++)
		if (p->affiliations[i].login &&
		    !lockout_clear_account(cmd, &p->affiliations[i], err))
			return false;
	return true;
}

/* Also its site; and those of its passwords: their subjects have the number of
 * times that the address was cleared. */
static bool lockout_clear_address(const struct admin_command *cmd,
                                  const char *subject, const char *site,
                                  struct error *err)
{
	long long failures = 0, of_site = 0, clears;

	if (!cmd_audit(cmd, NULL, NULL, err) ||
	    !lockout_clear_counter(cmd, LOGIN_COUNTER_ADDRESS, subject,
	                           &failures, err) ||
	    (site && !lockout_clear_counter(cmd, LOGIN_COUNTER_ADDRESS, site,
	                                    &of_site, err)) ||
	    !store_counter_incr(admin_backends.store, cmd->cfg,
	                        LOGIN_COUNTER_CLEARS, subject,
	                        CLEARS_LIFETIME_S, &clears, err))
		return false;
	lockout_report(cmd, subject, failures);
	return true;
}

static bool lockout_is_address(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, bytes) == 1 ||
	       inet_pton(AF_INET6, text, bytes) == 1;
}

bool admin_lockout(const struct admin_command *cmd, struct error *err)
{
	const char *who = cmd->argc == 3 ? cmd->argv[2] : NULL;
	bool is_network;

	if (!who || !text_equal(cmd->argv[1], "clear"))
		return error_set(err, ERROR_INVALID,
		                 "usage: lockout clear PERSON|NETWORK|ADDRESS");
	if (config_network(cmd->cfg, who))
		return lockout_clear_address(
		    cmd, arena_printf(cmd->arena, "network %s", who), NULL,
		    err);
	if (lockout_is_address(who))
		return lockout_clear_address(
		    cmd,
		    network_limit_subject(cmd->arena, cmd->cfg, who, "",
		                          &is_network),
		    network_limit_site(cmd->arena, cmd->cfg, who, ""), err);
	return lockout_clear_person(cmd, who, err);
}
