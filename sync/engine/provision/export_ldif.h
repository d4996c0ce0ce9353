/* SPDX-License-Identifier: AGPL-3.0-or-later
 * export_ldif.h: all desired entries as LDIF. */
#ifndef SYNC_ENGINE_PROVISION_EXPORT_LDIF_H
#define SYNC_ENGINE_PROVISION_EXPORT_LDIF_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/ipc/ipc_server.h"

/* Writes all people as LDIF (RFC 2849) to a file in the state directory.  The
 * caller holds the lock.  On error returns false. */
bool export_ldif(const struct ipc_request *q, char **argv,
                 struct error *err) must_check;

#endif
