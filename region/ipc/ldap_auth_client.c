/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ldap_auth_client.c: calls the ldap-auth processes.  Each directory has its
 * own slots, so that one that hangs does not delay the users of another. */
#include "region/ipc/ldap_auth_client.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/strbuf.h"

/* Users of a silent directory get their error page within 3 s. */
/* A class that logs in at once waits a moment, also at a slow directory; each
 * waits with a thread of portvakt-web. */
enum {
	LDAP_AUTH_CLIENT_SLOTS = 8,
	LDAP_AUTH_CLIENT_DEADLINE_MS = 2800,
	LDAP_AUTH_CLIENT_QUEUE = 64,
	LDAP_AUTH_CLIENT_STALL_MS = 1500,
	LDAP_AUTH_CLIENT_QUEUE_MS = 3500,
};

struct ldap_auth_endpoint {
	struct ldap_auth_endpoint *next;
	char *path;
	struct ipc_client *client;
};

struct ldap_auth_client {
	pthread_mutex_t lock; /* guards first; endpoints are never freed before
	                         this */
	struct arena *arena;
	struct ldap_auth_endpoint *first;
};

struct ldap_auth_client *ldap_auth_client_open(void)
{
	struct ldap_auth_client *client = calloc(1, sizeof(*client));

	if (!client)
		abort();
	client->arena = arena_open();
	(void)pthread_mutex_init(&client->lock, NULL);
	return client;
}

void ldap_auth_client_close(struct ldap_auth_client *client)
{
	if (!client)
		return;
	for (struct ldap_auth_endpoint *endpoint = client->first; endpoint;
	     endpoint = endpoint->next)
		ipc_client_close(endpoint->client);
	arena_close(client->arena);
	(void)pthread_mutex_destroy(&client->lock);
	free(client);
}

static struct ldap_auth_endpoint *find_ldap_auth_endpoint(
    struct ldap_auth_client *client, const char *path)
{
	struct ldap_auth_endpoint *endpoint = client->first;

	while (endpoint && !text_equal(endpoint->path, path))
		endpoint = endpoint->next;
	if (endpoint)
		return endpoint;
	endpoint = arena_new(client->arena, struct ldap_auth_endpoint);
	endpoint->path = arena_strdup(client->arena, path);
	endpoint->client =
	    ipc_client_open(endpoint->path, LDAP_AUTH_CLIENT_SLOTS,
	                    LDAP_AUTH_CLIENT_DEADLINE_MS);
	ipc_client_set_queue(endpoint->client, LDAP_AUTH_CLIENT_QUEUE,
	                     LDAP_AUTH_CLIENT_STALL_MS,
	                     LDAP_AUTH_CLIENT_QUEUE_MS);
	endpoint->next = client->first;
	client->first = endpoint;
	return endpoint;
}

struct ipc_client *ldap_auth_client_of(struct ldap_auth_client *client,
                                       struct arena *a,
                                       const struct config *cfg,
                                       const char *directory)
{
	const char *path = arena_printf(a, "%s/ldap-auth@%s.sock",
	                                cfg->runtime_directory, directory);

	(void)pthread_mutex_lock(&client->lock);
	struct ldap_auth_endpoint *endpoint =
	    find_ldap_auth_endpoint(client, path);

	(void)pthread_mutex_unlock(&client->lock);
	return endpoint->client;
}
