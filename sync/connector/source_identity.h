/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_identity.h: identifies the directory. */
#ifndef SYNC_CONNECTOR_SOURCE_IDENTITY_H
#define SYNC_CONNECTOR_SOURCE_IDENTITY_H

#include "region/ldap/directory.h"

struct source_session;

/* Sets s->identity to a hash of the base entry's permanent id, or to NULL. */
void source_identity_read(struct source_session *s, struct directory *d);

#endif
