/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_connect.c: LDAP connections (TLS by RFC 4513) and simple binds.
 *
 * libldap 2.5 loops for ever on a server that accepts LDAPS and stays silent,
 * or that stops in the middle of the handshake; its own time limits do not
 * apply there.  So this file connects the socket itself, passes it to libldap,
 * and a watchdog thread shuts it when the handshake exceeds its deadline. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "region/directory_ldap.h"

enum { MOST_PASSWORD = 1024 };

static const char system_trust[] = "/etc/ssl/certs/ca-certificates.crt";

OWNER(release_url, LDAPURLDesc *, ldap_free_urldesc)

/* Ignore ~/.ldaprc and LDAPTLS_REQCERT.  Before main(), because setenv() is not
 * thread-safe. */
__attribute__((constructor)) static void read_no_ldap_conf(void)
{
	(void)setenv("LDAPNOINIT", "1", 1);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int left_ms(int64_t deadline)
{
	int64_t left = deadline - clock_monotonic_ms();

	return left > 0 ? (int)left : 0;
}

/* ---- connecting the socket */

static bool wait_connected(int fd, int64_t deadline, struct fault *why)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t size = sizeof(error);
	int ready = poll(&p, 1, left_ms(deadline));

	while (ready < 0 && errno == EINTR)
		ready = poll(&p, 1, left_ms(deadline));
	if (ready <= 0)
		return fault(why, FAULT_UNAVAILABLE, "no connection in time");
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error)
		return fault(why, FAULT_UNAVAILABLE, "%s", strerror(error));
	return true;
}

/* A half-open connection is detected in under a minute. */
static void keep_alive(int fd)
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

