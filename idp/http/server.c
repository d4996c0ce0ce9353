/* SPDX-License-Identifier: AGPL-3.0-or-later
 * server.c: the HTTP server, on libmicrohttpd.  One thread per connection: a
 * handler blocks on LDAP, and in an epoll pool it would block the connections
 * of its thread. */
#include "idp/http/server.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "idp/http/accept_loop.h"
#include "idp/http/request_check.h"
#include "idp/http/request_deadline.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum {
	MEMORY_PER_CONNECTION = 32 * 1024, /* request and response head */
	/* A body over REQUEST_BODY_MAX is read and discarded up to this, so
	 * that the client receives the error. */
	BODY_DISCARD_MAX = 8 * REQUEST_BODY_MAX,
	IDLE_SECONDS = 75,     /* longer than the proxy's keep-alive */
	REQUEST_MS = 5 * 1000, /* head and body */
	DRAIN_MS = 30 * 1000,
	DRAIN_IDLE_MS = 500,
	/* accept_loop.h has the limit; libmicrohttpd counts a connection as
	 * served a moment longer. */
	CLOSING_CONNECTIONS = 32,
};

#ifdef PORTVAKT_TESTING
enum { STACK_SIZE = 2 * 1024 * 1024 };
#else
enum { STACK_SIZE = 512 * 1024 };
#endif

struct http_server {
	struct MHD_Daemon *daemon;
	struct http_server_callbacks callbacks;
	struct request_deadlines *deadlines;
	struct accept_loop *accepting;
	atomic_int active;
	atomic_bool draining;
};

/* One request and its response. */
struct http_exchange {
	struct http_server *server;
	struct request_deadline *deadline; /* of the connection */
	struct request request;
	struct http_response response;
	VECTOR(struct http_field) headers;
	struct strbuf body;
	size_t received; /* bytes of body, stored or discarded */
	char *uri;
	bool head_checked;
	bool header_has_nul;
	struct http_error error;
};

