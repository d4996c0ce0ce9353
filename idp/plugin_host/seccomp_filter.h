/* SPDX-License-Identifier: AGPL-3.0-or-later
 * seccomp_filter.h: the sandbox of a process that runs plugin code (seccomp,
 * setrlimit).  It cannot be removed. */
#ifndef IDP_PLUGIN_HOST_SECCOMP_FILTER_H
#define IDP_PLUGIN_HOST_SECCOMP_FILTER_H

#include <stdbool.h>

#include "lib/error.h"

enum { SANDBOX_MEMORY_MIB = 96 };

/* Restricts this process to computation and I/O on its open descriptors, before
 * any foreign code is in it.  dlopen() works once, and whatever its path, loads
 * library_fd, a sealed memfd, which is the only file that can be mapped
 * executable.  Opening any other file fails with EPERM; any other system call
 * sets *note to its number and ends the process with exit_status.  note is
 * memory that the parent reads; 0: no call.  Returns false on error. */
bool sandbox_lock(int library_fd, volatile int *note, int exit_status,
                  struct error *err) must_check;

#endif
