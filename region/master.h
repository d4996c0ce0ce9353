/* SPDX-License-Identifier: AGPL-3.0-or-later
 * master.h: what both masters do alike: where their programs lie, their
 * folders, and a control socket at which operators ask in words. */
#ifndef REGION_MASTER_H
#define REGION_MASTER_H

#include <sys/types.h>

#include "lib/supervise.h"
#include "region/region.h"

/* The folder our own program lies in where beside is there too; otherwise
 * where they are installed. */
const char *master_programs(struct arena *a, const char *beside);

/* "portvakt-<what>" where the packager made it; NULL: who we are. */
const char *master_user(struct arena *a, const char *what);

/* A folder of ours; of this mode where we are root or make it now. */
bool master_folder(const char *path, mode_t mode, struct fault *why) must_check;

/* A folder that user alone may enter; NULL: we. */
bool master_folder_for(const char *path, const char *user,
                       struct fault *why) must_check;

/* supervise_ear.said: one line in the log. */
void master_said(void *thing, const char *role, const char *what,
                 const char *detail);

/* Somebody at the control socket. */
struct master_call {
	struct arena *arena;
	int fd;
	uint64_t id;
	char **words; /* as they were typed, NULL-terminated */
	void *master;
};

/* One line of the answer; whoever went away does not hear it. */
void master_line(const struct master_call *c, const char *line);

/* The master itself and each of its roles: "name pid since". */
void master_status(const struct master_call *c, const char *name, int64_t since,
                   struct supervise *s);

struct master_word {
	const char *word;
	bool (*act)(struct master_call *c, struct fault *why);
};

/* supervise_ear.ready: answers one caller, if that one may ask at all.  words
 * ends in a row without a word. */
void master_hear(void *master, int listening, const struct master_word *words);

#endif
