/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-slapd-sock serves the sock overlay of a replica slapd
 * (slapd-sock(5)), so that LDAP applications and Feide can bind as persons. */
#include "idp/slapd_sock/slapd_sock.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/daemon_main.h"

enum {
	AUDIT_SLOTS = 8,
	AUDIT_DEADLINE_MS = 200,
	CATALOGUE_CONNECTIONS = 4,
	IPC_CONNECTIONS = 4,
};

static struct slapd_sock_backends backends;
static struct slapd_sock_server *server;

static void slapd_sock_backends_open(struct slapd_sock_backends *s,
                                     struct arena *a, const struct config *cfg)
{
	s->audit = ipc_client_open(
	    arena_printf(a, "%s/audit.sock", cfg->runtime_directory),
	    AUDIT_SLOTS, AUDIT_DEADLINE_MS);
	s->store = store_open(NULL);
	s->catalogue = catalogue_open(CATALOGUE_CONNECTIONS);
	s->ldap_auth = ldap_auth_client_open();
}

static void slapd_sock_backends_close(struct slapd_sock_backends *s)
{
	ldap_auth_client_close(s->ldap_auth);
	catalogue_close(s->catalogue);
	store_close(s->store);
	ipc_client_close(s->audit);
}

static bool slapd_sock_init(struct daemon *d, const struct config *cfg,
                            struct error *err)
{
	int bind_fd = daemon_socket(DAEMON_SOCKET_FIRST);
	int ipc_fd = daemon_socket(DAEMON_SOCKET_SECOND);

	if (bind_fd < 0 || ipc_fd < 0)
		return error_set(err, ERROR_INVALID,
		                 "no sockets passed by the supervisor");
	slapd_sock_backends_open(&backends, d->arena, cfg);
	return slapd_sock_serve(bind_fd, &backends, &server, err) &&
	       ipc_serve_background(ipc_fd, -1, "slapd-sock", NULL,
	                            IPC_CONNECTIONS, err);
}

static void slapd_sock_daemon_stop(struct daemon *d)
{
	(void)d;
	slapd_sock_stop(server);
	slapd_sock_backends_close(&backends);
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-slapd-sock",
		.memory_mib = 512,
		.needs = CONFINE_NETWORK,
		.init = slapd_sock_init,
		.stop = slapd_sock_daemon_stop,
	};

	return daemon_main(&program, argc, argv);
}
