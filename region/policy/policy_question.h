/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_question.h: an operator's question: may this person enter this
 * service, at this time and from this address? */
#ifndef REGION_POLICY_POLICY_QUESTION_H
#define REGION_POLICY_POLICY_QUESTION_H

#include "region/policy/policy_evaluate.h"

/* As typed; NULL: not stated. */
struct policy_question {
	const char *service;
	const char *from, *at, *listener, *with;
};

/* Reads the options of `explain PERSON SERVICE OPTION ...`, from argv[3] on;
 * flag: one without a value, whose presence is ignored. Error: ERROR_INVALID,
 * an option is unknown or has no value. */
bool policy_question_parse(char *const *argv, size_t argc, const char *flag,
                           struct policy_question *ret,
                           struct error *err) must_check;

/* Returns the request of a question. Error: ERROR_INVALID, the service, the
 * time or the address is none. */
bool policy_question_read(struct arena *a, const struct config *cfg,
                          const struct policy_question *q,
                          struct policy_request *ret,
                          struct error *err) must_check;

/* Calls print for each line of the answer: for each affiliation the verdict and
 * the rules. */
void policy_question_answer(struct arena *a, const struct config *cfg,
                            const struct person *p,
                            const struct policy_request *c,
                            const struct plugin_evaluator *evaluator,
                            void (*print)(void *data, const char *line),
                            void *data);

#endif
