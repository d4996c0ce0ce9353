/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ctl.h: what every command of portvaktctl gets and is. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "lib/arena.h"

struct command {
	struct arena *arena;
	const char *conf; /* the region's file */
	char **words;     /* from the command's name on; NULL-terminated */
	int count;
};

/* Each returns the exit status: 0 good, 1 not, 64 written wrongly. */
int command_check(const struct command *c);
int command_words(const struct command *c);
int command_try(const struct command *c);
int command_status(const struct command *c);
int command_sync(const struct command *c);
int command_explain(const struct command *c);
int command_admin(const struct command *c);
int command_figures(const struct command *c);
int command_report(const struct command *c);

/* Where the region's sockets are, as its file says it, even if other things in
 * it are wrong. */
const char *run_folder(const struct command *c);
int command_leave(const struct command *c);
int command_import(const struct command *c);

#endif
