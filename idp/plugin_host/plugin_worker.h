/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_worker.h: the worker process that runs the code of one plugin: the
 * same program, started with an internal first argument. */
#ifndef IDP_PLUGIN_HOST_PLUGIN_WORKER_H
#define IDP_PLUGIN_HOST_PLUGIN_WORKER_H

#define PLUGIN_WORKER_ARGUMENT "--caged"

/* The descriptors of a worker; standard output and error are its log. */
enum {
	PLUGIN_WORKER_SOCKET = 3,
	PLUGIN_WORKER_LIBRARY = 4, /* a sealed memfd */
	PLUGIN_WORKER_DATA = 5,    /* a sealed memfd: the data and a NUL */
	PLUGIN_WORKER_NOTE = 6,    /* a memfd with the number, an int, of a
	                              system call that the sandbox forbade */
	PLUGIN_WORKER_DESCRIPTORS,
};

/* Exit statuses. */
enum {
	PLUGIN_WORKER_NO_SANDBOX = 70,
	PLUGIN_WORKER_NO_MEMORY = 71, /* a fault after malloc() failed */
	PLUGIN_WORKER_FORBIDDEN = 72, /* a system call, see the note */
};

/* Locks the sandbox and serves requests (worker-start, worker-validate,
 * evaluate-one) on its socket until it is closed.  Returns the exit status. */
int plugin_worker_main(void);

#endif
