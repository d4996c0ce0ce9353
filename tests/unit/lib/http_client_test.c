/* SPDX-License-Identifier: AGPL-3.0-or-later
 * fetch_test.c: against a local HTTP server in a thread, and openssl s_server
 * for TLS. */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/http_client.h"
#include "lib/strbuf.h"

enum { PORT = 12010, TLS_PORT = 12011 };

static struct arena *a;
static struct error why;
static struct http_client_response response;

static bool get(struct http_client_request f)
{
	why = (struct error){ 0 };
	response = (struct http_client_response){ 0 };
	return http_client_send(a, &f, &response, &why);
}

static int setup(void **state)
{
	(void)state;
	a = arena_open();
	http_client_init();
	return 0;
}

/* ---- a server for one request */

struct play {
	const char *response;
	size_t filler; /* bytes after the response */
	int silence;   /* ms before the response */
	char asked[4096];
	int listener;
	pthread_t thread;
};

static void *serve(void *given)
{
	struct play *p = given;
	int fd = accept(p->listener, NULL, NULL);
	ssize_t got = recv(fd, p->asked, sizeof(p->asked) - 1, 0);

	(void)got;
	(void)usleep((useconds_t)p->silence * 1000);
	(void)send(fd, p->response, strlen(p->response), MSG_NOSIGNAL);
	for (size_t i = 0; i < p->filler; i++)
		if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
			break;
	(void)shutdown(fd, SHUT_RDWR);
	(void)close(fd);
	return NULL;
}

static void open_play(struct play *p)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons(PORT),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int yes = 1;

	p->listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof(at)),
	                 0);
	assert_int_equal(listen(p->listener, 5), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void close_play(struct play *p)
{
	(void)shutdown(p->listener, SHUT_RDWR);
	(void)pthread_join(p->thread, NULL);
	(void)close(p->listener);
}

#define HERE "http://localhost:12010/x"

static void a_response_has_a_status_and_a_content_type(void **state)
{
	struct play p = { .response =
		              "HTTP/1.1 404 No\r\nContent-Type: "
		              "application/json\r\nContent-Length: 2\r\n"
		              "\r\n{}" };

	setup(state);
	open_play(&p);
	assert_true(
	    get((struct http_client_request){ .url = HERE,
	                                      .accept = "application/json",
	                                      .authorization = "Bearer t" }));
	close_play(&p);
	assert_int_equal(response.status, 404);
	assert_string_equal(response.body, "{}");
	assert_string_equal(response.content_type, "application/json");
	assert_true(text_starts(p.asked, "GET /x HTTP/1.1\r\n"));
	assert_non_null(strstr(p.asked, "\r\nAccept: application/json\r\n"));
	assert_non_null(strstr(p.asked, "\r\nAuthorization: Bearer t\r\n"));
	arena_close(a);
}

static void a_form_is_posted(void **state)
{
	struct play p = { .response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
		                      "\r\n" };

	setup(state);
	open_play(&p);
	assert_true(get((struct http_client_request){
	    .url = HERE, .form_body = "logout_token=x" }));
	close_play(&p);
	assert_true(text_starts(p.asked, "POST /x HTTP/1.1\r\n"));
	assert_non_null(strstr(
	    p.asked, "Content-Type: application/x-www-form-urlencoded\r\n"));
	assert_true(text_ends(p.asked, "\r\n\r\nlogout_token=x"));
	assert_int_equal(response.length, 0);
	arena_close(a);
}

static void a_redirect_is_not_followed(void **state)
{
	struct play p = { .response = "HTTP/1.1 302 F\r\nLocation: "
		                      "http://localhost:12010/y\r\n"
		                      "Content-Length: 0\r\n\r\n" };

	setup(state);
	open_play(&p);
	assert_true(get((struct http_client_request){ .url = HERE }));
	close_play(&p);
	assert_int_equal(response.status, 302);
	arena_close(a);
}

static const char *const too_large[] = {
	"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n",
	"HTTP/1.0 200 OK\r\n\r\n", /* without a length */
};

static void a_response_too_large_is_an_error(void **state)
{
	for (size_t i = 0; i < LENGTH(too_large); i++) {
		struct play p = { .response = too_large[i], .filler = 70000 };

		setup(state);
		open_play(&p);
		assert_false(get((struct http_client_request){ .url = HERE }));
		close_play(&p);
		assert_int_equal(why.kind, ERROR_UNAVAILABLE);
		assert_non_null(strstr(why.text, "larger than"));
		arena_close(a);
	}
}

static void a_silent_server_times_out(void **state)
{
	struct play p = { .response = "HTTP/1.1 200 OK\r\n\r\n",
		          .silence = 2000 };
	int64_t before = clock_monotonic_ms();

	setup(state);
	open_play(&p);
	assert_false(get(
	    (struct http_client_request){ .url = HERE, .timeout_ms = 300 }));
	assert_in_range(clock_monotonic_ms() - before, 250, 1500);
	assert_int_equal(why.kind, ERROR_UNAVAILABLE);
	close_play(&p);
	arena_close(a);
}

/* ---- forbidden destinations */

static const struct http_client_request refused[] = {
	{ .url = "http://192.0.2.1/" },
	{ .url = "http://10.0.0.1/" },
	{ .url = "ftp://localhost/" },
	{ .url = "file:///etc/passwd" },
	{ .url = "" },
	{ .url = "https://" },
	{ .url = "https://a b/" },
	{ .url = "https://us:pw@localhost/" },
	{ .url = "https://localhost/", .accept = "a\r\nX: y" },
};

static void wrong_and_unencrypted_urls_are_invalid(void **state)
{
	setup(state);
	for (size_t i = 0; i < LENGTH(refused); i++) {
		if (get(refused[i]) || why.kind != ERROR_INVALID)
			fail_msg("%zu %s: %s", i, refused[i].url, why.text);
	}
	arena_close(a);
}

/* ---- TLS */

static char folder[64];

static pid_t run_openssl(const char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		(void)dup2(null, 0);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)execv("/usr/bin/openssl", (char *const *)argv);
		_exit(127);
	}
	return pid;
}

