/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_evaluate.h: decides whether an affiliation may access a service.
 * Default is deny; a matching `may not` overrides `may`; the service's
 * requirements apply to every rule; an unknown result denies. */
#ifndef REGION_DECIDE_H
#define REGION_DECIDE_H

#include "region/person.h"
#include "region/policy.h"

enum verdict { REFUSE = 0, STEP_UP, ALLOW };

struct circumstance {
	const char *service;  /* "portal" or the name of a service */
	const char *address;  /* client address as text; "" if unknown */
	const char *listener; /* listener of the reverse proxy, or "" */
	const char *acr;
	bool second_factor;
	int64_t now;
};

/* Result of one rule, in evaluation order. */
struct finding {
	const struct clause *clause;
	enum portvakt_verdict verdict; /* of all its conditions */
	const char *word; /* the condition that determined it, or NULL */
	bool decided;     /* this rule determined the decision */
};

struct decision {
	enum verdict verdict; /* zero value: deny */
	const char *reason;   /* code from reasons.def; NULL when allowed */
	struct finding *findings;
	size_t finding_count;
	struct place place; /* of the deciding rule; file NULL: no rule
	                       allows */
};

/* Evaluates plugin conditions out of process: one request per plugin host with
 * all of its conditions.  Sets verdicts[i] for each; on error to
 * PORTVAKT_ERROR. */
struct judges {
	void (*ask)(void *with, const char *judge,
	            const struct condition *const *conditions, size_t count,
	            const struct portvakt_facts *facts,
	            enum portvakt_verdict *verdicts);
	void *with;
};

/* Evaluates the policy; *ret_decision is allocated in a. evaluator NULL: plugin
 * conditions return PORTVAKT_ERROR. */
void decide(struct arena *a, const struct region *r, const struct person *p,
            const struct affiliation *f, const struct circumstance *c,
            const struct judges *judges, struct decision *ret);

/* Returns the names of the networks that contain the address or have this
 * listener; NULL-terminated, allocated in a. */
const char **networks_of(struct arena *a, const struct region *r,
                         const char *address, const char *listener);

/* Returns the first address of the network as text; "" for a listener. */
const char *network_address(struct arena *a, const struct network *n);

/* Client for the plugin hosts, on sockets in the runtime directory; persistent
 * connections, deadline 50 ms per request.  One per process, thread-safe. */
struct judge_sockets;
struct judge_sockets *judge_sockets_open(void);
void judge_sockets_close(struct judge_sockets *j);
/* Returns an evaluator for one decision with the configuration cfg. */
struct judges judges_by_socket(struct arena *a, struct judge_sockets *j,
                               const struct region *r);

/* Returns the rule results for operators, one line each with file:line,
 * allocated in a. */
char *decision_explained(struct arena *a, const struct region *r,
                         const struct decision *d);
/* Returns the decision in the form stored in an audit event; the caller owns
 * it. */
json_t *decision_to_json(const struct decision *d);

#endif
