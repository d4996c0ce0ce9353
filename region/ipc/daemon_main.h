/* SPDX-License-Identifier: AGPL-3.0-or-later
 * daemon_main.h: the main function of every daemon, from a table of what is
 * its own: arguments, start, requests, stop. */
#ifndef REGION_IPC_DAEMON_MAIN_H
#define REGION_IPC_DAEMON_MAIN_H

#include "lib/process/confine.h"
#include "lib/process/identity.h"
#include "region/ipc/ipc_server.h"

/* A running daemon, as its functions receive it. */
struct daemon {
	struct arena *arena; /* lives until the daemon ends */
	const char *name;    /* the operand; NULL if the program takes none */
	int listen_fd;       /* the first socket; -1 without a role */
};

struct daemon_program {
	const char *program; /* "portvakt-ldap-auth": log, --version */
	const char *operand; /* its name in the usage, or NULL */
	/* A supervisor has no parent to end with, and handles signals itself
	 * (supervise_open). */
	bool is_supervisor;
	/* enum confine_needs: what it may do after the configuration was
	 * read. */
	unsigned needs;
	/* At most, for its data and stacks (RLIMIT_DATA): several times what
	 * the largest region needs.  Allocation fails at the limit, which ends
	 * the process, and its supervisor starts it again.  0: no limit, for a
	 * supervisor, whose children would inherit it. */
	unsigned memory_mib;
	/* Its directory below the state directory, the only one that it can
	 * write to; for an instance that of the same name within it.  NULL:
	 * it writes no files. */
	const char *state;
	/* For a supervisor. */
	const struct identity_names *names;
	/* Called before the configuration is read; or NULL. */
	void (*prepare)(void);
	/* Opens what the daemon needs; cfg is the configuration at start, for
	 * this call only.  Or NULL. */
	bool (*init)(struct daemon *d, const struct config *cfg,
	             struct error *err);
	/* The role of its first socket, for ipc_acl.c.  own_socket: started
	 * without a supervisor it listens at ROLE.sock itself.  NULL: init()
	 * takes the sockets. */
	const char *role;
	bool own_socket;
	const struct ipc_handlers *handlers;
	/* At most; the descriptors for them are required at the start. */
	int connections;
	/* Serves until the daemon ends.  NULL: serves the role's requests;
	 * without a role, waits for a signal. */
	void (*run)(struct daemon *d);
	/* Called at the end; or NULL. */
	void (*stop)(struct daemon *d);
};

/* Reads the arguments and the configuration, confines the process (confine.h),
 * starts, serves and stops.  A daemon does not run as root; a supervisor that
 * root starts needs all its users, and is root no more.  Returns the exit
 * status (sysexits.h): 0, 64 for a usage error, 77 as root or if a user is
 * missing, 78 if the daemon cannot start. */
int daemon_main(const struct daemon_program *program, int argc, char **argv);

#endif
