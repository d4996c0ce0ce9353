/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_resolve.c: resolves an LDAP URI to socket addresses.  getaddrinfo()
 * has no deadline, so getaddrinfo_a() runs it in another thread. */
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ldap/directory_private.h"

static int resolve_remaining_ms(int64_t deadline)
{
	int64_t remaining = deadline - clock_monotonic_ms();

	return remaining > 0 ? (int)remaining : 0;
}

static bool target_is_loopback(const struct directory_target *t)
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
struct dns_lookup {
	struct dns_lookup *next;
	struct gaicb request;
	struct addrinfo hints;
	char host[256];
	char port[8];
};

static struct {
	pthread_mutex_t lock;
	struct dns_lookup *first;
} abandoned_lookups = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void dns_lookup_free(struct dns_lookup *l)
{
	if (l->request.ar_result)
		freeaddrinfo(l->request.ar_result);
	free(l);
}

static void dns_lookup_release(struct dns_lookup **l)
{
	if (!*l)
		return;
	if (gai_cancel(&(*l)->request) != EAI_NOTCANCELED) {
		dns_lookup_free(*l);
		return;
	}
	(void)pthread_mutex_lock(&abandoned_lookups.lock);
	(*l)->next = abandoned_lookups.first;
	abandoned_lookups.first = *l;
	(void)pthread_mutex_unlock(&abandoned_lookups.lock);
}

static void free_abandoned_lookups(void)
{
	(void)pthread_mutex_lock(&abandoned_lookups.lock);
	for (struct dns_lookup **at = &abandoned_lookups.first; *at;) {
		struct dns_lookup *l = *at;

		if (gai_error(&l->request) == EAI_INPROGRESS) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		dns_lookup_free(l);
	}
	(void)pthread_mutex_unlock(&abandoned_lookups.lock);
}

/* RFC 6761 6.3: localhost and names below it are this host. */
static const char *map_localhost(const char *host)
{
	if (text_equal(host, "localhost") || text_ends(host, ".localhost"))
		return "127.0.0.1";
	return host;
}

static void use_addresses(const struct addrinfo *found,
                          struct directory_targets *ret)
{
	for (; found && ret->count < DIRECTORY_MAX_TARGETS;
	     found = found->ai_next) {
		struct directory_target *t = &ret->at[ret->count++];

		memcpy(&t->at, found->ai_addr, found->ai_addrlen);
		t->length = found->ai_addrlen;
	}
}

/* A numeric address needs no resolver. */
static bool resolve_numeric(const char *host, int port,
                            struct directory_targets *ret)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                        .ai_flags =
		                            AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char digits[8];

	(void)snprintf(digits, sizeof(digits), "%d", port);
	if (getaddrinfo(host, digits, &hints, &found) != 0)
		return false;
	use_addresses(found, ret);
	freeaddrinfo(found);
	return true;
}

static bool resolve_host(const char *host, int port, int64_t deadline,
                         struct directory_targets *ret, struct error *err)
{
	free_abandoned_lookups();
	if (resolve_numeric(map_localhost(host), port, ret))
		return true;
	own(dns_lookup_release) struct dns_lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return error_set(err, ERROR_UNAVAILABLE, "out of memory");
	(void)snprintf(l->host, sizeof(l->host), "%s", host);
	(void)snprintf(l->port, sizeof(l->port), "%d", port);
	l->hints =
	    (struct addrinfo){ .ai_socktype = SOCK_STREAM,
		               .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG };
	l->request = (struct gaicb){ .ar_name = l->host,
		                     .ar_service = l->port,
		                     .ar_request = &l->hints };
	struct gaicb *list[] = { &l->request };
	int ms = resolve_remaining_ms(deadline);
	struct timespec limit = { ms / 1000, ms % 1000 * 1000000L };
	if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "%s: cannot start the name lookup", host);
	while (gai_error(&l->request) == EAI_INPROGRESS)
		if (gai_suspend((const struct gaicb *const *)list, 1, &limit) ==
		    EAI_AGAIN)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "%s: name lookup timed out", host);
	if (gai_error(&l->request) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "%s: %s", host,
		                 gai_strerror(gai_error(&l->request)));
	use_addresses(l->request.ar_result, ret);
	return true;
}

static bool resolve_unix_path(const char *path, struct directory_target *ret,
                              struct error *err)
{
	struct sockaddr_un *local = (void *)&ret->at;

	if (strlen(path) >= sizeof(local->sun_path))
		return error_set(err, ERROR_INVALID,
		                 "%s: socket path is too long", path);
	local->sun_family = AF_UNIX;
	memcpy(local->sun_path, path, strlen(path) + 1);
	ret->length = sizeof(*local);
	return true;
}

bool directory_resolve(const LDAPURLDesc *u, int64_t deadline,
                       struct directory_targets *ret, struct error *err)
{
	const char *host = u->lud_host ? u->lud_host : "";

	*ret = (struct directory_targets){ 0 };
	if (text_equal(u->lud_scheme, "ldapi")) {
		ret->count = 1;
		return resolve_unix_path(host, &ret->at[0], err);
	}
	if (!resolve_host(host, u->lud_port, deadline, ret, err))
		return false;
	for (size_t i = 0; i < ret->count; i++)
		if (text_equal(u->lud_scheme, "ldap") &&
		    !target_is_loopback(&ret->at[i]))
			return error_set(
			    err, ERROR_INVALID,
			    "%s: ldap:// is allowed only to a loopback "
			    "address; use ldaps://",
			    host);
	return true;
}
