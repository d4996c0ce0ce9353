/* SPDX-License-Identifier: AGPL-3.0-or-later
 * child.h: a judge's hold on the child that runs foreign code: started when
 * needed, killed when late, and never believed without its question's id. */
#ifndef IDP_JUDGE_CHILD_H
#define IDP_JUDGE_CHILD_H

#include "lib/json.h"
#include "plugins/portvakt-plugin.h"

enum {
	CHILD_DEADLINE_MS = 40, /* for all questions of one batch */
	CHILD_DEATHS_MOST = 10, /* more a minute, and it stays dead for one */
};

struct child;

/* name: the judge's, for the log; program: what is run. */
struct child *child_open(const char *name, const char *program);
void child_close(struct child *c);

/* Which arguments the child is run with (see caged.h), from the next question
 * on; a child run with others goes. */
void child_wants(struct child *c, char **arguments);

/* A verdict for each of the questions [{word, arguments, facts}]; whatever goes
 * wrong is PORTVAKT_ERROR.  One goes to the child at a time, so whoever kills
 * it is known; one that died in a child which others had used before is put
 * once more to a fresh one. */
void child_judge(struct child *c, const json_t *questions,
                 enum portvakt_verdict *verdicts);

/* How many children have been started. */
long child_starts(struct child *c);

#endif
