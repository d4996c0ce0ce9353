/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_worker.h: the worker process that runs plugin code: the same program,
 * started with an internal first argument. */
#ifndef IDP_JUDGE_CAGED_H
#define IDP_JUDGE_CAGED_H

#define CAGED_ARGUMENT "--caged"

enum {
	CAGED_SOCKET = 3,
	CAGED_READY = 0, /* id of the ready message */
};

/* argv: program, PLUGIN_WORKER_ARGUMENT, plugin directory, data directory,
 * plugin ... Loads the plugins, locks the sandbox and serves requests on
 * descriptor 3 until it is closed.  Returns the exit status. */
int caged_main(int argc, char **argv);

#endif
