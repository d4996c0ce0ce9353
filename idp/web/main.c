/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-web: pages, OIDC and SAML over HTTP.  It listens on the
 * socket inherited from the supervisor.  It holds no keys and no directory
 * passwords; every privileged operation is done by another process. */
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "idp/logout/logout_worker.h"
#include "idp/session/gone_sessions.h"
#include "idp/session/transaction_keys.h"
#include "idp/web/health.h"
#include "idp/web/routes.h"
#include "lib/clock.h"
#include "lib/http_client.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/process/listen.h"
#include "lib/strbuf.h"
#include "lib/thread/thread_pool.h"
#include "region/ipc/daemon_main.h"

enum {
	/* haproxy's maxconn, for its server of good and of bad days; a
	 * connection of one is not used by the other. */
	MAX_CONNECTIONS = 256,
	HTTP_CONNECTIONS = 2 * MAX_CONNECTIONS + 8, /* and its checks */
	SIGNER_SLOTS = 16,
	AUDIT_SLOTS = 16,
	/* Our own processes are fast: all requests may wait for them.  In a
	 * storm it is the scheduler that takes this long. */
	OWN_TIMEOUT_MS = 2000,
	OWN_QUEUE = MAX_CONNECTIONS,
	OWN_QUEUE_MS = 2000,
	ADMIN_SLOTS = 2,
	ADMIN_TIMEOUT_MS = 2000,
	REVOCATION_SLOTS = 1,
	REVOCATION_TIMEOUT_MS = 2000,
	CATALOGUE_CONNECTIONS = 4,
	LOGOUT_QUEUE_MAX = 1000,
	LOGOUT_THREADS = 8,
	IPC_CLIENTS = 4,
	SIGNER_RETRY_MS = 100,
	MAX_SIGNER_WAIT_MS = 10 * 1000,
};

static void web_backends_open(struct web_backends *b, struct arena *a,
                              const char *run_dir)
{
	b->signer = ipc_client_open(arena_printf(a, "%s/signer.sock", run_dir),
	                            SIGNER_SLOTS, OWN_TIMEOUT_MS);
	b->audit = ipc_client_open(arena_printf(a, "%s/audit.sock", run_dir),
	                           AUDIT_SLOTS, OWN_TIMEOUT_MS);
	b->admin = ipc_client_open(arena_printf(a, "%s/admin.sock", run_dir),
	                           ADMIN_SLOTS, ADMIN_TIMEOUT_MS);
	b->revocation =
	    ipc_client_open(arena_printf(a, "%s/revocation.sock", run_dir),
	                    REVOCATION_SLOTS, REVOCATION_TIMEOUT_MS);
	ipc_client_set_queue(b->signer, OWN_QUEUE, OWN_QUEUE_MS, OWN_QUEUE_MS);
	ipc_client_set_queue(b->audit, OWN_QUEUE, OWN_QUEUE_MS, OWN_QUEUE_MS);
	b->store = store_open(b->signer);
	b->catalogue = catalogue_open(CATALOGUE_CONNECTIONS);
	b->plugin_hosts = plugin_host_client_open();
	b->logout_pool = thread_pool_open(LOGOUT_QUEUE_MAX, LOGOUT_THREADS);
	b->ldap_auth = ldap_auth_client_open();
	b->gone = gone_sessions_open();
	b->key_cache = key_cache_open();
	b->transaction_keys = transaction_keys_open();
}

static void web_backends_close(struct web_backends *b)
{
	thread_pool_close(b->logout_pool);
	transaction_keys_close(b->transaction_keys);
	key_cache_close(b->key_cache);
	gone_sessions_close(b->gone);
	ldap_auth_client_close(b->ldap_auth);
	plugin_host_client_close(b->plugin_hosts);
	catalogue_close(b->catalogue);
	store_close(b->store);
	ipc_client_close(b->revocation);
	ipc_client_close(b->admin);
	ipc_client_close(b->audit);
	ipc_client_close(b->signer);
}

