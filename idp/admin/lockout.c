/* SPDX-License-Identifier: AGPL-3.0-or-later
 * lockout.c: ends the refusal of new browsers after many failed logins, of a
 * person's accounts or of an address or network. */
#include "idp/admin/admin.h"

#include <arpa/inet.h>

#include "lib/strbuf.h"
#include "region/config/network.h"

/* Sets a counter of idp/login/rate_limit.c to zero. */
static bool lockout_clear_counter(const struct admin_command *cmd,
                                  const char *name, const char *subject,
                                  const char *label, struct error *err)
{
	long long count = 0;

	if (!store_counter_clear(admin_backends.store, cmd->cfg, name, subject,
	                         &count, err))
		return false;
	ipc_reply_line(cmd->request, "%s: %lld failed logins cleared", label,
	               count);
	return true;
}

static bool lockout_clear_person(const struct admin_command *cmd,
                                 const char *who, struct error *err)
{
	const struct person *p;

	if (!cmd_find_person(cmd, who, &p, err) ||
	    !cmd_audit(cmd, p, NULL, err))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (f->login && !lockout_clear_counter(
				    cmd, "guess",
				    person_account_key(
					cmd->arena, f->municipality, f->login),
				    arena_printf(cmd->arena, "%s at %s",
		                                 f->login, f->municipality),
				    err))
			return false;
	}
	return true;
}

static bool lockout_clear_subject(const struct admin_command *cmd,
                                  const char *subject, struct error *err)
{
	return cmd_audit(cmd, NULL, NULL, err) &&
	       lockout_clear_counter(cmd, "from", subject, subject, err);
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
		return lockout_clear_subject(
		    cmd, arena_printf(cmd->arena, "network %s", who), err);
	if (lockout_is_address(who))
		return lockout_clear_subject(
		    cmd,
		    network_limit_subject(cmd->arena, cmd->cfg, who, "",
		                          &is_network),
		    err);
	return lockout_clear_person(cmd, who, err);
}
