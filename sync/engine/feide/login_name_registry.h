/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_name_registry.h: login names ever issued, with their person.  Without
 * the lock. */
#ifndef SYNC_ENGINE_FEIDE_LOGIN_NAME_REGISTRY_H
#define SYNC_ENGINE_FEIDE_LOGIN_NAME_REGISTRY_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "region/config/config.h"
#include "sync/engine/feide/feide_entry.h"

/* Reserves the login name for this person, for ever.  *ret_taken: it was issued
 * to another person before.  On error returns false. */
bool login_name_reserve(const struct config *cfg, struct arena *a,
                        const struct feide_person *p, bool *ret_taken,
                        struct error *err) must_check;

#endif
