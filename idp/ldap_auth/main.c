/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-ldap-auth, one process per directory, the only one with that
 * directory's service password.  Exits with 64 on a usage error, 78 if the
 * configuration cannot be read. */
#include <stdio.h>

#include "idp/ldap_auth/ldap_auth.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"

enum { SEARCH_CONNECTIONS = 2, EXIT_CONFIG = 78 };

struct ldap_auth ldap_auth;

static const struct ipc_handler ldap_auth_handlers[] = {
	{ IPC_VERIFY_PASSWORD, ldap_auth_verify },
	{ IPC_CHANGE_PASSWORD, ldap_auth_change_password }
};

int main(int argc, char **argv)
{
	struct error err = { 0 };

	daemon_init("portvakt-ldap-auth");
	int usage =
	    daemon_check_arguments(argc, argv, "portvakt-ldap-auth", "NAME");
	if (usage >= 0)
		return usage;
	ldap_auth.directory = argv[3];
	daemon_block_signals();
	daemon_die_with_parent();
	if (!config_open(argv[2], &err) || !watchdog_start(&err)) {
		log_error("cannot start", "why", err.text, NULL);
		return EXIT_CONFIG;
	}
	ldap_auth.search_pool = directory_pool_open(SEARCH_CONNECTIONS);
	ldap_auth.bind_pool = directory_pool_open(LDAP_AUTH_SLOTS);
	ipc_serve(daemon_socket(DAEMON_FIRST), "ldap-auth", ldap_auth_handlers,
	          LENGTH(ldap_auth_handlers), LDAP_AUTH_SLOTS);
	directory_pool_close(ldap_auth.bind_pool);
	directory_pool_close(ldap_auth.search_pool);
	return 0;
}
