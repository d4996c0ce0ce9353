/* SPDX-License-Identifier: AGPL-3.0-or-later
 * facts.h: what a condition may know about a person and the moment, and how
 * it travels to a judge and back. */
#ifndef REGION_FACTS_H
#define REGION_FACTS_H

#include "plugins/portvakt-plugin.h"
#include "region/decide.h"

/* Living in a; of nobody's but this one affiliation. */
const struct portvakt_facts *facts_of(struct arena *a, const struct region *r,
                                      const struct person *p,
                                      const struct affiliation *f,
                                      const struct circumstance *c);

json_t *facts_to_json(const struct portvakt_facts *facts);
/* Living in a; whatever is missing is absent or unknown. */
const struct portvakt_facts *facts_from_json(struct arena *a,
                                             const json_t *from);

/* "deny permit step-up error"; anything unknown is an error. */
const char *verdict_name(enum portvakt_verdict v);
enum portvakt_verdict verdict_from(const char *name);

#endif
