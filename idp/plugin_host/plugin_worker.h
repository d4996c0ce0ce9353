/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_worker.h: the worker process that runs plugin code: the same program,
 * started with an internal first argument. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_WORKER_H
#define IDP_PLUGIN_HOST_PLUGIN_WORKER_H

#define PLUGIN_WORKER_ARGUMENT "--caged"

enum {
	PLUGIN_WORKER_SOCKET = 3,
	PLUGIN_WORKER_READY = 0, /* id of the ready message */
};

/* argv: program, PLUGIN_WORKER_ARGUMENT, plugin directory, data directory,
 * plugin ... Loads the plugins, locks the sandbox and serves requests on
 * descriptor 3 until it is closed.  Returns the exit status. */
int plugin_worker_main(int argc, char **argv);

#endif
