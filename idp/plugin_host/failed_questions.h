/* SPDX-License-Identifier: AGPL-3.0-or-later
 * failed_questions.h: remembers which questions ended a worker: a condition
 * with its arguments, asked for one affiliation.  Only these are refused. */
#ifndef IDP_PLUGIN_HOST_FAILED_QUESTIONS_H
#define IDP_PLUGIN_HOST_FAILED_QUESTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc_messages.h"
#include "lib/hash.h"

enum {
	FAILED_QUESTIONS_MAX = 256, /* then the oldest is forgotten */
	FAILED_QUESTION_MS = 60 * 1000,
};

struct failed_question {
	unsigned char key[HASH_SHA256_SIZE];
	int64_t until_ms; /* clock_monotonic_ms(); 0: free */
};

/* Zero is empty.  Not thread-safe. */
struct failed_questions {
	struct failed_question at[FAILED_QUESTIONS_MAX];
	size_t next;
};

void failed_question_key(const struct plugin_question *question,
                         unsigned char ret[HASH_SHA256_SIZE]);
void failed_questions_add(struct failed_questions *t,
                          const unsigned char key[HASH_SHA256_SIZE],
                          int64_t now_ms);
bool failed_questions_has(const struct failed_questions *t,
                          const unsigned char key[HASH_SHA256_SIZE],
                          int64_t now_ms);

/* Returns how many are remembered. */
size_t failed_questions_count(const struct failed_questions *t, int64_t now_ms);

#endif
