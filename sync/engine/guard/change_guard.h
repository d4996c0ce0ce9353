/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_guard.h: holds changes that look like an accident.  The caller holds
 * the lock. */
#ifndef SYNC_ENGINE_GUARD_CHANGE_GUARD_H
#define SYNC_ENGINE_GUARD_CHANGE_GUARD_H

#include <stdbool.h>

#include "lib/json.h"
#include "region/config/config.h"

/* The counted effects, and what a hold prevents. */
enum hold_mask {
	HOLD_NOTHING = 0,
	HOLD_DEACTIVATE = 1,     /* deactivation */
	HOLD_VALUE_LOSS = 2,     /* loss of attribute values */
	HOLD_ROLE_GRANT = 4,     /* further roles */
	HOLD_CREATE = 8,         /* creation of a person or affiliation */
	HOLD_CONFIG_CHANGE = 16, /* any change by a new configuration */
	HOLD_RETURN = 32,        /* becoming active again */
	HOLD_KIND_UP = 64,       /* another kind that may do more */
	HOLD_KIND = 128,         /* another kind or municipality */
	HOLD_ROLE_LOSS = 256,    /* loss of roles */
	HOLD_END_DATE = 512,     /* a last day set or moved earlier */
	HOLD_NAME_CHANGE = 1024, /* another login name or mail address */
	HOLD_SAME_VALUE = 2048,  /* a value that many others got too */
	HOLD_PROTECTED = 4096,   /* loss of the protection of the address */
};

/* Affiliation attributes whose loss is counted; NULL-terminated. */
extern const char *const guard_counted_attributes[];

/* Attributes that many should not get the same value of; NULL-terminated. */
extern const char *const guard_shared_attributes[];

/* Evaluates all counted effects and replaces the holds.  Adds to waiting the
 * keys of rows whose source is still sending. */
void guard_evaluate(const struct config *cfg, json_t *waiting);
/* Returns what is held for the entry (enum hold_mask). */
int guard_held_mask(const char *directory, const char *anchor);
/* Schedules the next evaluation immediately. */
void guard_schedule(void);
bool guard_is_due(void);
/* Returns whether the directory's oldest catalogue entry is less than a day
 * old, or it has none. */
bool guard_is_first_day(const char *directory);

#endif
