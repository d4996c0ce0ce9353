/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reader.h: portvakt-reader's files: one process follows one directory and
 * tells the writer what is in it.
 *
 *	follow     the conversation with the directory and the writer
 *	fields     an entry as the writer wants it
 *	national   is it a national identity number?
 *	secrets    what the keeper makes of one */
#ifndef SYNC_READER_READER_H
#define SYNC_READER_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"
#include "region/ask.h"
#include "region/directory.h"
#include "region/region.h"

struct reader {
	const char *name; /* the directory's, in the configuration */
	struct ask *writer;
	struct ask *keeper;
	atomic_bool compare_now;
};

/* Follows for ever; comes back when the directory is no longer configured. */
void reader_follow(struct reader *r);

/* ---- fields */

/* The attributes to ask for, NULL-terminated, living in a. */
const char **fields_names(struct arena *a, const struct directory_conf *d);
/* {anchor, dn, class, attributes}, without the national number. */
json_t *fields_entry(struct arena *a, const struct directory_conf *d,
                     const char *anchor, const struct directory_entry *e);
/* The national number as the entry has it, or NULL. */
const char *fields_national(const struct directory_conf *d,
                            const struct directory_entry *e);
/* What the cookie is good for: the same entries read the same way. */
char *fields_scope(struct arena *a, const struct directory_conf *d);

/* ---- national */

/* Eleven digits with both check digits, a real day and month; a D-number has
 * its day raised by 40.  synthetic: those of Test-Norge, month raised by 80,
 * and only those; invented people never meet real ones. */
bool national_is_valid(const char *number, bool synthetic, int64_t now);
/* Only an invented region, under a name that can never be real (RFC 2606),
 * has invented people. */
bool national_is_synthetic_in(const struct region *r);

/* ---- secrets */

/* Adds join and sealed to entry. */
bool secrets_add(struct reader *r, const struct region *region, struct arena *a,
                 const char *number, json_t *entry,
                 struct fault *why) must_check;

#endif
