/* SPDX-License-Identifier: AGPL-3.0-or-later
 * server.c: the HTTP server, on libmicrohttpd.  One thread per connection: a
 * handler blocks on LDAP, and in an epoll pool it would block the connections
 * of its thread. */
#include "idp/http/server.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "idp/http/gate.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"

enum {
	MEMORY_PER_CONNECTION = 32 * 1024, /* head in and head out */
	SWALLOW_MOST = 8 * GATE_BODY_MOST,
	IDLE_SECONDS = 75, /* longer than the proxy's keep-alive */
	DRAIN_MS = 30 * 1000,
	QUIET_MS = 500,
};

#ifdef PORTVAKT_TESTING
enum { STACK = 2 * 1024 * 1024 };
#else
enum { STACK = 512 * 1024 };
#endif

struct server {
	struct MHD_Daemon *daemon;
	struct server_calls calls;
	atomic_int under_way;
	atomic_bool draining;
};

/* One request and its response. */
struct job {
	struct server *server;
	struct request request;
	struct answer answer;
	LIST(struct pair) headers;
	struct text body;
	size_t came; /* bytes of body, stored or discarded */
	char *uri;
	bool head_taken;
	bool headers_cut;
	struct turned_away away;
};

static const struct pair always[] = {
	{ "X-Frame-Options", "DENY" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Strict-Transport-Security", "max-age=63072000" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy",
	  "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
};

static const char ordinary_csp[] =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/* Keeps the raw target: SAML signs the octets of the query as sent. */
static void *begin_job(void *server, const char *uri, struct MHD_Connection *c)
{
	struct arena *a = arena_open();
	struct job *j = arena_new(a, struct job);

	(void)c;
	j->server = server;
	j->request.arena = a;
	j->answer.arena = a;
	j->uri = arena_copy(a, uri);
	atomic_fetch_add(&j->server->under_way, 1);
	return j;
}

static void end_job(void *server, struct MHD_Connection *c, void **con_cls,
                    enum MHD_RequestTerminationCode how)
{
	struct job *j = *con_cls;

	(void)server, (void)c, (void)how;
	*con_cls = NULL;
	if (!j)
		return;
	atomic_fetch_sub(&j->server->under_way, 1);
	arena_close(j->request.arena);
}

static enum MHD_Result note_header(void *with, enum MHD_ValueKind kind,
                                   const char *name, size_t name_length,
                                   const char *value, size_t value_length)
{
	struct job *j = with;
	struct arena *a = j->request.arena;

	(void)kind;
	if (!value) {
		value = "";
		value_length = 0;
	}
	if (strlen(name) != name_length || strlen(value) != value_length)
		j->headers_cut = true;
	*list_add(a, &j->headers) = (struct pair){
		.name = text_lower(a, arena_bytes(a, name, name_length)),
		.value = arena_bytes(a, value, value_length),
	};
	return j->headers.count > GATE_HEADERS_MOST ? MHD_NO : MHD_YES;
}

static void add_headers(struct MHD_Response *out, const struct answer *a)
{
	bool caching_said = false, waiting_said = false;

	for (size_t i = 0; i < LENGTH(always); i++)
		(void)MHD_add_response_header(out, always[i].name,
		                              always[i].value);
	(void)MHD_add_response_header(out, "Content-Security-Policy",
	                              a->csp ? a->csp : ordinary_csp);
	if (a->type)
		(void)MHD_add_response_header(out, "Content-Type", a->type);
	for (size_t i = 0; i < a->header_count; i++) {
		const struct pair *h = &a->headers[i];

		(void)MHD_add_response_header(out, h->name, h->value);
		if (strcmp(h->name, "Cache-Control") == 0)
			caching_said = true;
		if (strcmp(h->name, "Retry-After") == 0)
			waiting_said = true;
	}
	if (!a->may_be_cached) {
		(void)MHD_add_response_header(out, "Cache-Control", "no-store");
		(void)MHD_add_response_header(out, "Pragma", "no-cache");
	} else if (!caching_said) {
		(void)MHD_add_response_header(out, "Cache-Control",
		                              "public, max-age=300");
	}
	if (a->status == 503 && !waiting_said)
		(void)MHD_add_response_header(out, "Retry-After", "5");
}

static enum MHD_Result send_answer(struct job *j, struct MHD_Connection *c,
                                   bool then_close)
{
	/* The body is in the arena, which is freed after the response. */
	struct MHD_Response *out = MHD_create_response_from_buffer(
	    j->answer.length, (void *)(uintptr_t)j->answer.body,
	    MHD_RESPMEM_PERSISTENT);

	if (!out)
		return MHD_NO;
	add_headers(out, &j->answer);
	if (then_close || atomic_load(&j->server->draining))
		(void)MHD_add_response_header(out, "Connection", "close");
	enum MHD_Result queued =
	    MHD_queue_response(c, (unsigned)j->answer.status, out);

	MHD_destroy_response(out);
	return queued;
}

/* Sends the error and closes the connection: after a malformed request the
 * start of the next one is unknown. */
static enum MHD_Result send_away(struct job *j, struct MHD_Connection *c)
{
	struct request *r = &j->request;

	r->query_count = r->form_count = 0;
	j->server->calls.refuse(r, &j->answer, j->away.status, j->away.reason);
	return send_answer(j, c, true);
}

static enum MHD_Result take_head(struct job *j, struct MHD_Connection *c,
                                 const char *method, const char *version)
{
	struct request *r = &j->request;

	j->head_taken = true;
	(void)MHD_get_connection_values_n(c, MHD_HEADER_KIND, note_header, j);
	r->headers = j->headers.at;
	r->header_count = j->headers.count;
	if (j->headers_cut) {
		j->away = (struct turned_away){ 400, "bad-request" };
		return send_away(j, c);
	}
	if (!gate_head(r, method, version, j->uri, &j->away))
		return send_away(j, c);
	j->body = text_in(r->arena);
	return MHD_YES;
}

static enum MHD_Result take_body(struct job *j, const char *bytes,
                                 size_t *length)
{
	j->came += *length;
	if (j->came > SWALLOW_MOST)
		return MHD_NO;
	if (j->came <= GATE_BODY_MOST)
		text_add_bytes(&j->body, bytes, *length);
	*length = 0;
	return MHD_YES;
}

static enum MHD_Result answer_whole(struct job *j, struct MHD_Connection *c)
{
	struct request *r = &j->request;

	if (j->came > GATE_BODY_MOST) {
		j->away = (struct turned_away){ 413, "too-large" };
		return send_away(j, c);
	}
	r->body = j->body.at;
	r->body_length = j->body.length;
	if (!gate_body(r, &j->away))
		return send_away(j, c);
	j->server->calls.handle(r, &j->answer);
	return send_answer(j, c, false);
}

static enum MHD_Result on_request(void *server, struct MHD_Connection *c,
                                  const char *url, const char *method,
                                  const char *version, const char *bytes,
                                  size_t *length, void **con_cls)
{
	struct job *j = *con_cls;

	(void)server, (void)url;
	if (!j)
		return MHD_NO;
	if (!j->head_taken)
		return take_head(j, c, method, version);
	if (*length > 0)
		return take_body(j, bytes, length);
	return answer_whole(j, c);
}

/* Disables libmicrohttpd's own decoding: parameters are decoded from the raw
 * target. */
static size_t leave_escapes(void *server, struct MHD_Connection *c, char *word)
{
	(void)server, (void)c;
	return strlen(word);
}

bool server_start(int listening, int most, const struct server_calls *calls,
                  struct server **ret_s, struct fault *why)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return fault(why, FAULT_UNAVAILABLE, "no memory");
	s->calls = *calls;
	s->daemon = MHD_start_daemon(
	    MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
		MHD_USE_POLL | MHD_USE_ITC,
	    0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, listening,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)most, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)MEMORY_PER_CONNECTION, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)IDLE_SECONDS, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
	    MHD_OPTION_URI_LOG_CALLBACK, begin_job, s,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, end_job, NULL, MHD_OPTION_END);
	if (!s->daemon) {
		free(s);
		return fault(why, FAULT_UNAVAILABLE,
		             "the web server does not start");
	}
	*ret_s = s;
	return true;
}

static void rest(void)
{
	const struct timespec a_little = { .tv_nsec = 20 * 1000 * 1000 };

	(void)nanosleep(&a_little, NULL);
}

/* A keep-alive connection of the proxy may still carry a request.  Each gets
 * `Connection: close`, until there was none for half a second. */
static void wait_for_quiet(struct server *s)
{
	int64_t end = clock_monotonic_ms() + DRAIN_MS;
	int64_t quiet_since = clock_monotonic_ms();

	while (clock_monotonic_ms() < end) {
		if (atomic_load(&s->under_way) > 0)
			quiet_since = clock_monotonic_ms();
		if (clock_monotonic_ms() - quiet_since >= QUIET_MS)
			return;
		rest();
	}
}

void server_drain(struct server *s)
{
	if (!s)
		return;
	atomic_store(&s->draining, true);
	/* Quiesce first: MHD_stop_daemon would shut down the listening socket,
	 * which the next process shares. */
	(void)MHD_quiesce_daemon(s->daemon);
	wait_for_quiet(s);
	MHD_stop_daemon(s->daemon);
	free(s);
}
