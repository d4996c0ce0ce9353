/* SPDX-License-Identifier: AGPL-3.0-or-later
 * worker_process.h: one worker process as the plugin host sees it: started,
 * asked, killed.  A response is accepted only with the id of its request.  A
 * worker is used by one thread at a time. */
#ifndef IDP_PLUGIN_HOST_WORKER_PROCESS_H
#define IDP_PLUGIN_HOST_WORKER_PROCESS_H

#include "ipc_messages.h"
#include "lib/arena.h"
#include "lib/error.h"

enum {
	WORKER_DEADLINE_MS = 40, /* for one question, from when it is asked */
	/* Longer, if it used little of the processor: it waited for it. */
	WORKER_LATE_MS = 250,
	WORKER_LOAD_MS = 3000, /* with the start of the process */
	WORKER_STEP_MS = 1000, /* prepare, and self-test */
	WORKER_VALIDATE_MS = 250,
};

struct worker_options {
	const char *program;     /* the executable, portvakt-plugin-host */
	const char *argument;    /* its only argument */
	const char *plugin;      /* name */
	int library_fd, data_fd; /* above 6 */
	int log_fd;              /* above 6: its standard output and error */
};

enum worker_result {
	WORKER_ANSWERED = 0,
	WORKER_LATE, /* not yet; worker_drain() takes the answer */
	WORKER_DIED, /* it ended */
	WORKER_HUNG, /* it used its time, or answered wrongly: kill it */
};

struct worker_process;

/* Starts a process, and its steps load, prepare and self-test, without waiting
 * for them.  Returns NULL if it cannot be started.  The caller closes it. */
struct worker_process *worker_start(const struct worker_options *options);

/* Kills it and returns "signal N", "status N" or "system call NAME, which the
 * sandbox forbids", owned by a. */
const char *worker_close(struct worker_process *w, struct arena *a);

/* Waits until the steps are done, and returns false with a sentence if one was
 * not: also the next time. */
bool worker_ready(struct worker_process *w, struct error *err) must_check;

/* The plugin's own version, after worker_ready(); "" if it has none. */
const char *worker_release(const struct worker_process *w);

/* The names of its conditions, separated by blanks, after worker_ready(). */
const char *worker_conditions(const struct worker_process *w);

/* Whether it has been asked nothing yet. */
bool worker_is_new(const struct worker_process *w);

/* Asks the plugin's own validate().  False with a sentence and
 * *ret_argument, the number of the invalid argument, 0: none of them. */
bool worker_validate(struct worker_process *w, const char *condition,
                     const char *const *arguments, size_t count,
                     size_t *ret_argument, struct error *err) must_check;

/* Asks one question.  ANSWERED sets *ret, owned by a; any other result sets err
 * to the cause. */
enum worker_result worker_ask(struct worker_process *w, struct arena *a,
                              const struct plugin_question *question,
                              struct evaluate_one_reply *ret,
                              struct error *err);

/* After WORKER_LATE: waits for the answer at most wait_ms and discards it.
 * LATE: not yet. */
enum worker_result worker_drain(struct worker_process *w, int wait_ms);

/* Returns the seconds of processor time that it used. */
int worker_cpu_seconds(const struct worker_process *w);

#endif
