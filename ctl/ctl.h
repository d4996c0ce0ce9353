/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ctl.h: the commands of portvaktctl and their parameter. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "lib/arena.h"

struct command {
	struct arena *arena;
	const char *conf; /* configuration file */
	char **words;     /* command name first; NULL-terminated */
	int count;
};

/* Return the exit status: 0 success, 1 error, 64 usage (EX_USAGE). */
int command_check(const struct command *c);
int command_words(const struct command *c);
int command_try(const struct command *c);
int command_status(const struct command *c);
int command_sync(const struct command *c);
int command_explain(const struct command *c);
int command_admin(const struct command *c);
int command_figures(const struct command *c);
int command_report(const struct command *c);

/* Returns the directory of the control sockets, even if the configuration has
 * errors elsewhere. */
const char *run_folder(const struct command *c);
int command_leave(const struct command *c);
int command_import(const struct command *c);

#endif
