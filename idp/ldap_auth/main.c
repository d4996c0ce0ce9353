/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-ldap-auth, one process per directory, the only one with that
 * directory's service password. */
#include "idp/ldap_auth/ldap_auth.h"
#include "region/ipc/daemon_main.h"

struct ldap_auth ldap_auth;

static const struct ipc_handlers ldap_auth_handlers = {
	.verify_password = ldap_auth_verify,
	.change_password = ldap_auth_change_password,
};

static bool ldap_auth_init(struct daemon *d, const struct config *cfg,
                           struct error *err)
{
	(void)cfg;
	ldap_auth.directory = d->name;
	ldap_auth.search_pool = directory_pool_open(LDAP_AUTH_SLOTS);
	ldap_auth.bind_pool = directory_pool_open(LDAP_AUTH_SLOTS);
	return watchdog_start(err);
}

static void ldap_auth_stop(struct daemon *d)
{
	(void)d;
	directory_pool_close(ldap_auth.bind_pool);
	directory_pool_close(ldap_auth.search_pool);
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-ldap-auth",
		.memory_mib = 512,
		.needs = CONFINE_NETWORK,
		.operand = "NAME",
		.init = ldap_auth_init,
		.role = "ldap-auth",
		.handlers = &ldap_auth_handlers,
		.connections = LDAP_AUTH_SLOTS,
		.stop = ldap_auth_stop,
	};

	return daemon_main(&program, argc, argv);
}