/* Waits for the signer, which has no keys before `portvaktctl keys init` at the
 * first start; meanwhile connections queue at the socket.  After the time limit
 * the server starts anyway and shows error pages. */
static void wait_for_signer(const struct web_backends *b,
                            const struct config *cfg)
{
	const struct timespec wait = { .tv_nsec = SIGNER_RETRY_MS * 1000000L };
	int64_t end = clock_monotonic_ms() + MAX_SIGNER_WAIT_MS;
	struct arena *a = arena_open();
	struct request_context ctx = { .arena = a, .cfg = cfg, .backends = b };
	const struct public_keys *keys;
	struct error err = { 0 };

	while (!issuer_public_keys(&ctx, &cfg->issuers[0], &keys, &err) &&
	       clock_monotonic_ms() < end)
		(void)nanosleep(&wait, NULL);
	arena_close(a);
}

/* The same for the list of ended sessions, without which no session is valid.
 */
static void wait_for_revocation(const struct web_backends *b,
                                const struct config *cfg)
{
	const struct timespec wait = { .tv_nsec = SIGNER_RETRY_MS * 1000000L };
	int64_t end = clock_monotonic_ms() + MAX_SIGNER_WAIT_MS;
	struct error err = { 0 };

	while (!gone_sessions_update(b->gone, b->revocation, cfg, &err) &&
	       clock_monotonic_ms() < end)
		(void)nanosleep(&wait, NULL);
}

/* Serves IPC_CONFIG_PREPARE, IPC_CONFIG_ACTIVATE and IPC_STATUS at
 * <run>/web.sock, which is inherited from the supervisor or created here. While
 * this process drains, the next one accepts from the same socket.  Returns an
 * eventfd; a write to it stops the service. */
static int web_control_start(struct arena *a, const char *run_dir)
{
	const struct listen_socket at = {
		.path = arena_printf(a, "%s/web.sock", run_dir), .mode = 0666
	};
	int fd = daemon_socket(DAEMON_SOCKET_SECOND);
	int stop_fd = eventfd(0, EFD_CLOEXEC);
	struct error err = { 0 };

	if ((fd >= 0 || listen_open(&at, &fd, &err)) &&
	    ipc_serve_background(fd, stop_fd, "web", NULL, IPC_CLIENTS, &err))
		return stop_fd;
	log_event(LOG_CONFIG_RELOAD_UNAVAILABLE, "error", err.text, NULL);
	return stop_fd;
}

static struct web_backends backends;
static struct http_server *server;
static struct logout_worker *logout_worker;
static int stop_control_fd;

static bool web_init(struct daemon *d, const struct config *cfg,
                     struct error *err)
{
	int listen_fd = daemon_socket(DAEMON_SOCKET_FIRST);

	if (listen_fd < 0)
		return error_set(err, ERROR_INVALID,
		                 "no socket passed by the supervisor");
	http_client_init();
	web_backends_open(&backends, d->arena, cfg->runtime_directory);
	routes_init(&backends);
	wait_for_signer(&backends, cfg);
	wait_for_revocation(&backends, cfg);
	if (!health_start(arena_strdup(d->arena, cfg->runtime_directory), err))
		return false;
	if (!http_server_start(listen_fd, HTTP_CONNECTIONS, &routes_callbacks,
	                       &server, err))
		return false;
	stop_control_fd = web_control_start(d->arena, cfg->runtime_directory);
	logout_worker = logout_worker_start(&backends);
	return logout_worker ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot start a thread");
}

static void web_stop(struct daemon *d)
{
	(void)d;
	(void)eventfd_write(stop_control_fd, 1);
	http_server_drain(server);
	health_stop();
	logout_worker_stop(logout_worker);
	web_backends_close(&backends);
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-web",
		.memory_mib = 1024,
		.needs = CONFINE_NETWORK,
		.init = web_init,
		.connections = HTTP_CONNECTIONS,
		.stop = web_stop,
	};

	return daemon_main(&program, argc, argv);
}
