/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_connect.c: LDAP connections (TLS by RFC 4513).
 *
 * libldap 2.5 loops for ever on a server that accepts LDAPS and stays silent,
 * or that stops in the middle of the handshake; its own time limits do not
 * apply there.  So this file connects the socket itself, passes it to libldap,
 * and a watchdog thread shuts it when the handshake exceeds its deadline. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/thread/timed_wait.h"
#include "region/ldap/directory_private.h"
#include "region/ldap/directory_tls_cause.h"

static const char system_ca_file[] = "/etc/ssl/certs/ca-certificates.crt";

DEFINE_CLEANUP(release_url, LDAPURLDesc *, ldap_free_urldesc)

/* Ignore ~/.ldaprc and LDAPTLS_REQCERT.  Before main(), because setenv() is not
 * thread-safe. */
__attribute__((constructor)) static void ignore_ldap_conf(void)
{
	(void)setenv("LDAPNOINIT", "1", 1);
}

static void directory_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int connect_remaining_ms(int64_t deadline)
{
	int64_t remaining = deadline - clock_monotonic_ms();

	return remaining > 0 ? (int)remaining : 0;
}

/* ---- connecting the socket */

static bool wait_connected(int fd, int64_t deadline, struct error *err)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t size = sizeof(error);
	int ready = poll(&p, 1, connect_remaining_ms(deadline));

	while (ready < 0 && errno == EINTR)
		ready = poll(&p, 1, connect_remaining_ms(deadline));
	if (ready <= 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "connection timed out");
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error)
		return error_set(err, ERROR_UNAVAILABLE, "%s", strerror(error));
	return true;
}

/* A half-open connection is detected in under a minute. */
static void set_tcp_keepalive(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 20 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 5 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 30000 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
	};

	for (size_t i = 0; i < LENGTH(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		                 &options[i].value, sizeof(int));
}

static bool directory_connect_socket(const struct directory_target *t,
                                     int64_t deadline, int *ret_fd,
                                     struct error *err)
{
	own(directory_close_fd) int fd = socket(
	    t->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot create socket: %m");
	int rc = connect(fd, (const struct sockaddr *)&t->at, t->length);
	if (rc != 0 && errno != EINPROGRESS)
		return error_set(err, ERROR_UNAVAILABLE, "%m");
	if (rc != 0 && !wait_connected(fd, deadline, err))
		return false;
	if (t->at.ss_family != AF_UNIX)
		set_tcp_keepalive(fd);
	*ret_fd = fd;
	fd = -1;
	return true;
}

/* ---- TLS handshake under a watchdog */

/* Only CONNECT_VERIFIED is used; the others show why it failed, and nothing is
 * sent over them that is not public. */
enum connect_mode { CONNECT_VERIFIED = 0, CONNECT_UNVERIFIED, CONNECT_PLAIN };

struct connection {
	LDAP *ld; /* set also on error */
	enum connect_mode mode;
	bool tls_failed; /* the handshake failed, in time */
};

struct handshake_watchdog {
	pthread_mutex_t lock; /* guards the fields below */
	pthread_cond_t changed;
	bool done, timed_out;
	int fd;
	struct timespec deadline;
};

static void *shutdown_on_timeout(void *data)
{
	struct handshake_watchdog *w = data;
	int rc = 0;

	(void)pthread_mutex_lock(&w->lock);
	while (!w->done && rc != ETIMEDOUT)
		rc =
		    pthread_cond_timedwait(&w->changed, &w->lock, &w->deadline);
	if (!w->done) {
		w->timed_out = true;
		(void)shutdown(w->fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void handshake_watchdog_init(struct handshake_watchdog *w, int fd,
                                    int64_t deadline)
{

	*w = (struct handshake_watchdog){ .fd = fd,
		                          .deadline = timed_wait_at(deadline) };
	(void)pthread_mutex_init(&w->lock, NULL);
	timed_wait_init(&w->changed);
}

static void handshake_watchdog_stop(struct handshake_watchdog *w,
                                    pthread_t thread)
{
	(void)pthread_mutex_lock(&w->lock);
	w->done = true;
	(void)pthread_cond_signal(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(thread, NULL);
	(void)pthread_cond_destroy(&w->changed);
	(void)pthread_mutex_destroy(&w->lock);
}

static bool set_socket_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) == 0;
}

static const char *tls_ca_file_of(const struct directory_address *at)
{
	return at->tls_ca_file ? at->tls_ca_file : system_ca_file;
}

static bool set_tls_options(LDAP *ld, const char *tls_ca_file,
                            enum connect_mode mode)
{
	int demand = mode == CONNECT_UNVERIFIED ? LDAP_OPT_X_TLS_NEVER
	                                        : LDAP_OPT_X_TLS_DEMAND;
	int min_version = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	int is_server = 0;

	/* Options on a handle take effect only with a new TLS context. */
	return ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, tls_ca_file) ==
	           0 &&
	       ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == 0 &&
	       ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &min_version) ==
	           0 &&
	       ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &is_server) == 0;
}

