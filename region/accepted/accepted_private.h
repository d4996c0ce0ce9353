/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accepted_private.h: the choice of a configuration, in a folder that is not a
 * copy yet. */
#ifndef REGION_ACCEPTED_ACCEPTED_PRIVATE_H
#define REGION_ACCEPTED_ACCEPTED_PRIVATE_H

#include "region/accepted/accepted.h"

struct accepted_staging {
	struct arena *arena;
	const char *main_file;
	const char *folder; /* the files under their own paths */
	const struct accepted_options *options;
	const char *active_folder;      /* of the active copy, or NULL */
	const struct config *active;    /* or NULL */
	struct config_files files;      /* as they are now */
	struct accepted_choice *choice; /* receives what is kept */
	/* Municipalities whose files in the folder are those of the active
	 * copy. */
	VECTOR(const char *) last_good;
};

/* Returns the configuration chosen, which the folder then has; the caller
 * releases it. NULL if the region's files are bad: then the errors of the files
 * are in *ret_errors. */
struct config *accepted_choose(struct accepted_staging *s,
                               struct conf_errors *ret_errors);

#endif
