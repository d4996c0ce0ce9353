/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_client.c: the calling side.  A connection carries one request at a time
 * and is closed unless its reply arrived, so that a late reply cannot be taken
 * for the next one. */
#include "region/ask.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"

enum { CONF_DIGITS = 16, NEARLY_MS = 5 };

struct slot {
	int fd; /* -1: not connected */
	bool taken;
};

struct ask {
	char *path;
	int slot_count;
	int deadline_ms;
	pthread_mutex_t lock; /* guards the fields below */
	uint64_t last_id;
	int taken;
	struct slot slots[];
};

/* The outcome of one attempt. */
enum outcome {
	SPOILED = 0, /* the connection cannot be used again */
	ANSWERED,    /* with a reply or an error reply */
	NOT_SENT,    /* not a byte was sent */
	DIED,        /* sent, then the peer closed */
};

static void *must_have(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct ask *ask_open(const char *path, int slots, int deadline_ms)
{
	assert(slots > 0);
	struct ask *k = must_have(
	    calloc(1, sizeof(*k) + (size_t)slots * sizeof(struct slot)));

	k->path = must_have(strdup(path));
	k->slot_count = slots;
	k->deadline_ms = deadline_ms;
	(void)pthread_mutex_init(&k->lock, NULL);
	for (int i = 0; i < slots; i++)
		k->slots[i].fd = -1;
	return k;
}

static void slot_close(struct slot *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

void ask_close(struct ask *k)
{
	if (!k)
		return;
	for (int i = 0; i < k->slot_count; i++)
		slot_close(&k->slots[i]);
	(void)pthread_mutex_destroy(&k->lock);
	free(k->path);
	free(k);
}

int ask_busy(struct ask *k)
{
	(void)pthread_mutex_lock(&k->lock);
	int taken = k->taken;
	(void)pthread_mutex_unlock(&k->lock);
	return taken;
}

/* Returns a free slot, preferably a connected one; NULL if all are in use. */
static struct slot *slot_take(struct ask *k, uint64_t *ret_id)
{
	struct slot *found = NULL;

	(void)pthread_mutex_lock(&k->lock);
	for (int i = 0; i < k->slot_count; i++) {
		struct slot *s = &k->slots[i];

		if (!s->taken && (!found || (found->fd < 0 && s->fd >= 0)))
			found = s;
	}
	if (found) {
		found->taken = true;
		k->taken++;
		*ret_id = ++k->last_id;
	}
	(void)pthread_mutex_unlock(&k->lock);
	return found;
}

static void slot_give(struct ask *k, struct slot *s)
{
	(void)pthread_mutex_lock(&k->lock);
	s->taken = false;
	k->taken--;
	(void)pthread_mutex_unlock(&k->lock);
}

static bool connect_to(const char *path, int deadline_ms, int *ret_fd,
                       struct fault *why)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval most = {
		.tv_sec = deadline_ms / 1000,
		.tv_usec = deadline_ms % 1000 * 1000,
	};

	if (strlen(path) >= sizeof(to.sun_path))
		return fault(why, FAULT_INVALID,
		             "the socket's path is too long: %s", path);
	(void)memcpy(to.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fault(why, FAULT_UNAVAILABLE, "no socket: %s",
		             strerror(errno));
	/* connect() blocks this long at most if the peer's backlog is full. */
	if (deadline_ms > 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most,
		                 sizeof(most));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0) {
		*ret_fd = fd;
		return true;
	}
	(void)fault(why, FAULT_UNAVAILABLE, "%s does not answer: %s", path,
	            strerror(errno));
	(void)close(fd);
	return false;
}

/* A closed peer is detected when sending: nothing was sent, so the request is
 * sent again. */
static bool slot_connect(const struct ask *k, struct slot *s, int left_ms,
                         struct fault *why)
{
	if (s->fd >= 0)
		return true;
	if (!connect_to(k->path, left_ms, &s->fd, why))
		return false;
	const struct timeval most = {
		.tv_sec = k->deadline_ms / 1000,
		.tv_usec = k->deadline_ms % 1000 * 1000,
	};

	(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	return true;
}

struct putting {
	enum kind_of_question kind;
	uint64_t id;
	const json_t *question;
	int64_t until;
};

static int left_ms(const struct putting *p)
{
	int64_t left = p->until - clock_monotonic_ms();

	return left > 0 ? (int)left : 0;
}

/* Returns -1 where the socket's own timeout, the whole deadline, will do. */
static int wait_for(const struct ask *k, const struct putting *p)
{
	int left = left_ms(p);

	return left >= k->deadline_ms - NEARLY_MS ? -1 : left;
}

/* Returns the static string of reasons.def; a string in the frame is freed with
 * it. */
static const char *known_reason(const char *word)
{
	static const char *const known[] = {
#define REASON(word, status) word,
#include "region/reasons.def"
#undef REASON
	};

	for (size_t i = 0; word && i < LENGTH(known); i++)
		if (text_equal(word, known[i]))
			return known[i];
	return NULL;
}

static enum fault_kind fault_kind_from(const char *word)
{
	if (text_equal(word, "invalid"))
		return FAULT_INVALID;
	if (text_equal(word, "refused"))
		return FAULT_REFUSED;
	return FAULT_UNAVAILABLE;
}

static bool read_fault(const json_t *body, struct fault *why)
{
	const char *text = js_string(body, "text");

	return fault_for(why, fault_kind_from(js_string(body, "fault")),
	                 known_reason(js_string(body, "reason")), "%s",
	                 text ? text : "no reason was given");
}

static enum outcome put(const struct ask *k, struct arena *a, struct slot *s,
                        const struct putting *p, json_t **ret_answer,
                        struct fault *why)
{
	uint8_t kind;
	uint64_t id;
	json_t *body;

	if (!slot_connect(k, s, left_ms(p), why))
		return SPOILED;
	if (!frame_send(s->fd, (uint8_t)p->kind, p->id, p->question, why))
		return why->kind == FAULT_INVALID ? SPOILED : NOT_SENT;
	if (!frame_receive(a, s->fd, wait_for(k, p), &kind, &id, &body, why))
		return text_equal(why->text, "closed") ? DIED : SPOILED;
	if (id == p->id && kind == (p->kind | ASK_ANSWER)) {
		*ret_answer = body;
		return ANSWERED;
	}
	if (id == p->id && kind == ASK_FAULT) {
		(void)read_fault(body, why);
		*ret_answer = NULL;
		return ANSWERED;
	}
	(void)fault(why, FAULT_UNAVAILABLE, "%s answered something else",
	            k->path);
	return SPOILED;
}

/* Requests that change nothing: if the peer closes without a reply, they are
 * sent again to the process that replaces it. */
static bool may_be_repeated(enum kind_of_question kind)
{
	return (kind >= ASK_SIGN_TOKEN && kind <= ASK_KEYS) ||
	       kind == ASK_SIGN_HEAD || kind == ASK_JOIN || kind == ASK_SEAL ||
	       kind == ASK_STATUS || kind == ASK_FIND;
}

/* Repeats a failed first attempt if that is safe, within the deadline. */
static bool put_twice(const struct ask *k, struct arena *a, struct slot *s,
                      const struct putting *p, json_t **ret_answer,
                      struct fault *why)
{
	json_t *answer = NULL;
	struct fault lost = { 0 };
	enum outcome went = put(k, a, s, p, &answer, &lost);

	if (went == NOT_SENT || (went == DIED && may_be_repeated(p->kind))) {
		slot_close(s);
		went = put(k, a, s, p, &answer, &lost);
	}
	if (went != ANSWERED)
		slot_close(s);
	if (went == ANSWERED && answer) {
		*ret_answer = answer;
		return true;
	}
	if (why)
		*why = lost;
	return false;
}

bool ask(struct ask *k, struct arena *a, enum kind_of_question kind,
         const char *conf, json_t *question, json_t **ret_answer,
         struct fault *why)
{
	struct putting p = { .kind = kind, .question = question };
	struct slot *s = slot_take(k, &p.id);

	if (!s)
		return fault_for(why, FAULT_UNAVAILABLE, "busy",
		                 "no slot is free at %s", k->path);
	p.until = clock_monotonic_ms() + k->deadline_ms;
	if (conf)
		(void)json_object_set_new(
		    question, "conf",
		    json_stringn(conf, strnlen(conf, CONF_DIGITS)));
	bool answered = put_twice(k, a, s, &p, ret_answer, why);

	slot_give(k, s);
	return answered;
}

static json_t *list_of_words(char **words)
{
	json_t *list = json_array();

	for (; *words; words++)
		(void)json_array_append_new(list, json_string(*words));
	return list;
}

/* Receives one frame of the reply to IPC_COMMAND; *ret_end: it was the last. */
static bool take_line(int fd, int deadline_ms,
                      void (*each)(const char *line, void *with), void *with,
                      bool *ret_end, struct fault *why)
{
	struct arena *a = arena_open();
	uint8_t kind = 0;
	uint64_t id;
	json_t *body = NULL;
	bool good = frame_receive(a, fd, deadline_ms, &kind, &id, &body, why);

	if (good && kind == ASK_FAULT)
		good = read_fault(body, why);
	else if (good && kind == ASK_END)
		good = js_number(body, "status", 1) == 0 ||
		       fault(why, FAULT_REFUSED, "%s", "");
	else if (good && kind != ASK_LINE)
		good = fault(why, FAULT_INVALID, "neither a line nor an end");
	else if (good && js_string(body, "text"))
		each(js_string(body, "text"), with);
	*ret_end = !good || kind == ASK_END;
	arena_close(a);
	return good;
}

bool ask_lines(const char *path, int deadline_ms, char **words,
               void (*each)(const char *line, void *with), void *with,
               struct fault *why)
{
	own(release_json) json_t *question =
	    json_pack("{s:o}", "words", list_of_words(words));
	bool ended = false, good;
	int fd;

	if (!connect_to(path, deadline_ms, &fd, why))
		return false;
	good = frame_send(fd, ASK_DO, 1, question, why);
	while (good && !ended)
		good = take_line(fd, deadline_ms, each, with, &ended, why);
	(void)close(fd);
	return good;
}
