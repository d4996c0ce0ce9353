/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_evaluate.h: decides whether an affiliation may access a service.
 * Default is deny; a matching `may not` overrides `may`, and `may always`
 * overrides both; the service's requirements apply to every rule; an unknown
 * result denies. */
#ifndef REGION_POLICY_POLICY_EVALUATE_H
#define REGION_POLICY_POLICY_EVALUATE_H

#include "region/config/network.h"
#include "region/config/policy_parse.h"
#include "region/person/person.h"
#include "region/policy/policy_expression.h"

enum policy_verdict { POLICY_DENY = 0, POLICY_STEP_UP, POLICY_ALLOW };

/* What conditions about the circumstances of a login return: address, day and
 * time of day, second factor, and plugins. */
enum policy_assumption {
	ASSUME_NOTHING = 0, /* they are evaluated */
	ASSUME_FAVOURABLE,  /* what lets the person in */
	ASSUME_ADVERSE,     /* what keeps the person out */
};

struct policy_request {
	const char *service;  /* "portal" or the name of a service */
	const char *address;  /* client address as text; "" if unknown */
	const char *listener; /* listener of the reverse proxy, or "" */
	const char *acr;
	bool second_factor;
	/* Not ASSUME_NOTHING: maintenance is left out, too. */
	enum policy_assumption assume;
	bool obeys_trials; /* trial rules count as others */
	int64_t now;
};

/* Result of one rule, in evaluation order. */
struct rule_result {
	const struct policy_rule *rule;
	struct expression_value value; /* of its conditions */
	bool is_busy;                  /* an error, because a plugin was busy */
	bool is_deciding;              /* this rule determined the decision */
};

/* What a trial rule would change if it were obeyed. */
struct trial_result {
	const struct policy_rule *rule;
	enum policy_verdict verdict;
	const char *reason; /* NULL when allowed */
	bool changes;       /* another verdict than the decision's */
};

struct policy_decision {
	enum policy_verdict verdict; /* zero value: deny */
	const char *reason; /* code from reasons.def; NULL when allowed */
	struct rule_result *results; /* without those of trial rules */
	size_t result_count;
	struct trial_result *trials;
	size_t trial_count;
	bool is_break_glass; /* allowed by a `may always` rule only */
	const struct maintenance *maintenance; /* reason "maintenance" */
	struct source_location location; /* of the deciding rule; file NULL: no
	                       rule allows */
	const struct portvakt_context *facts; /* what conditions saw; NULL:
	                                         there is no affiliation */
	/* The plugins that were asked, as `plugin list` prints them: "NAME
	 * file=HASH data=HASH"; NULL-terminated, or NULL: none. */
	const char *const *plugins;
};

/* The verdict of an evaluator that did not ask, because the plugin was busy: an
 * error with a reason of its own. */
enum { PLUGIN_VERDICT_BUSY = PORTVAKT_ERROR + 1 };

/* Evaluates plugin conditions out of process: one request per plugin host with
 * all of its conditions.  Sets verdicts[i] for each; on error to
 * PORTVAKT_ERROR; and identities[i] to the plugin that was asked, or leaves
 * NULL. */
struct plugin_evaluator {
	void (*evaluate)(void *data, const char *judge,
	                 const struct condition *const *conditions,
	                 size_t count, const struct portvakt_context *facts,
	                 enum portvakt_verdict *verdicts,
	                 const char **identities);
	void *context;
};

/* Evaluates the policy; *ret_decision is allocated in a. evaluator NULL: plugin
 * conditions return PORTVAKT_ERROR. */
void policy_evaluate(struct arena *a, const struct config *cfg,
                     const struct person *p, const struct affiliation *f,
                     const struct policy_request *c,
                     const struct plugin_evaluator *evaluator,
                     struct policy_decision *ret_decision);

/* Client for the plugin hosts, on sockets in the runtime directory; persistent
 * connections, deadline 150 ms per request.  One per process, thread-safe. */
struct plugin_host_client;
struct plugin_host_client *plugin_host_client_open(void);
void plugin_host_client_close(struct plugin_host_client *j);
/* Returns an evaluator for one decision with the configuration cfg. */
struct plugin_evaluator plugin_host_evaluator(struct arena *a,
                                              struct plugin_host_client *j,
                                              const struct config *cfg);

/* Returns the rule results for operators, one line each with file:line,
 * allocated in a. */
char *policy_explain(struct arena *a, const struct config *cfg,
                     const struct policy_decision *d);
/* Returns the decision in the form stored in an audit event; the caller owns
 * it. */
json_t *policy_decision_to_json(const struct policy_decision *d);
/* Returns an array of {"at", "verdict", "reason", "changes"}, one for each
 * trial rule; the caller owns it. */
json_t *policy_trials_to_json(const struct policy_decision *d);
/* Returns an array of the plugins that were asked; the caller owns it. */
json_t *policy_plugins_to_json(const struct policy_decision *d);

#endif