static bool connect_to(const struct directory_target *t, int64_t deadline,
                       int *ret_fd, struct fault *why)
{
	own(close_fd) int fd = socket(
	    t->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fault(why, FAULT_UNAVAILABLE, "no socket: %m");
	int begun = connect(fd, (const struct sockaddr *)&t->at, t->length);
	if (begun != 0 && errno != EINPROGRESS)
		return fault(why, FAULT_UNAVAILABLE, "%m");
	if (begun != 0 && !wait_connected(fd, deadline, why))
		return false;
	if (t->at.ss_family != AF_UNIX)
		keep_alive(fd);
	*ret_fd = fd;
	fd = -1;
	return true;
}

/* ---- TLS handshake under a watchdog */

struct watch {
	pthread_mutex_t lock; /* guards the fields below */
	pthread_cond_t changed;
	bool over, late;
	int fd;
	struct timespec deadline;
};

static void *shut_when_late(void *with)
{
	struct watch *w = with;
	int rc = 0;

	(void)pthread_mutex_lock(&w->lock);
	while (!w->over && rc != ETIMEDOUT)
		rc =
		    pthread_cond_timedwait(&w->changed, &w->lock, &w->deadline);
	if (!w->over) {
		w->late = true;
		(void)shutdown(w->fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void watch_begin(struct watch *w, int fd, int64_t deadline)
{
	pthread_condattr_t monotonic;

	*w = (struct watch){ .fd = fd,
		             .deadline = { deadline / 1000,
		                           deadline % 1000 * 1000000L } };
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

static void watch_end(struct watch *w, pthread_t thread)
{
	(void)pthread_mutex_lock(&w->lock);
	w->over = true;
	(void)pthread_cond_signal(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(thread, NULL);
	(void)pthread_cond_destroy(&w->changed);
	(void)pthread_mutex_destroy(&w->lock);
}

static bool set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) == 0;
}

static bool set_tls(LDAP *ld, const char *trust)
{
	int demand = LDAP_OPT_X_TLS_DEMAND;
	int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	int client = 0;

	/* Options on a handle take effect only with a new TLS context. */
	return ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, trust) == 0 &&
	       ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == 0 &&
	       ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least) == 0 &&
	       ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client) == 0;
}

/* The socket blocks during the handshake: libldap would spin on a non-blocking
 * one. */
static bool shake_hands(LDAP *ld, int fd, const char *trust, int64_t deadline,
                        struct fault *why)
{
	struct watch w;
	pthread_t thread;

	if (!set_tls(ld, trust ? trust : system_trust))
		return fault(why, FAULT_UNAVAILABLE, "%s cannot be trusted in",
		             trust ? trust : system_trust);
	if (!set_blocking(fd, true))
		return fault(why, FAULT_UNAVAILABLE, "%m");
	watch_begin(&w, fd, deadline);
	if (pthread_create(&thread, NULL, shut_when_late, &w) != 0)
		return fault(why, FAULT_UNAVAILABLE, "no thread");
	int rc = ldap_install_tls(ld);
	watch_end(&w, thread);
	if (w.late)
		return fault(why, FAULT_UNAVAILABLE,
		             "the TLS handshake was not over in time");
	if (rc != LDAP_SUCCESS) {
		own(release_ldap_text) char *text = NULL;

		(void)ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
		return fault(why, FAULT_UNAVAILABLE, "TLS: %s",
		             text ? text : ldap_err2string(rc));
	}
	if (!set_blocking(fd, false))
		return fault(why, FAULT_UNAVAILABLE, "%m");
	return true;
}

/* ---- opening a URI */

/* Creates the libldap handle, which then owns the socket. */
static bool make_handle(const char *uri, const LDAPURLDesc *u, int *fd,
                        LDAP **ret, struct fault *why)
{
	int version = LDAP_VERSION3;
	bool local = text_equal(u->lud_scheme, "ldapi");
	LDAP *ld = NULL;

	if (ldap_init_fd(*fd, local ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, uri,
	                 &ld) != LDAP_SUCCESS)
		return fault(why, FAULT_UNAVAILABLE, "no LDAP handle");
	*fd = -1;
	*ret = ld;
	(void)ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	(void)ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	return true;
}

static bool bind_ourselves(struct directory *d,
                           const struct directory_address *at,
                           struct fault *why)
{
	enum bind_result result = BIND_FAILED;

	if (!at->bind_as)
		return true;
	if (!directory_prove(d, at->bind_as, at->password ? at->password : "",
	                     at->password ? strlen(at->password) : 0, &result,
	                     why))
		return false;
	if (result != BIND_PROVED)
		return fault(why, FAULT_UNAVAILABLE,
		             "it does not let us in as %s", at->bind_as);
	return true;
}

static bool open_handle(const char *uri, const struct directory_address *at,
                        int64_t deadline, LDAP **ret, struct fault *why)
{
	own(release_url) LDAPURLDesc *u = NULL;
	own(close_fd) int fd = -1;
	struct directory_target target;

	if (ldap_url_parse(uri, &u) != LDAP_URL_SUCCESS)
		return fault(why, FAULT_INVALID, "not an LDAP address");
	if (!directory_target(u, deadline, &target, why) ||
	    !connect_to(&target, deadline, &fd, why))
		return false;
	int kept = fd;
	if (!make_handle(uri, u, &fd, ret, why))
		return false;
	if (!text_equal(u->lud_scheme, "ldaps"))
		return true;
	return shake_hands(*ret, kept, at->trust, deadline, why);
}

static bool open_one(const char *uri, const struct directory_address *at,
                     struct directory **ret_d, struct fault *why)
{
	int64_t deadline = clock_monotonic_ms() + at->deadline_ms;
	struct fault inner = { 0 };
	struct directory *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->deadline_ms = at->deadline_ms;
	if (open_handle(uri, at, deadline, &d->ld, &inner)) {
		d->deadline_ms = left_ms(deadline);
		if (bind_ourselves(d, at, &inner)) {
			d->deadline_ms = at->deadline_ms;
			d->certificate_until = certificate_until(d->ld);
			*ret_d = d;
			return true;
		}
	}
	directory_close(d);
	return fault(why, inner.kind, "%s: %s", uri, inner.text);
}

bool directory_open(const struct directory_address *at,
                    struct directory **ret_d, struct fault *why)
{
	(void)fault(why, FAULT_INVALID, "a directory without an address");
	for (char **uri = at->uris; *uri; uri++)
		if (open_one(*uri, at, ret_d, why))
			return true;
	return false;
}

/* Non-blocking, so that sending the unbind request cannot block on a silent
 * server. */
void directory_close(struct directory *d)
{
	int fd = -1;

	if (!d)
		return;
	if (d->ld) {
		(void)ldap_get_option(d->ld, LDAP_OPT_DESC, &fd);
		if (fd >= 0)
			(void)set_blocking(fd, false);
		(void)ldap_unbind_ext(d->ld, NULL, NULL);
	}
	free(d);
}

/* ---- simple bind */

/* Bind results by result code, unless a control is more specific. */
static const struct {
	int code;
	enum bind_result result;
} bind_codes[] = {
	{ LDAP_SUCCESS, BIND_PROVED },
	{ LDAP_INVALID_CREDENTIALS, BIND_FAILED },
	{ LDAP_NO_SUCH_OBJECT, BIND_FAILED },
	{ LDAP_INVALID_DN_SYNTAX, BIND_FAILED },
	{ LDAP_INAPPROPRIATE_AUTH, BIND_FAILED },
	{ LDAP_CONSTRAINT_VIOLATION, BIND_LOCKED }, /* 389-DS: too many attempts
	                                             */
	{ LDAP_UNWILLING_TO_PERFORM, BIND_LOCKED }, /* 389-DS: account
	                                               inactivated */
};

/* Active Directory gives the reason in the diagnosticMessage of error 49. */
static const struct {
	const char *text;
	enum bind_result result;
} bind_texts[] = {
	{ "data 533", BIND_DISABLED },    { "data 701", BIND_EXPIRED },
	{ "data 773", BIND_MUST_CHANGE }, { "data 532", BIND_MUST_CHANGE },
	{ "data 775", BIND_LOCKED },
};

static enum bind_result by_policy(struct directory *d, LDAPControl **controls,
                                  enum bind_result otherwise)
{
	LDAPControl *c =
	    controls ? ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE,
	                                 controls, NULL)
		     : NULL;
	LDAPPasswordPolicyError error = PP_noError;

	if (!c || ldap_parse_passwordpolicy_control(d->ld, c, NULL, NULL,
	                                            &error) != LDAP_SUCCESS)
		return otherwise;
	if (error == PP_accountLocked)
		return BIND_LOCKED;
	if (error == PP_passwordExpired || error == PP_changeAfterReset)
		return BIND_MUST_CHANGE;
	return otherwise;
}

