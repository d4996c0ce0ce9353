/* SPDX-License-Identifier: AGPL-3.0-or-later
 * changelog.h: whether the changelog of 389-DS covers our cookie. */
#ifndef SYNC_CONNECTOR_CHANGELOG_H
#define SYNC_CONNECTOR_CHANGELOG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "region/ldap/directory.h"

struct source_session;

/* Returns true when the changelog of that root DSE covers the cookie, false
 * when it does not or when either value is missing.  On error changelog_check
 * returns false. */
bool changelog_covers(const char *cookie, size_t length,
                      const struct directory_entry *root);
bool changelog_check(struct source_session *s, struct directory *d,
                     const char *cookie, size_t length, bool *ret_covers,
                     struct error *err) must_check;

#endif
