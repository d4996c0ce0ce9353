/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise.h: what a master does: makes the sockets, starts the roles,
 * starts again what died, and ends them all.  A socket outlives the process
 * behind it, so that a role can be restarted with nobody turned away. */
#ifndef LIB_SUPERVISE_H
#define LIB_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/attr.h"
#include "lib/fault.h"
#include "lib/listen.h"

enum supervise_start {
	SUPERVISE_AT_ONCE = 0,
	SUPERVISE_FIRST_USE, /* when a connection waits at its socket */
};

/* One process to keep alive.  Everything is copied. */
struct supervise_role {
	const char *name;        /* "door@kongsberg" */
	const char *program;     /* its path */
	const char *const *argv; /* ends in NULL; NULL: the program's path */
	const char *user;        /* when we are root; NULL: who we are */
	struct listen_at socket; /* its descriptor 3; path NULL: none */
	struct listen_at second; /* its descriptor 4, the same */
	enum supervise_start start;
	/* How long it may take to end, in milliseconds; 0: two seconds.  Those
	 * that say a time are ended first, the others when they are gone: web
	 * needs the keeper while it drains. */
	int64_t patience;
};

struct supervise_row {
	const char *name;
	pid_t pid;        /* 0: not running */
	int64_t since;    /* when it was started, clock_now */
	unsigned starts;  /* how often so far */
	unsigned leaving; /* older processes that still drain */
};

/* What the master hears, from within supervise_run; each may be NULL.  It
 * may call any function below. */
struct supervise_ear {
	void *thing;
	/* "started", "died", "killed", "could not start": for the log. */
	void (*said)(void *thing, const char *role, const char *what,
	             const char *detail);
	int fd; /* the control socket; -1: none */
	void (*ready)(void *thing, int fd);
	void (*reload)(void *thing); /* SIGHUP */
	void (*tick)(void *thing);   /* about once a second */
};

struct supervise;

/* Makes the sockets; false when one cannot be made.  Blocks SIGTERM, SIGINT
 * and SIGHUP, so call it before any thread. */
bool supervise_open(const struct supervise_role *roles, size_t count,
                    const struct supervise_ear *ear,
                    struct supervise **ret_supervise,
                    struct fault *why) must_check;

/* Runs until SIGTERM or SIGINT, or supervise_end; all children are gone when
 * it returns. */
void supervise_run(struct supervise *s);
void supervise_end(struct supervise *s);

/* A new process takes over the socket, then the old one gets SIGTERM and its
 * patience to finish what it has. */
bool supervise_restart(struct supervise *s, const char *name,
                       struct fault *why) must_check;

/* After a reload: roles of the same name stay, new ones begin, others end.
 * False, and nothing has changed, when a new socket cannot be made. */
bool supervise_change(struct supervise *s, const struct supervise_role *roles,
                      size_t count, struct fault *why) must_check;

/* A signal to every running child. */
void supervise_signal(struct supervise *s, int signal);

/* What runs, in the order of the roles; good until the next call. */
size_t supervise_status(struct supervise *s,
                        const struct supervise_row **ret_rows);

/* Closes and unlinks the sockets. */
void supervise_close(struct supervise *s);

#endif
