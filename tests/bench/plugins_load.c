/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugins_load.c: open-loop questions to a plugin host at a fixed rate, as the
 * web process asks them: over eight connections, each with one question at a
 * time; a question that finds no free connection is refused.  The latency
 * counts from the moment at which the question was due, so that a client that
 * falls behind shows it.
 *
 *   plugins_load SOCKET CONF CONDITION ARGUMENT RATE SECONDS
 *
 * Prints one JSON object: counts by verdict, and p50, p99 and the longest in ms
 * of those that were answered with permit or deny. */
#include <arpa/inet.h>
#include <endian.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS = 8,
	EVALUATE = 0x30,
	HEAD = 10, /* version, type, id */
	FRAME = 65546,
	MAX_RATE = 100000,
	DRAIN_S = 5,
};

struct connection {
	int fd;
	bool asked;
	double due;
};

static struct connection connections[CONNECTIONS];
static char body[2048];
static double *latencies;
static size_t answered;
static const char *const verdicts[] = { "permit", "deny", "step-up",
	                                "error",  "busy", "other" };
enum { PERMIT, DENY, OTHER = 5, VERDICTS };
static size_t counts[VERDICTS], no_connection, total;

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void stop(const char *what)
{
	perror(what);
	exit(1);
}

static int connect_to(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		stop(path);
	return fd;
}

static void ask(struct connection *c, double due)
{
	char frame[HEAD + sizeof(body)] = { 1, EVALUATE };
	const uint64_t id = htobe64(++total);
	const size_t length = strlen(body);

	memcpy(frame + 2, &id, sizeof(id));
	memcpy(frame + HEAD, body, length);
	if (send(c->fd, frame, HEAD + length, 0) < 0)
		stop("send");
	c->asked = true;
	c->due = due;
}

static void take(struct connection *c)
{
	static char frame[FRAME + 1];
	ssize_t got = recv(c->fd, frame, FRAME, 0);
	size_t v = 0;

	if (got <= HEAD)
		stop("recv");
	frame[got] = '\0';
	const char *list = strstr(frame + HEAD, "\"verdicts\":[\"");
	const char *verdict = list ? list + strlen("\"verdicts\":[\"") : "";

	while (v < OTHER &&
	       strncmp(verdict, verdicts[v], strlen(verdicts[v])) != 0)
		v++;
	counts[v]++;
	if (v <= DENY)
		latencies[answered++] = (now() - c->due) * 1000;
	c->asked = false;
}

/* Takes answers until a moment; at once if it has passed. */
static void take_until(double until)
{
	struct pollfd list[CONNECTIONS];

	for (;;) {
		double left = until - now();
		const struct timespec wait = {
			.tv_sec = left > 0 ? (time_t)left : 0,
			.tv_nsec =
			    left > 0
				? (long)((left - (double)(time_t)left) * 1e9)
				: 0,
		};

		for (int i = 0; i < CONNECTIONS; i++)
			list[i] = (struct pollfd){
				.fd = connections[i].asked ? connections[i].fd
				                           : -1,
				.events = POLLIN,
			};
		if (ppoll(list, CONNECTIONS, &wait, NULL) <= 0 && left <= 0)
			return;
		for (int i = 0; i < CONNECTIONS; i++)
			if (list[i].revents)
				take(&connections[i]);
	}
}

static struct connection *find_free(void)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (!connections[i].asked)
			return &connections[i];
	return NULL;
}

static int compare(const void *x, const void *y)
{
	const double a = *(const double *)x, b = *(const double *)y;

	return a < b ? -1 : a > b;
}

static double at(double part)
{
	size_t i = (size_t)((double)answered * part);

	return answered == 0 ? 0 : latencies[i < answered ? i : answered - 1];
}

static void print(size_t questions)
{
	qsort(latencies, answered, sizeof(*latencies), compare);
	printf("{\"questions\": %zu, \"no connection\": %zu", questions,
	       no_connection);
	for (size_t v = 0; v < VERDICTS; v++)
		printf(", \"%s\": %zu", verdicts[v], counts[v]);
	printf(", \"p50\": %.2f, \"p99\": %.2f, \"max\": %.2f}\n", at(0.5),
	       at(0.99), at(1));
}

int main(int argc, char **argv)
{
	if (argc != 7)
		return 64;
	const double rate = atof(argv[5]), seconds = atof(argv[6]);

	if (rate <= 0 || rate > MAX_RATE || seconds <= 0 || seconds > 3600)
		return 64;
	const size_t questions = (size_t)(rate * seconds);

	(void)snprintf(
	    body, sizeof(body),
	    "{\"conf\":\"%s\",\"questions\":[{\"condition\":\"%s\","
	    "\"arguments\":[\"%s\"],\"facts\":{\"municipality\":\"tinn\","
	    "\"affiliation\":\"bench\",\"kind\":\"pupil\","
	    "\"roles\":[\"consent\"],\"units\":[],\"networks\":[]}}]}",
	    argv[2], argv[3], argv[4]);
	latencies = calloc(questions + 1, sizeof(*latencies));
	if (!latencies)
		stop("calloc");
	for (int i = 0; i < CONNECTIONS; i++)
		connections[i].fd = connect_to(argv[1]);
	const double start = now();

	for (size_t i = 0; i < questions; i++) {
		const double due = start + (double)i / rate;

		take_until(due);
		struct connection *c = find_free();

		if (c)
			ask(c, due);
		else
			no_connection++;
	}
	for (double end = now() + DRAIN_S; now() < end;) {
		bool waits = false;

		take_until(now() + 0.01);
		for (int i = 0; i < CONNECTIONS; i++)
			waits |= connections[i].asked;
		if (!waits)
			break;
	}
	print(questions);
	return 0;
}
