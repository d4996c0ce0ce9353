/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_identity.h: identifies a source directory by the permanent id of its
 * base entry. */
#ifndef SYNC_CONNECTOR_SOURCE_IDENTITY_H
#define SYNC_CONNECTOR_SOURCE_IDENTITY_H

#include "region/ldap/directory.h"

struct source_session;

/* Sets s->identity to a hash of that id, living in s->arena; NULL if it cannot
 * be read. */
void source_identity_read(struct source_session *s, struct directory *d);

#endif
