/* SPDX-License-Identifier: AGPL-3.0-or-later
 * supervisor.h: shared by the two supervisors: program paths, directories and a
 * control socket for the commands of operators. */
#ifndef REGION_MASTER_H
#define REGION_MASTER_H

#include <sys/types.h>

#include "lib/supervise.h"
#include "region/region.h"

/* Returns the directory of the running program if it also contains sibling;
 * otherwise the installed one.  Lives in a or is static. */
const char *master_programs(struct arena *a, const char *beside);

/* Returns "portvakt-<what>" if that user exists, living in a; else NULL: do not
 * change user. */
const char *master_user(struct arena *a, const char *what);

/* Creates a directory; sets its mode if it is new or the caller is root. */
bool master_folder(const char *path, mode_t mode, struct fault *why) must_check;

/* Creates a directory that only user may access; NULL: the current user. */
bool master_folder_for(const char *path, const char *user,
                       struct fault *why) must_check;

/* A supervise callback: logs one event of a child. */
void master_said(void *thing, const char *role, const char *what,
                 const char *detail);

/* A command received on the control socket. */
struct master_call {
	struct arena *arena;
	int fd;
	uint64_t id;
	char **words; /* the arguments, NULL-terminated */
	void *master;
};

/* Sends one line of the reply; ignored if the caller has closed. */
void master_line(const struct master_call *c, const char *line);

/* Sends a line "name pid since" for the supervisor and for each child. */
void master_status(const struct master_call *c, const char *name, int64_t since,
                   struct supervise *s);

struct master_word {
	const char *word;
	bool (*act)(struct master_call *c, struct fault *why);
};

/* A supervise callback: accepts one connection and runs its command if the
 * caller is an operator.  commands ends with a row without a name. */
void master_hear(void *master, int listening, const struct master_word *words);

#endif
