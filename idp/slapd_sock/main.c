/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-slapd-sock serves the sock overlay of a replica slapd
 * (slapd-sock(5)), so that LDAP applications and Feide can bind as persons.
 * Exits with 64 on a usage error, 78 if it cannot start. */
#include <stdio.h>
#include <unistd.h>

#include "idp/slapd_sock/slapd_sock.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_server.h"

enum {
	AUDIT_SLOTS = 8,
	AUDIT_DEADLINE_MS = 200,
	CATALOGUE_CONNECTIONS = 4,
	IPC_CONNECTIONS = 4,
	EXIT_CONFIG = 78,
};

static void slapd_sock_backends_open(struct slapd_sock_backends *s)
{
	struct arena *a = arena_open();
	struct config *cfg = config_current();

	s->audit = ipc_client_open(
	    arena_printf(a, "%s/audit.sock", cfg->runtime_directory),
	    AUDIT_SLOTS, AUDIT_DEADLINE_MS);
	s->store = store_open(NULL);
	s->catalogue = catalogue_open(CATALOGUE_CONNECTIONS);
	s->ldap_auth = ldap_auth_client_open();
	config_unref(cfg);
	arena_close(a);
}

static void slapd_sock_backends_close(struct slapd_sock_backends *s)
{
	ldap_auth_client_close(s->ldap_auth);
	catalogue_close(s->catalogue);
	store_close(s->store);
	ipc_client_close(s->audit);
}

static bool slapd_sock_run(const char *file, struct error *err)
{
	struct slapd_sock_backends backends = { 0 };
	struct slapd_sock_server *server;
	int bind_fd = daemon_socket(DAEMON_FIRST);
	int ipc_fd = daemon_socket(DAEMON_SECOND);

	if (bind_fd < 0 || ipc_fd < 0)
		return error_set(err, ERROR_INVALID,
		                 "no listening sockets were handed over");
	if (!config_open(file, err))
		return false;
	slapd_sock_backends_open(&backends);
	if (!slapd_sock_serve(bind_fd, &backends, &server, err) ||
	    !ipc_serve_background(ipc_fd, -1, "slapd-sock", NULL, 0,
	                          IPC_CONNECTIONS, err))
		return false;
	daemon_wait_for_signal();
	slapd_sock_stop(server);
	slapd_sock_backends_close(&backends);
	return true;
}

int main(int argc, char **argv)
{
	struct error err = { 0 };

	daemon_init("portvakt-slapd-sock");
	int usage =
	    daemon_check_arguments(argc, argv, "portvakt-slapd-sock", NULL);
	if (usage >= 0)
		return usage;
	daemon_block_signals();
	daemon_die_with_parent();
	if (slapd_sock_run(argv[2], &err))
		return 0;
	log_error("cannot start", "why", err.text, NULL);
	return EXIT_CONFIG;
}
