/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_private.h: private to the files of supervise. */
#ifndef LIB_SUPERVISE_PARTS_H
#define LIB_SUPERVISE_PARTS_H

#include "lib/arena.h"
#include "lib/list.h"
#include "lib/supervise.h"

enum { SUPERVISE_LEAVING = 4, SUPERVISE_PATIENCE = 2000 };

/* pid 0: unused. */
struct child {
	pid_t pid;
	int pidfd;
	int64_t started; /* monotonic ms */
	int64_t since;   /* clock_now */
	int64_t kill_at; /* monotonic ms; 0: not stopping */
};

struct role {
	struct arena *arena;
	struct supervise_role is;
	int listener, second; /* -1: none */
	struct child now;
	struct child leaving[SUPERVISE_LEAVING];
	unsigned starts;
	unsigned short_lives; /* consecutive */
	int64_t not_before;   /* monotonic ms */
	bool ending;          /* is not started again */
	bool gone;            /* removed from the configuration */
};

typedef LIST(struct role *) role_list;

struct supervise {
	struct arena *arena;    /* this struct, callbacks */
	struct arena *roles_in; /* the list, replaced on a change */
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
/* Sends the current child SIGTERM and moves it to the draining ones. */
void supervise_leave(struct role *r);
/* The same, and starts no other. */
void supervise_end_role(struct role *r);
/* Reaps c if it has exited; schedules the restart. */
void supervise_reap(struct supervise *s, struct role *r, struct child *c);
bool supervise_has_child(const struct role *r);

#endif
