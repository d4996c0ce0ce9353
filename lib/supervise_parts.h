/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_parts.h: what the files of supervise share, and nobody else. */
#ifndef LIB_SUPERVISE_PARTS_H
#define LIB_SUPERVISE_PARTS_H

#include "lib/arena.h"
#include "lib/list.h"
#include "lib/supervise.h"

enum { SUPERVISE_LEAVING = 4, SUPERVISE_PATIENCE = 2000 };

/* pid 0: nobody. */
struct child {
	pid_t pid;
	int pidfd;
	int64_t started; /* monotonic ms */
	int64_t since;   /* clock_now */
	int64_t kill_at; /* monotonic ms; 0: not asked to end */
};

struct role {
	struct arena *arena;
	struct supervise_role is;
	int listener, second; /* -1: none */
	struct child now;
	struct child leaving[SUPERVISE_LEAVING];
	unsigned starts;
	unsigned short_lives; /* in a row */
	int64_t not_before;   /* monotonic ms */
	bool ending;          /* not to be started any more */
	bool gone;            /* out of the configuration */
};

typedef LIST(struct role *) role_list;

struct supervise {
	struct arena *arena;    /* itself, the ear */
	struct arena *roles_in; /* the list, made anew when it changes */
	struct arena *rows_in;  /* the last status */
	role_list roles;
	struct supervise_ear ear;
	int signals;
	bool over;
	int64_t next_tick;
};

void supervise_say(struct supervise *s, const struct role *r, const char *what,
                   const char *detail);

/* ---- supervise_child.c */

void supervise_send(const struct child *c, int signal);
bool supervise_start(struct supervise *s, struct role *r);
/* r->now gets SIGTERM and a place among those leaving. */
void supervise_leave(struct role *r);
/* The same, and nobody follows. */
void supervise_end_role(struct role *r);
/* c is gone, if it is; plans when the next may start. */
void supervise_reap(struct supervise *s, struct role *r, struct child *c);
bool supervise_has_child(const struct role *r);

#endif
