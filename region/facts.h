/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_context.h: the attributes of subject, service and environment that a
 * condition may use, and their JSON form in requests to a plugin host. */
#ifndef REGION_FACTS_H
#define REGION_FACTS_H

#include "plugins/portvakt-plugin.h"
#include "region/decide.h"

/* Returns the context, allocated in a; it contains one affiliation only. */
const struct portvakt_facts *facts_of(struct arena *a, const struct region *r,
                                      const struct person *p,
                                      const struct affiliation *f,
                                      const struct circumstance *c);

json_t *facts_to_json(const struct portvakt_facts *facts);
/* Returns the context, allocated in a; a missing value is empty or unknown. */
const struct portvakt_facts *facts_from_json(struct arena *a,
                                             const json_t *from);

/* "deny", "permit", "step-up", "error"; an unknown value is an error. */
const char *verdict_name(enum portvakt_verdict v);
enum portvakt_verdict verdict_from(const char *name);

#endif
