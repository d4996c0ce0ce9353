/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-connector, one per source directory.  It reads national
 * numbers and sends none on in clear.  Exits with 64 on a usage error and 78
 * when the configuration cannot be used. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_server.h"
#include "sync/connector/connector.h"
#include "sync/connector/source_check.h"

enum {
	MAX_REQUESTS = 4,
	PROVISIONER_TIMEOUT_MS = 30000, /* it may be verifying the catalogue */
	SIGNER_TIMEOUT_MS = 2000,
	CONFIGURATION = 78,
};

static struct connector connector;

/* `sync full`: a full sync, regardless of the schedule. */
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
	{ "now", connector_request_full_sync },
	{ "doctor", connector_check_source },
};

static bool connector_command(const struct ipc_request *q,
                              json_t **ret_response, struct error *err)
{
	const char *command =
	    json_string_value(json_array_get(js_array(q->body, "words"), 0));

	*ret_response = js_own(q->arena, json_object());
	for (size_t i = 0; i < LENGTH(connector_commands); i++)
		if (text_equal(command, connector_commands[i].name))
			return connector_commands[i].handler(q, err);
	return error_set(err, ERROR_INVALID, "a reader knows now and doctor");
}

static const struct ipc_handler ipc_handlers[] = { { IPC_COMMAND,
	                                             connector_command } };

static void *connector_thread(void *with)
{
	connector_run(with);
	log_info("the directory is no longer configured", "directory",
	         connector.name, NULL);
	return NULL;
}

static bool connector_start(struct error *err)
{
	struct config *cfg = config_current();
	struct arena *a = arena_open();
	pthread_t thread;

	connector.provisioner = ipc_client_open(
	    arena_printf(a, "%s/provisioner.sock", cfg->runtime_directory), 1,
	    PROVISIONER_TIMEOUT_MS);
	connector.id_crypto = ipc_client_open(
	    arena_printf(a, "%s/id-crypto.sock", cfg->runtime_directory), 1,
	    SIGNER_TIMEOUT_MS);
	arena_close(a);
	config_unref(cfg);
	if (pthread_create(&thread, NULL, connector_thread, &connector) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "no thread");
	return true;
}

int main(int argc, char **argv)
{
	struct error err = { 0 };

	daemon_init("portvakt-connector");
	int usage =
	    daemon_check_arguments(argc, argv, "portvakt-connector", "NAME");
	if (usage >= 0)
		return usage;
	connector.name = argv[3];
	daemon_block_signals();
	daemon_die_with_parent();
	if (!config_open(argv[2], &err) || !connector_start(&err)) {
		log_error("cannot start", "why", err.text, NULL);
		return CONFIGURATION;
	}
	ipc_serve(daemon_socket(DAEMON_FIRST), "connector", ipc_handlers,
	          LENGTH(ipc_handlers), MAX_REQUESTS);
	/* A run that was not committed is discarded. */
	_exit(0);
}