static const struct http_field security_headers[] = {
	{ "X-Frame-Options", "DENY" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Strict-Transport-Security", "max-age=63072000" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy",
	  "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
};

static const char default_csp[] =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/* libmicrohttpd calls this before it closes the descriptor of a connection that
 * has ended, so the deadline never shuts down another one. */
static void connection_changed(void *server, struct MHD_Connection *c,
                               void **context,
                               enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = server;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = request_deadline_add(
		    s->deadlines,
		    MHD_get_connection_info(c,
		                            MHD_CONNECTION_INFO_CONNECTION_FD)
			->connect_fd,
		    IDLE_SECONDS * 1000);
	else {
		request_deadline_remove(*context);
		accept_loop_closed(s->accepting);
	}
}

static struct request_deadline *connection_deadline(struct MHD_Connection *c)
{
	return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
}

/* Called by libmicrohttpd with the request line.  Keeps the raw request target,
 * because SAML signs the octets of the query as sent. */
static void *exchange_begin(void *server, const char *uri,
                            struct MHD_Connection *c)
{
	struct arena *a = arena_open();
	struct http_exchange *x = arena_new(a, struct http_exchange);

	x->server = server;
	x->deadline = connection_deadline(c);
	request_deadline_set(x->deadline, REQUEST_MS);
	x->request.arena = a;
	x->response.arena = a;
	x->uri = arena_strdup(a, uri);
	atomic_fetch_add(&x->server->active, 1);
	/* The request id is that of the thread, which serves this connection
	 * only.  A request id sent by the client is not used. */
	log_request_new();
	return x;
}

static void exchange_end(void *server, struct MHD_Connection *c, void **con_cls,
                         enum MHD_RequestTerminationCode how)
{
	struct http_exchange *x = *con_cls;

	(void)server, (void)c, (void)how;
	*con_cls = NULL;
	if (!x)
		return;
	atomic_fetch_sub(&x->server->active, 1);
	request_deadline_set(x->deadline, IDLE_SECONDS * 1000);
	log_request_clear();
	arena_close(x->request.arena);
}

static enum MHD_Result exchange_add_header(void *data, enum MHD_ValueKind kind,
                                           const char *name, size_t name_length,
                                           const char *value,
                                           size_t value_length)
{
	struct http_exchange *x = data;
	struct arena *a = x->request.arena;

	(void)kind;
	if (!value) {
		value = "";
		value_length = 0;
	}
	if (strlen(name) != name_length || strlen(value) != value_length)
		x->header_has_nul = true;
	*vector_append(a, &x->headers) = (struct http_field){
		.name = text_lower(a, arena_memdup(a, name, name_length)),
		.value = arena_memdup(a, value, value_length),
	};
	return x->headers.count > REQUEST_HEADERS_MAX ? MHD_NO : MHD_YES;
}

static void exchange_copy_headers(struct MHD_Response *out,
                                  const struct http_response *resp)
{
	bool has_cache_control = false, has_retry_after = false;

	for (size_t i = 0; i < LENGTH(security_headers); i++)
		(void)MHD_add_response_header(out, security_headers[i].name,
		                              security_headers[i].value);
	(void)MHD_add_response_header(out, "Content-Security-Policy",
	                              resp->csp ? resp->csp : default_csp);
	if (resp->content_type)
		(void)MHD_add_response_header(out, "Content-Type",
		                              resp->content_type);
	for (size_t i = 0; i < resp->header_count; i++) {
		const struct http_field *h = &resp->headers[i];

		(void)MHD_add_response_header(out, h->name, h->value);
		if (strcmp(h->name, "Cache-Control") == 0)
			has_cache_control = true;
		if (strcmp(h->name, "Retry-After") == 0)
			has_retry_after = true;
	}
	if (!resp->cacheable) {
		(void)MHD_add_response_header(out, "Cache-Control", "no-store");
		(void)MHD_add_response_header(out, "Pragma", "no-cache");
	} else if (!has_cache_control) {
		(void)MHD_add_response_header(out, "Cache-Control",
		                              "public, max-age=300");
	}
	if (resp->status == 503 && !has_retry_after)
		(void)MHD_add_response_header(out, "Retry-After", "5");
}

static enum MHD_Result exchange_send(struct http_exchange *x,
                                     struct MHD_Connection *c,
                                     bool close_connection)
{
	/* The body is in the arena, which is freed after the response. */
	struct MHD_Response *out = MHD_create_response_from_buffer(
	    x->response.length, (void *)(uintptr_t)x->response.body,
	    MHD_RESPMEM_PERSISTENT);

	if (!out)
		return MHD_NO;
	exchange_copy_headers(out, &x->response);
	if (close_connection || atomic_load(&x->server->draining))
		(void)MHD_add_response_header(out, "Connection", "close");
	enum MHD_Result queued =
	    MHD_queue_response(c, (unsigned)x->response.status, out);

	MHD_destroy_response(out);
	return queued;
}

/* Sends the error and closes the connection: after a malformed request the
 * start of the next one is unknown. */
static enum MHD_Result exchange_reject(struct http_exchange *x,
                                       struct MHD_Connection *c)
{
	struct request *r = &x->request;

	r->query_count = r->form_count = 0;
	x->server->callbacks.reject(r, &x->response, x->error.status,
	                            x->error.reason);
	return exchange_send(x, c, true);
}

static enum MHD_Result exchange_receive_head(struct http_exchange *x,
                                             struct MHD_Connection *c,
                                             const char *method,
                                             const char *version)
{
	struct request *r = &x->request;

	x->head_checked = true;
	(void)MHD_get_connection_values_n(c, MHD_HEADER_KIND,
	                                  exchange_add_header, x);
	r->headers = x->headers.at;
	r->header_count = x->headers.count;
	if (x->header_has_nul) {
		x->error = (struct http_error){ 400, "bad-request" };
		return exchange_reject(x, c);
	}
	if (!request_check_head(r, method, version, x->uri, &x->error))
		return exchange_reject(x, c);
	x->body = strbuf_init(r->arena);
	return MHD_YES;
}

static enum MHD_Result exchange_receive_body(struct http_exchange *x,
                                             const char *bytes, size_t *length)
{
	x->received += *length;
	if (x->received > BODY_DISCARD_MAX)
		return MHD_NO;
	if (x->received <= REQUEST_BODY_MAX)
		strbuf_append_bytes(&x->body, bytes, *length);
	*length = 0;
	return MHD_YES;
}

static enum MHD_Result exchange_handle(struct http_exchange *x,
                                       struct MHD_Connection *c)
{
	struct request *r = &x->request;

	request_deadline_set(x->deadline, 0);
	if (x->received > REQUEST_BODY_MAX) {
		x->error = (struct http_error){ 413, "too-large" };
		return exchange_reject(x, c);
	}
	r->body = x->body.data;
	r->body_length = x->body.length;
	if (!request_check_body(r, &x->error))
		return exchange_reject(x, c);
	x->server->callbacks.handle(r, &x->response);
	return exchange_send(x, c, false);
}

static enum MHD_Result exchange_on_request(
    void *server, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *bytes, size_t *length, void **con_cls)
{
	struct http_exchange *x = *con_cls;

	(void)server, (void)url;
	if (!x)
		return MHD_NO;
	if (!x->head_checked)
		return exchange_receive_head(x, c, method, version);
	if (*length > 0)
		return exchange_receive_body(x, bytes, length);
	return exchange_handle(x, c);
}

/* Disables libmicrohttpd's percent-decoding: form_decode() decodes the raw
 * target. */
static size_t exchange_keep_escapes(void *server, struct MHD_Connection *c,
                                    char *text)
{
	(void)server, (void)c;
	return strlen(text);
}

static bool http_server_add(void *server, int fd)
{
	const struct sockaddr_un unnamed = { .sun_family = AF_UNIX };
	struct http_server *s = server;

	return MHD_add_connection(s->daemon, fd,
	                          (const struct sockaddr *)&unnamed,
	                          sizeof(unnamed.sun_family)) == MHD_YES;
}

static unsigned http_server_count(void *server)
{
	const struct http_server *s = server;

	return MHD_get_daemon_info(s->daemon,
	                           MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
	    ->num_connections;
}

static struct MHD_Daemon *http_server_open_daemon(struct http_server *s,
                                                  unsigned max_connections)
{
	return MHD_start_daemon(
	    MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
		MHD_USE_POLL | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET,
	    0, NULL, NULL, exchange_on_request, s, MHD_OPTION_STRICT_FOR_CLIENT,
	    1, MHD_OPTION_CONNECTION_LIMIT,
	    max_connections + CLOSING_CONNECTIONS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
	    MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE,
	    MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s,
	    MHD_OPTION_UNESCAPE_CALLBACK, exchange_keep_escapes, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, connection_changed, s,
	    MHD_OPTION_NOTIFY_COMPLETED, exchange_end, NULL, MHD_OPTION_END);
}

static void http_server_free(struct http_server *s)
{
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	if (s->deadlines)
		request_deadlines_close(s->deadlines);
	if (s->accepting)
		accept_loop_close(s->accepting);
	free(s);
}

bool http_server_start(int listen_fd, int max_connections,
                       const struct http_server_callbacks *callbacks,
                       struct http_server **ret_s, struct error *err)
{
	struct http_server *s = calloc(1, sizeof(*s));
	const unsigned max = (unsigned)max_connections;
	const struct accept_loop_callbacks adding = { s, http_server_add,
		                                      http_server_count };

	if (!s)
		return error_set(err, ERROR_UNAVAILABLE, "out of memory");
	s->callbacks = *callbacks;
	bool started =
	    request_deadlines_open(max + CLOSING_CONNECTIONS, &s->deadlines,
	                           err) &&
	    ((s->daemon = http_server_open_daemon(s, max)) ||
	     error_set(err, ERROR_UNAVAILABLE,
	               "cannot start the HTTP server")) &&
	    accept_loop_open(listen_fd, max, &adding, &s->accepting, err) &&
	    accept_loop_start(s->accepting, err);

	if (!started) {
		http_server_free(s);
		return false;
	}
	*ret_s = s;
	return true;
}

static void sleep_briefly(void)
{
	const struct timespec interval = { .tv_nsec = 20 * 1000 * 1000 };

	(void)nanosleep(&interval, NULL);
}

/* The reverse proxy may send another request on a keep-alive connection.  The
 * response has `Connection: close`.  Waits until no request was active for
 * DRAIN_IDLE_MS, at most DRAIN_MS. */
static void http_server_wait_idle(struct http_server *s)
{
	int64_t end = clock_monotonic_ms() + DRAIN_MS;
	int64_t idle_since = clock_monotonic_ms();

	while (clock_monotonic_ms() < end) {
		if (atomic_load(&s->active) > 0)
			idle_since = clock_monotonic_ms();
		if (clock_monotonic_ms() - idle_since >= DRAIN_IDLE_MS)
			return;
		sleep_briefly();
	}
}

void http_server_drain(struct http_server *s)
{
	if (!s)
		return;
	atomic_store(&s->draining, true);
	accept_loop_stop(s->accepting);
	http_server_wait_idle(s);
	http_server_free(s);
}
