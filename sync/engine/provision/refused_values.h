/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refused_values.h: values that the catalogue's server rejects. */
#ifndef SYNC_ENGINE_PROVISION_REFUSED_VALUES_H
#define SYNC_ENGINE_PROVISION_REFUSED_VALUES_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "sync/engine/provision/reconcile_plan.h"

/* After a rejected write: changes s->after so that it can be tried again, and
 * lists what was left out in s->refused.  current: the entry's attributes;
 * NULL: it does not exist.  text: the error.  Returns false if nothing can be
 * left out. */
bool refused_leave_out(struct arena *a, struct plan_step *s,
                       const json_t *current, const char *text);

#endif
