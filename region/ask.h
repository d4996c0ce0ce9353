/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ask.h: the asking end of a question to another process: a slot taken before
 * queueing, a frame, a deadline, an id that must come back. */
#ifndef REGION_ASK_H
#define REGION_ASK_H

#include <stdint.h>

#include "lib/json.h"
#include "region/kinds.h"

enum { ASK_VERSION = 1, ASK_HEAD = 10, ASK_MOST = 65536 };

struct ask;

/* For the socket at path: at most slots questions at once, each over a
 * connection of its own that is kept; deadline for each in milliseconds.
 * Nothing is connected before the first question.  Never NULL. */
struct ask *ask_open(const char *path, int slots, int deadline_ms);
void ask_close(struct ask *k);

/* Puts question (borrowed; its "conf" is set to conf where that is not NULL)
 * and waits for the answer, which lives in a.  A fault answer comes back as
 * that fault.  UNAVAILABLE, at once, when no slot is free (reason "busy");
 * UNAVAILABLE at the deadline or when the other end dies, and then that
 * connection is closed, so a late answer can never be read as the next one's.
 * A question whose connection turned out dead before a byte was sent is put
 * once more; so is one that changes nothing there (signing, MACs) when the
 * other end died over it.  Of conf the first 16 digits are sent. */
bool ask(struct ask *k, struct arena *a, enum kind_of_question kind,
         const char *conf, json_t *question, json_t **ret_answer,
         struct fault *why) must_check;

/* How many slots are taken now. */
int ask_busy(struct ask *k);

/* For ASK_DO: puts words and gives each line to each(line, with), waiting up
 * to deadline_ms (less than 0: for ever) for every one; true when the end said
 * status 0.  REFUSED with an empty text: status 1, and the lines said why. */
bool ask_lines(const char *path, int deadline_ms, char **words,
               void (*each)(const char *line, void *with), void *with,
               struct fault *why) must_check;

/* One frame on a connected SOCK_SEQPACKET descriptor, for both ends. */
bool frame_send(int fd, uint8_t kind, uint64_t id, const json_t *body,
                struct fault *why) must_check;
/* UNAVAILABLE with text "closed" at the other end's orderly end.  A deadline
 * less than 0 waits for ever. */
bool frame_receive(struct arena *a, int fd, int deadline_ms, uint8_t *ret_kind,
                   uint64_t *ret_id, json_t **ret_body,
                   struct fault *why) must_check;

#endif
