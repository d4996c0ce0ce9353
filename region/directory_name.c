/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_resolve.c: resolves an LDAP URI to a socket address.  getaddrinfo()
 * has no deadline, so getaddrinfo_a() runs it in another thread. */
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "region/directory_ldap.h"

static int left_ms(int64_t deadline)
{
	int64_t left = deadline - clock_monotonic_ms();

	return left > 0 ? (int)left : 0;
}

static bool is_loopback(const struct directory_target *t)
{
	const struct sockaddr_in *four = (const void *)&t->at;
	const struct sockaddr_in6 *six = (const void *)&t->at;

	if (t->at.ss_family == AF_INET)
		return (ntohl(four->sin_addr.s_addr) >> 24) == 127;
	return t->at.ss_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

/* A resolver request.  One that the resolver still uses when the caller's
 * deadline passes is kept here until it completes. */
struct lookup {
	struct lookup *next;
	struct gaicb request;
	struct addrinfo hints;
	char host[256];
	char port[8];
};

static struct {
	pthread_mutex_t lock;
	struct lookup *first;
} given_up = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void lookup_free(struct lookup *l)
{
	if (l->request.ar_result)
		freeaddrinfo(l->request.ar_result);
	free(l);
}

static void lookup_release(struct lookup **l)
{
	if (!*l)
		return;
	if (gai_cancel(&(*l)->request) != EAI_NOTCANCELED) {
		lookup_free(*l);
		return;
	}
	(void)pthread_mutex_lock(&given_up.lock);
	(*l)->next = given_up.first;
	given_up.first = *l;
	(void)pthread_mutex_unlock(&given_up.lock);
}

static void free_given_up(void)
{
	(void)pthread_mutex_lock(&given_up.lock);
	for (struct lookup **at = &given_up.first; *at;) {
		struct lookup *l = *at;

		if (gai_error(&l->request) == EAI_INPROGRESS) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		lookup_free(l);
	}
	(void)pthread_mutex_unlock(&given_up.lock);
}

/* RFC 6761 6.3: localhost and names below it are this host. */
static const char *name_to_ask(const char *host)
{
	if (text_equal(host, "localhost") || text_ends(host, ".localhost"))
		return "127.0.0.1";
	return host;
}

static void take_first(const struct addrinfo *found,
                       struct directory_target *ret)
{
	memcpy(&ret->at, found->ai_addr, found->ai_addrlen);
	ret->length = found->ai_addrlen;
}

/* A numeric address needs no resolver. */
static bool is_numeric(const char *host, int port, struct directory_target *ret)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                        .ai_flags =
		                            AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char digits[8];

	(void)snprintf(digits, sizeof(digits), "%d", port);
	if (getaddrinfo(host, digits, &hints, &found) != 0)
		return false;
	take_first(found, ret);
	freeaddrinfo(found);
	return true;
}

static bool resolve(const char *host, int port, int64_t deadline,
                    struct directory_target *ret, struct fault *why)
{
	free_given_up();
	if (is_numeric(name_to_ask(host), port, ret))
		return true;
	own(lookup_release) struct lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return fault(why, FAULT_UNAVAILABLE, "no memory");
	(void)snprintf(l->host, sizeof(l->host), "%s", host);
	(void)snprintf(l->port, sizeof(l->port), "%d", port);
	l->hints = (struct addrinfo){ .ai_socktype = SOCK_STREAM,
		                      .ai_flags = AI_NUMERICSERV };
	l->request = (struct gaicb){ .ar_name = l->host,
		                     .ar_service = l->port,
		                     .ar_request = &l->hints };
	struct gaicb *list[] = { &l->request };
	int ms = left_ms(deadline);
	struct timespec limit = { ms / 1000, ms % 1000 * 1000000L };
	if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
		return fault(why, FAULT_UNAVAILABLE, "%s: no resolver", host);
	while (gai_error(&l->request) == EAI_INPROGRESS)
		if (gai_suspend((const struct gaicb *const *)list, 1, &limit) ==
		    EAI_AGAIN)
			return fault(why, FAULT_UNAVAILABLE,
			             "%s: its name was not found in time",
			             host);
	if (gai_error(&l->request) != 0)
		return fault(why, FAULT_UNAVAILABLE, "%s: %s", host,
		             gai_strerror(gai_error(&l->request)));
	take_first(l->request.ar_result, ret);
	return true;
}

static bool local_target(const char *path, struct directory_target *ret,
                         struct fault *why)
{
	struct sockaddr_un *local = (void *)&ret->at;

	if (strlen(path) >= sizeof(local->sun_path))
		return fault(why, FAULT_INVALID, "%s: the path is too long",
		             path);
	local->sun_family = AF_UNIX;
	memcpy(local->sun_path, path, strlen(path) + 1);
	ret->length = sizeof(*local);
	return true;
}

bool directory_target(const LDAPURLDesc *u, int64_t deadline,
                      struct directory_target *ret, struct fault *why)
{
	const char *host = u->lud_host ? u->lud_host : "";

	*ret = (struct directory_target){ 0 };
	if (text_equal(u->lud_scheme, "ldapi"))
		return local_target(host, ret, why);
	if (!resolve(host, u->lud_port, deadline, ret, why))
		return false;
	if (text_equal(u->lud_scheme, "ldap") && !is_loopback(ret))
		return fault(why, FAULT_INVALID,
		             "%s: unencrypted only to this machine", host);
	return true;
}
