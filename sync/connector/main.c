/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-connector, one per source directory.  It sends national
 * identity numbers to portvakt-id-crypto only. */
#include <pthread.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/daemon_main.h"
#include "sync/connector/connector.h"
#include "sync/connector/source_check.h"

enum {
	MAX_REQUESTS = 4,
	PROVISIONER_TIMEOUT_MS = 30000, /* it may be verifying the catalogue */
	ID_CRYPTO_TIMEOUT_MS = 2000,
};

static struct connector connector;

/* `portvaktctl sync full`: starts a full sync now. */
static bool connector_request_full_sync(const struct ipc_request *q,
                                        struct error *err)
{
	(void)q, (void)err;
	atomic_store(&connector.full_sync_requested, true);
	return true;
}

static bool connector_check_source(const struct ipc_request *q,
                                   struct error *err)
{
	return source_check_run(q, connector.name, err);
}

static const struct {
	const char *name;
	bool (*handler)(const struct ipc_request *q, struct error *err);
} connector_commands[] = {
	{ "full", connector_request_full_sync },
	{ "check-source", connector_check_source },
};

static bool connector_command(const struct ipc_request *q,
                              const struct command_request *request,
                              struct command_reply *reply, struct error *err)
{
	const char *command = request->args_count > 0 ? request->args[0] : NULL;

	(void)reply;
	for (size_t i = 0; i < LENGTH(connector_commands); i++)
		if (text_equal(command, connector_commands[i].name))
			return connector_commands[i].handler(q, err);
	return error_set(err, ERROR_INVALID, "unknown command");
}

static const struct ipc_handlers connector_handlers = {
	.command = connector_command,
};

static void *connector_thread(void *data)
{
	connector_run(data);
	log_event(LOG_SYNC_SOURCE_REMOVED, "directory", connector.name, NULL);
	return NULL;
}

static bool connector_init(struct daemon *d, const struct config *cfg,
                           struct error *err)
{
	pthread_t thread;

	connector.name = d->name;
	connector.provisioner =
	    ipc_client_open(arena_printf(d->arena, "%s/provisioner.sock",
	                                 cfg->runtime_directory),
	                    1, PROVISIONER_TIMEOUT_MS);
	connector.id_crypto = ipc_client_open(
	    arena_printf(d->arena, "%s/id-crypto.sock", cfg->runtime_directory),
	    1, ID_CRYPTO_TIMEOUT_MS);
	return pthread_create(&thread, NULL, connector_thread, &connector) ==
	           0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot start a thread");
}

/* No cleanup: the provisioner discards a run that was not committed. */
static void connector_stop(struct daemon *d)
{
	(void)d;
	_exit(0);
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-connector",
		.memory_mib = 2048,
		.needs = CONFINE_NETWORK,
		.operand = "NAME",
		.init = connector_init,
		.role = "connector",
		.handlers = &connector_handlers,
		.connections = MAX_REQUESTS,
		.stop = connector_stop,
	};

	return daemon_main(&program, argc, argv);
}
