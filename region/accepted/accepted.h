/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accepted.h: the configurations that were accepted, as copies of all their
 * files, and the choice of the next one.  A supervisor writes the copies below
 * the state directory; all processes read them, so that they have the same
 * configuration whatever happens to the files meanwhile.
 *
 *	configuration/active           names the copy that is active
 *	configuration/HASH.copy        the same of each copy
 *	configuration/HASH.files/...   its files under their own paths
 *	configuration/kept             what runs by its last good version
 *	configuration/working          the hash that all processes have used
 *
 * The next configuration is chosen so that a fault stays where it is made: a
 * municipality whose file, plugin or data is bad keeps those of the active
 * copy, and if the region's are bad, all of the active copy stays. */
#ifndef REGION_ACCEPTED_ACCEPTED_H
#define REGION_ACCEPTED_ACCEPTED_H

#include "lib/conf/conf_syntax.h"
#include "lib/vector.h"
#include "region/config/config.h"

/* What keeps its last good version: a municipality, or "region" for all. */
struct accepted_kept {
	const char *name;
	const char *since; /* ISO 8601 */
	const char *cause; /* FILE:LINE:COLUMN: TEXT */
};

struct accepted_choice {
	const char *hash; /* of the copy */
	bool is_waiting;  /* the files differ, and are not active */
	VECTOR(struct accepted_kept) kept;
};

/* A configuration that may become the next one. */
struct accepted_candidate {
	const struct config *cfg;
	const char *main_file, *folder; /* as in struct config_place */
	/* Municipalities at their last good version; NULL-terminated. */
	const char *const *last_good;
};

/* Adds an error for each plugin of the candidate that cannot be used, at its
 * position in the files. False: they cannot be checked. */
typedef bool accepted_check_plugins(struct arena *a,
                                    const struct accepted_candidate *candidate,
                                    struct conf_errors *errors,
                                    struct error *err);

/* Returns the folder of the copies: "configuration" below the state directory
 * of the configuration; if that cannot be read, of the default one. Lives in
 * a. */
const char *accepted_store(struct arena *a, const char *main_file);

/* Returns the folder of the copy from which cfg was read; NULL if it was read
 * from the files themselves. Lives in a. */
const char *accepted_store_of(struct arena *a, const struct config *cfg);

/* Returns the path of the file of a copy, for config_open(); hash NULL: of the
 * active one. Lives in a. */
const char *accepted_copy(struct arena *a, const char *store, const char *hash);

/* How the next configuration is chosen. */
struct accepted_refusal {
	const char *name; /* of a municipality, which is kept */
	const char *cause;
};

struct accepted_options {
	/* Municipalities that may lose their last `may` rule; NULL-terminated,
	 * or NULL. */
	char *const *accept;
	accepted_check_plugins *check_plugins; /* NULL: they are not checked */
	/* What a plugin host refused after that check. */
	VECTOR(struct accepted_refusal) refused;
};

/* Chooses the next configuration from the files and the active copy, and writes
 * its copy, which is not active yet. On error ERROR_INVALID, and all errors of
 * the files in *ret_errors: there is no copy to stay at. */
bool accepted_prepare(struct arena *a, const char *store, const char *main_file,
                      const struct accepted_options *options,
                      struct accepted_choice *ret,
                      struct conf_errors *ret_errors,
                      struct error *err) must_check;

/* The same at a start, and makes the choice active.  If the active copy has
 * worked and the files differ from it, it stays active until a reload has
 * weighed the change: is_waiting. */
bool accepted_start(struct arena *a, const char *store, const char *main_file,
                    const struct accepted_options *options,
                    struct accepted_choice *ret, struct conf_errors *ret_errors,
                    struct error *err) must_check;

/* Notes that all processes answered with this configuration. */
bool accepted_note_working(struct arena *a, const char *store, const char *hash,
                           struct error *err) must_check;

/* Notes that a prepared configuration waits for an operator, among what is
 * kept, until one is activated. */
bool accepted_hold(struct arena *a, const char *store, const char *hash,
                   struct error *err) must_check;

/* Makes the copy that was prepared last active; ERROR_INVALID if its hash is
 * another, and not that of the active one. Older copies are removed, except the
 * last ones. */
bool accepted_activate(struct arena *a, const char *store, const char *hash,
                       struct error *err) must_check;

/* Returns what the active configuration keeps; empty if nothing or if it cannot
 * be read. */
struct accepted_choice accepted_active(struct arena *a, const char *store);

#endif
