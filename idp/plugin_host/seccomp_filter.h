/* SPDX-License-Identifier: AGPL-3.0-or-later
 * seccomp_filter.h: the sandbox of a process that runs plugin code (seccomp,
 * setrlimit).  It cannot be removed. */
#ifndef IDP_PLUGIN_HOST_SECCOMP_FILTER_H
#define IDP_PLUGIN_HOST_SECCOMP_FILTER_H

#include <stdbool.h>

#include "lib/error.h"

/* Restricts the process before plugins are loaded, because loading a shared
 * object executes code: no new processes, no network, no writing of files;
 * reading is still permitted.  Returns false on error. */
bool sandbox_restrict_load(struct error *err) must_check;

/* Restricts the process to computation and I/O on its open descriptors.
 * Opening a file fails with EPERM; any other system call kills the process.
 * Executable memory cannot be mapped.  Returns false on error. */
bool sandbox_lock(struct error *err) must_check;

#endif
