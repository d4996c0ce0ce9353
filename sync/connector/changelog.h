/* SPDX-License-Identifier: AGPL-3.0-or-later
 * changelog.h: checks whether the changelog of 389-DS still has all changes
 * since a cookie. */
#ifndef SYNC_CONNECTOR_CHANGELOG_H
#define SYNC_CONNECTOR_CHANGELOG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "region/ldap/directory.h"

struct source_session;

/* Returns whether the changelog, by firstchangenumber and lastchangenumber of
 * the root DSE, has all changes since the cookie; false if a value is missing.
 */
bool changelog_covers(const char *cookie, size_t length,
                      const struct directory_entry *root_dse);
/* Returns whether its last change is older than the cookie: the directory was
 * restored from a backup, or its changelog was replaced. */
bool changelog_went_back(const char *cookie, size_t length,
                         const struct directory_entry *root_dse);
/* Returns whether it covers the cookie, after reading the root DSE from d, and
 * notes a directory that went back.  On error returns false with that
 * of directory_search(). */
bool changelog_check(struct source_session *s, struct directory *d,
                     const char *cookie, size_t length, bool *ret_covers,
                     struct error *err) must_check;

#endif