/* The socket blocks during the handshake: libldap would spin on a non-blocking
 * one. */
static bool tls_handshake(struct connection *c, int fd, const char *tls_ca_file,
                          int64_t deadline, struct error *err)
{
	struct handshake_watchdog w;
	LDAP *ld = c->ld;
	pthread_t thread;

	if (!set_tls_options(ld, tls_ca_file, c->mode))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot load the CA bundle %s", tls_ca_file);
	if (!set_socket_blocking(fd, true))
		return error_set(err, ERROR_UNAVAILABLE, "%m");
	handshake_watchdog_init(&w, fd, deadline);
	if (pthread_create(&thread, NULL, shutdown_on_timeout, &w) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot start a thread");
	int rc = ldap_install_tls(ld);
	handshake_watchdog_stop(&w, thread);
	if (w.timed_out)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "TLS handshake timed out");
	c->tls_failed = rc != LDAP_SUCCESS;
	if (rc != LDAP_SUCCESS) {
		own(release_ldap_text) char *text = NULL;

		(void)ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
		return error_set(err, ERROR_UNAVAILABLE, "TLS: %s",
		                 text ? text : ldap_err2string(rc));
	}
	if (!set_socket_blocking(fd, false))
		return error_set(err, ERROR_UNAVAILABLE, "%m");
	return true;
}

/* ---- opening a URI */

/* Creates the libldap handle, which then owns the socket. */
static bool create_libldap_handle(const char *uri, const LDAPURLDesc *u,
                                  int *fd, LDAP **ret, struct error *err)
{
	int version = LDAP_VERSION3;
	bool local = text_equal(u->lud_scheme, "ldapi");
	LDAP *ld = NULL;

	if (ldap_init_fd(*fd, local ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, uri,
	                 &ld) != LDAP_SUCCESS)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot initialize libldap");
	*fd = -1;
	*ret = ld;
	(void)ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	(void)ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	return true;
}

/* Non-blocking, so that sending the unbind request cannot block on a silent
 * server. */
static void close_libldap_handle(LDAP *ld)
{
	int fd = -1;

	if (!ld)
		return;
	(void)ldap_get_option(ld, LDAP_OPT_DESC, &fd);
	if (fd >= 0)
		(void)set_socket_blocking(fd, false);
	(void)ldap_unbind_ext(ld, NULL, NULL);
}

static bool connect_target(const char *uri, const LDAPURLDesc *u,
                           const struct directory_target *target,
                           const struct directory_address *at, int64_t deadline,
                           struct connection *c, struct error *err)
{
	own(directory_close_fd) int fd = -1;

	if (!directory_connect_socket(target, deadline, &fd, err))
		return false;
	int socket_fd = fd;
	if (!create_libldap_handle(uri, u, &fd, &c->ld, err))
		return false;
	if (!text_equal(u->lud_scheme, "ldaps") || c->mode == CONNECT_PLAIN)
		return true;
	return tls_handshake(c, socket_fd, tls_ca_file_of(at), deadline, err);
}

/* Names one of several addresses of a URI, for directory_uri_note(). */
static const char *target_key(struct arena *a, const char *uri,
                              const struct directory_target *t)
{
	char text[NI_MAXHOST] = "";

	(void)getnameinfo((const struct sockaddr *)&t->at, t->length, text,
	                  sizeof(text), NULL, 0, NI_NUMERICHOST);
	return arena_printf(a, "%s at %s", uri, text);
}

/* Sorts the addresses so that those that did not respond come last. */
static void sort_targets(struct arena *a, const char *uri,
                         struct directory_targets *t)
{
	struct directory_targets sorted = { 0 };

	for (int silent = 0; silent < 2; silent++)
		for (size_t i = 0; i < t->count; i++)
			if (directory_uri_is_silent(
				target_key(a, uri, &t->at[i])) == silent)
				sorted.at[sorted.count++] = t->at[i];
	*t = sorted;
}

/* Each address has its share of the time that is left. */
static bool connect_targets(const char *uri, const LDAPURLDesc *u,
                            struct directory_targets *targets,
                            const struct directory_address *at,
                            int64_t deadline, struct connection *c,
                            struct error *err)
{
	struct arena *a = arena_open();
	bool good = false;

	if (targets->count > 1)
		sort_targets(a, uri, targets);
	for (size_t i = 0; i < targets->count && !good; i++) {
		const struct directory_target *t = &targets->at[i];
		int64_t now = clock_monotonic_ms();
		int64_t share =
		    (deadline - now) / (int64_t)(targets->count - i);

		close_libldap_handle(c->ld);
		c->ld = NULL;
		good = connect_target(uri, u, t, at, now + share, c, err);
		if (targets->count > 1)
			directory_uri_note(target_key(a, uri, t), good);
	}
	arena_close(a);
	return good;
}

static bool connect_libldap_handle(const char *uri,
                                   const struct directory_address *at,
                                   int64_t deadline, struct connection *c,
                                   struct error *err)
{
	own(release_url) LDAPURLDesc *u = NULL;
	struct directory_targets targets;