static pid_t open_tls(const char *key, const char *cert)
{
	const char *const make[] = { "openssl",
		                     "req",
		                     "-x509",
		                     "-newkey",
		                     "ec",
		                     "-pkeyopt",
		                     "ec_paramgen_curve:P-256",
		                     "-nodes",
		                     "-days",
		                     "2",
		                     "-subj",
		                     "/CN=localhost",
		                     "-addext",
		                     "subjectAltName=DNS:localhost",
		                     "-keyout",
		                     key,
		                     "-out",
		                     cert,
		                     NULL };
	const char *port = arena_printf(a, "127.0.0.1:%d", TLS_PORT);
	const char *const serve_it[] = { "openssl", "s_server", "-accept", port,
		                         "-key",    key,        "-cert",   cert,
		                         "-www",    NULL };
	int status = 1;
	pid_t pid = run_openssl(make);

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return run_openssl(serve_it);
}

/* Retries until the server listens. */
static bool get_with_retries(struct http_client_request f)
{
	for (int i = 0; i < 50; i++) {
		if (get(f))
			return true;
		(void)usleep(100000);
	}
	return false;
}

static void a_certificate_must_be_trusted_and_match_the_host(void **state)
{
	const char *key, *cert;
	pid_t server;

	setup(state);
	strcpy(folder, "/tmp/fetch_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	key = arena_printf(a, "%s/k", folder);
	cert = arena_printf(a, "%s/c", folder);
	server = open_tls(key, cert);
	assert_true(get_with_retries((struct http_client_request){
	    .url = "https://localhost:12011/", .ca_file = cert }));
	assert_int_equal(response.status, 200);
	assert_false(get(
	    (struct http_client_request){ .url = "https://localhost:12011/" }));
	assert_int_equal(why.kind, ERROR_UNAVAILABLE);
	assert_false(get((struct http_client_request){
	    .url = "https://127.0.0.1:12011/", .ca_file = cert }));
	assert_int_equal(why.kind, ERROR_UNAVAILABLE);
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)unlink(key);
	(void)unlink(cert);
	(void)rmdir(folder);
	arena_close(a);
}

TESTS(a_response_has_a_status_and_a_content_type, a_form_is_posted,
      a_redirect_is_not_followed, a_response_too_large_is_an_error,
      a_silent_server_times_out, wrong_and_unencrypted_urls_are_invalid,
      a_certificate_must_be_trusted_and_match_the_host)
