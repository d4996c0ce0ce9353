/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_verify.h: reads the catalogue back. */
#ifndef SYNC_ENGINE_PROVISION_CATALOGUE_VERIFY_H
#define SYNC_ENGINE_PROVISION_CATALOGUE_VERIFY_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/config/config.h"

/* Takes the lock.  On error returns false. */
bool verify_catalogue(const struct config *cfg, struct error *err) must_check;

#endif
