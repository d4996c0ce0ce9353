/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervise_private.h: private to the files of supervise. */
#ifndef LIB_PROCESS_SUPERVISE_PRIVATE_H
#define LIB_PROCESS_SUPERVISE_PRIVATE_H

#include "lib/arena.h"
#include "lib/process/supervise.h"
#include "lib/vector.h"

enum { SUPERVISE_MAX_DRAINING = 4, SUPERVISE_STOP_TIMEOUT_MS = 2000 };

/* pid 0: unused. */
struct supervised_child {
	pid_t pid;
	int pidfd;
	int64_t started_ms; /* monotonic ms */
	int64_t started_at; /* clock_now */
	int64_t kill_at_ms; /* monotonic ms; 0: not stopping */
};

struct supervised_process {
	struct arena *arena;
	struct supervise_process config;
	int listener, second_listener; /* -1: none */
	struct supervised_child child;
	struct supervised_child draining[SUPERVISE_MAX_DRAINING];
	unsigned start_count;
	unsigned quick_exits;       /* consecutive */
	int64_t restart_not_before; /* monotonic ms */
	/* Of the last start, if it failed; reported again after a minute. */
	char start_error[ERROR_TEXT_SIZE];
	int64_t start_error_ms; /* monotonic ms */
	bool stopping;          /* is not started again */
	bool removed;           /* removed from the configuration */
};

typedef VECTOR(struct supervised_process *) supervised_process_vector;

struct supervise {
	struct arena *arena;           /* this struct, callbacks */
	struct arena *processes_arena; /* the list, replaced on a change */
	struct arena *status_arena;    /* the last status */
	supervised_process_vector processes;
	struct supervise_callbacks callbacks;
	int signals;
	bool stopping;
	int64_t next_tick;
};

/* ---- supervise_child.c */

/* Calls on_event, if there is one. */
void supervise_report(struct supervise *s,
                      const struct supervised_process *process,
                      const char *event, const char *detail);
void supervise_signal_child(const struct supervised_child *c, int signal);
bool supervise_start_child(struct supervise *s,
                           struct supervised_process *process);
/* Sends the current child SIGTERM and moves it to the draining ones. */
void supervise_drain_child(struct supervised_process *process);
/* The same, and starts no other. */
void supervise_stop_process(struct supervised_process *process);
/* Reaps c if it has exited; schedules the restart. */
void supervise_reap_child(struct supervise *s,
                          struct supervised_process *process,
                          struct supervised_child *c);
bool supervise_has_child(const struct supervised_process *process);

#endif
