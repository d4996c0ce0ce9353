/* SPDX-License-Identifier: AGPL-3.0-or-later
 * answer.h: the answering end.  A process lists what it may be asked, by
 * whom, in a table; whatever is not in the table is refused. */
#ifndef REGION_ANSWER_H
#define REGION_ANSWER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/json.h"
#include "region/kinds.h"
#include "region/region.h"

/* What a handler gets to see. */
struct question {
	struct arena *arena; /* closed when the answer has been sent */
	const json_t *body;
	const struct region *region; /* the snapshot the asker decided by */
	uid_t asker;                 /* SO_PEERCRED */
	int fd;                      /* for ASK_DO: where answer_line writes */
	uint64_t id;
};

struct answer_row {
	enum kind_of_question kind;
	/* The answer lives in q->arena, or is given to it by js_keep. */
	bool (*answer)(const struct question *q, json_t **ret_answer,
	               struct fault *why);
};

/* Serves connections on the listening socket, one thread each, at most most
 * at once, until SIGTERM; then finishes what is under way.  ASK_PREPARE,
 * ASK_ACTIVATE and ASK_STATUS are answered here for everybody; a question
 * without a known "conf" is refused (but for those and ASK_DO).
 * Only root, our own uid and the users whom region/asker.c names for this
 * process may ask. */
void answer_serve(int listening, const char *name,
                  const struct answer_row *rows, size_t row_count, int most);

/* The same in the background, for processes that have other work: nobody new
 * is let in once the descriptor ending is readable (-1: never). */
bool answer_start(int listening, int ending, const char *name,
                  const struct answer_row *rows, size_t row_count, int most,
                  struct fault *why) must_check;

/* For ASK_DO handlers: one line to whoever asked. */
void answer_line(const struct question *q, const char *format, ...)
    printf_like(2, 3);

#endif
