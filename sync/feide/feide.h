/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide.h: portvakt-feide, the one process that decrypts sealed national
 * identity numbers (norEduPersonNIN), for the school owners whose agreement
 * with Feide allows it.
 *
 *	national_id_publish  the number of each person of a tree
 *	catalogue            LDAP access to the catalogue */
#ifndef SYNC_FEIDE_FEIDE_H
#define SYNC_FEIDE_FEIDE_H

#include "lib/aead.h"
#include "region/config/config.h"
#include "region/ldap/directory.h"

/* ---- catalogue */

/* Connection and memory of one round. */
struct publisher {
	struct arena *arena;
	const struct config *cfg;
	struct directory *d;
	struct aead_key key;
};

/* Connects and binds as catalogue { feide } of the configuration.  The caller
 * closes f->d.  On error returns false. */
bool feide_connect(struct publisher *f, struct error *err) must_check;

/* The people of a school owner's tree: the DN of each entry and of the
 * catalogue person it stands for.  missing_only: those without a number.  The
 * array lives in f->arena. */
struct feide_entry {
	const char *dn, *person;
	const char *number; /* published value, or NULL */
};
bool feide_list_entries(struct publisher *f, const char *owner,
                        bool missing_only, struct feide_entry **ret_entries,
                        size_t *ret_count, struct error *err) must_check;

/* Sets *ret_sealed to the sealed number of a person, or to NULL where there is
 * none. */
bool feide_read_sealed_nin(struct publisher *f, const char *person,
                           const char **ret_sealed,
                           struct error *err) must_check;

/* Sets norEduPersonNIN; number NULL deletes the value. */
bool feide_set_nin(struct publisher *f, const char *dn, const char *number,
                   struct error *err) must_check;

/* ---- national_id_publish */

/* Publishes the number of each person where the owner may have it, and deletes
 * it elsewhere.  full: also checks entries that have a number.  Sets
 * *ret_changed to the number of changed entries.  On error returns false; the
 * rest is left to the next round. */
bool national_id_publish_round(struct publisher *f, bool full,
                               size_t *ret_changed,
                               struct error *err) must_check;

#endif
