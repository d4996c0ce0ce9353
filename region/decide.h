/* SPDX-License-Identifier: AGPL-3.0-or-later
 * decide.h: may this affiliation enter this service now?  Nothing is allowed
 * unless a clause says so; `may not` wins over `may`; what the service needs
 * is added to every rule; whatever cannot be told refuses. */
#ifndef REGION_DECIDE_H
#define REGION_DECIDE_H

#include "region/person.h"
#include "region/policy.h"

enum verdict { REFUSE = 0, STEP_UP, ALLOW };

struct circumstance {
	const char *service;  /* "portal" or a service's name */
	const char *address;  /* client's, as text; "" where unknown */
	const char *listener; /* of the front door, or "" */
	const char *acr;
	bool second_factor;
	int64_t now;
};

/* One clause looked at, in order. */
struct finding {
	const struct clause *clause;
	enum portvakt_verdict verdict; /* of its conditions together */
	const char *word;              /* the condition that decided, or NULL */
	bool decided; /* this is the one that settled the whole */
};

struct decision {
	enum verdict verdict; /* zero is refuse */
	const char *reason;   /* word of reasons.def; NULL when allowed */
	struct finding *findings;
	size_t finding_count;
	struct place place; /* of what decided; file NULL: nothing said yes */
};

/* How conditions of plugins that do not run in here are asked: questions
 * about one judge in one go.  verdicts[i] is set for each; whatever goes wrong
 * leaves PORTVAKT_ERROR there. */
struct judges {
	void (*ask)(void *with, const char *judge,
	            const struct condition *const *conditions, size_t count,
	            const struct portvakt_facts *facts,
	            enum portvakt_verdict *verdicts);
	void *with;
};

/* Everything in ret lives in a.  judges NULL: foreign words give ERROR. */
void decide(struct arena *a, const struct region *r, const struct person *p,
            const struct affiliation *f, const struct circumstance *c,
            const struct judges *judges, struct decision *ret);

/* The names of the networks this address and listener are in. */
const char **networks_of(struct arena *a, const struct region *r,
                         const char *address, const char *listener);

/* An address in this network, as text; "" where it is a listener. */
const char *network_address(struct arena *a, const struct network *n);

/* Judges asked through their sockets in the region's run folder; kept
 * connections, 50 ms each.  One for a whole process. */
struct judge_sockets;
struct judge_sockets *judge_sockets_open(void);
void judge_sockets_close(struct judge_sockets *j);
/* For one decision with snapshot r. */
struct judges judges_by_socket(struct arena *a, struct judge_sockets *j,
                               const struct region *r);

/* The findings as an operator reads them, one line each, with file:line. */
char *decision_explained(struct arena *a, const struct region *r,
                         const struct decision *d);
/* The same, small, for a receipt. */
json_t *decision_to_json(const struct decision *d);

#endif
