/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_context.h: the attributes of subject, service and environment that a
 * condition may use, and their JSON form in requests to a plugin host. */
#ifndef REGION_POLICY_POLICY_CONTEXT_H
#define REGION_POLICY_POLICY_CONTEXT_H

#include "ipc_messages.h"
#include "plugins/portvakt-plugin.h"
#include "region/policy/policy_evaluate.h"

/* Returns the context, allocated in a; it contains one affiliation only. */
const struct portvakt_context *policy_context_create(
    struct arena *a, const struct config *cfg, const struct person *p,
    const struct affiliation *f, const struct policy_request *c);

/* Sets the time now, and date, hour and weekday in Europe/Oslo. */
void policy_context_set_time(struct portvakt_context *facts, int64_t now);

json_t *policy_context_to_json(const struct portvakt_context *facts);
/* Returns the context, allocated in a; a missing value is empty or unknown. */
const struct portvakt_context *policy_context_from_json(struct arena *a,
                                                        const json_t *from);

/* "deny", "permit", "step-up", "error"; an unknown value is an error. */
const char *plugin_verdict_name(enum portvakt_verdict v);

/* The same verdict in messages.  One that is none is an error. */
enum ipc_verdict plugin_verdict_to_ipc(enum portvakt_verdict v);
enum portvakt_verdict plugin_verdict_from_ipc(enum ipc_verdict v);

#endif