	if (ldap_url_parse(uri, &u) != LDAP_URL_SUCCESS)
		return error_set(err, ERROR_INVALID, "not a valid LDAP URL");
	return directory_resolve(u, deadline, &targets, err) &&
	       connect_targets(uri, u, &targets, at, deadline, c, err);
}

/* ---- why TLS failed */

/* Returns whether the server speaks LDAP without TLS at an address for LDAPS:
 * it answers an anonymous bind. */
static bool server_speaks_plain_ldap(const char *uri,
                                     const struct directory_address *at,
                                     int64_t deadline)
{
	struct connection c = { .mode = CONNECT_PLAIN };
	struct berval none = { 0 };
	own(release_message) LDAPMessage *m = NULL;
	int id = 0;

	if (!connect_libldap_handle(uri, at, deadline, &c, NULL) ||
	    ldap_sasl_bind(c.ld, "", LDAP_SASL_SIMPLE, &none, NULL, NULL,
	                   &id) != LDAP_SUCCESS) {
		close_libldap_handle(c.ld);
		return false;
	}
	struct directory d = { .ld = c.ld };
	int type = directory_next_message(&d, id, LDAP_MSG_ALL,
	                                  connect_remaining_ms(deadline), &m);

	close_libldap_handle(c.ld);
	return type > 0;
}

/* Returns what is wrong with the certificate that the server presents. */
static const char *presented_certificate_fault(
    struct arena *a, LDAP *ld, const char *uri,
    const struct directory_address *at)
{
	own(release_url) LDAPURLDesc *u = NULL;
	struct berval der = { 0 };

	if (ldap_url_parse(uri, &u) != LDAP_URL_SUCCESS ||
	    ldap_get_option(ld, LDAP_OPT_X_TLS_PEERCERT, &der) != 0 ||
	    !der.bv_val)
		return NULL;
	const char *fault = directory_certificate_fault(
	    a, der.bv_val, der.bv_len, u->lud_host ? u->lud_host : "",
	    tls_ca_file_of(at), clock_now());

	ber_memfree(der.bv_val);
	return fault;
}

/* Connects again without verification to see the certificate, and replaces
 * libldap's text by the cause. */
static void explain_tls_failure(const char *uri,
                                const struct directory_address *at,
                                int64_t deadline, struct error *err)
{
	struct arena *a = arena_open();
	struct connection c = { .mode = CONNECT_UNVERIFIED };
	const char *fault = NULL;

	if (connect_libldap_handle(uri, at, deadline, &c, NULL))
		fault = presented_certificate_fault(a, c.ld, uri, at);
	else if (server_speaks_plain_ldap(uri, at, deadline))
		fault = "the server speaks LDAP without TLS at this port";
	else if (c.tls_failed)
		fault =
		    arena_printf(a, "the server refuses the handshake: %s",
		                 text_starts(err->text, "TLS: ") ? err->text + 5
		                                                 : err->text);
	close_libldap_handle(c.ld);
	if (fault)
		(void)error_set(err, ERROR_UNAVAILABLE, "TLS: %s", fault);
	arena_close(a);
}

static bool directory_open_uri(const char *uri,
                               const struct directory_address *at,
                               int64_t deadline, struct directory **ret_d,
                               struct error *err)
{
	struct error inner = { 0 };
	struct connection c = { .mode = CONNECT_VERIFIED };
	struct directory *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->deadline_ms = at->deadline_ms;
	bool connected = connect_libldap_handle(uri, at, deadline, &c, &inner);
	d->ld = c.ld;
	if (connected) {
		d->deadline_ms = connect_remaining_ms(deadline);
		if (directory_bind_service_account(d, at, &inner)) {
			directory_uri_note(uri, true);
			d->deadline_ms = at->deadline_ms;
			d->certificate_not_after =
			    directory_peer_not_after(d->ld);
			*ret_d = d;
			return true;
		}
	}
	directory_uri_note(uri, inner.kind != ERROR_UNAVAILABLE);
	directory_close(d);
	if (c.tls_failed)
		explain_tls_failure(uri, at, deadline, &inner);
	return error_set(err, inner.kind, "%s: %s", uri, inner.text);
}

bool directory_open(const struct directory_address *at,
                    struct directory **ret_d, struct error *err)
{
	int64_t end = clock_monotonic_ms() + at->deadline_ms;
	struct arena *a = arena_open();
	size_t count;
	char **uris = directory_uris_sort(a, at->uris, &count);
	bool good = false;

	if (count == 0)
		(void)error_set(err, ERROR_INVALID, "directory has no URL");
	for (size_t i = 0; i < count && !good; i++) {
		int64_t now = clock_monotonic_ms();

		good = directory_open_uri(
		    uris[i], at, now + (end - now) / (int64_t)(count - i),
		    ret_d, err);
	}
	arena_close(a);
	return good;
}

void directory_close(struct directory *d)
{
	if (!d)
		return;
	close_libldap_handle(d->ld);
	free(d);
}