static enum bind_result by_text(const char *text, enum bind_result otherwise)
{
	for (size_t i = 0; text && i < LENGTH(bind_texts); i++)
		if (strstr(text, bind_texts[i].text))
			return bind_texts[i].result;
	return otherwise;
}

static bool bind_meaning(struct directory *d, int code, const char *text,
                         LDAPControl **controls, enum bind_result *ret_result,
                         struct fault *why)
{
	for (size_t i = 0; i < LENGTH(bind_codes); i++) {
		if (bind_codes[i].code != code)
			continue;
		enum bind_result result = bind_codes[i].result;
		if (code == LDAP_INVALID_CREDENTIALS)
			result = by_text(text, result);
		*ret_result = by_policy(d, controls, result);
		return true;
	}
	return ldap_fault(why, "bind", code, text);
}

static bool bindable(const char *dn, const char *password, size_t length)
{
	/* RFC 4513 5.1.2: a name with an empty password is an unauthenticated
	 * bind and succeeds; a C string that starts with a NUL is one. */
	return length > 0 && length <= MOST_PASSWORD && dn[0] != '\0' &&
	       strnlen(password, length) == length;
}

bool directory_prove(struct directory *d, const char *dn, const char *password,
                     size_t length, enum bind_result *ret_result,
                     struct fault *why)
{
	LDAPControl policy = { .ldctl_oid =
		                   (char *)LDAP_CONTROL_PASSWORDPOLICYREQUEST };
	LDAPControl *controls[] = { &policy, NULL };
	struct berval secret = { length, (char *)password };
	own(release_controls) LDAPControl **answered = NULL;
	own(release_ldap_text) char *text = NULL;
	int id = 0;
	int code = LDAP_OTHER;

	if (!bindable(dn, password, length)) {
		*ret_result = BIND_FAILED;
		return true;
	}
	int rc = ldap_sasl_bind(d->ld, dn, LDAP_SASL_SIMPLE, &secret, controls,
	                        NULL, &id);
	if (rc != LDAP_SUCCESS)
		return ldap_fault(why, "bind", rc, NULL);
	if (!wait_result(d, id, "bind", &code, &text, &answered, why))
		return false;
	return bind_meaning(d, code, text, answered, ret_result, why);
}
