/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_precedence.h: selects a value where directories disagree. */
#ifndef SYNC_ENGINE_TARGET_ATTRIBUTE_PRECEDENCE_H
#define SYNC_ENGINE_TARGET_ATTRIBUTE_PRECEDENCE_H

#include <stddef.h>

#include "region/config/config.h"
#include "sync/engine/source/source_entry.h"

/* Returns the entry that has precedence for an attribute; NULL if none has a
 * value. */
const struct source_entry *attribute_precedence_select(
    const struct config *cfg, enum config_precedence what,
    const struct source_entry *const *live, size_t count);

#endif
