/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_fixture.h: a session store on a real redis-server, with a fake signer
 * that handles the two MAC requests. */
#ifndef TESTS_UNIT_REGION_REDIS_STORE_FIXTURE_H
#define TESTS_UNIT_REGION_REDIS_STORE_FIXTURE_H

#include "tests/unit/region/redis/redis_server.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base64.h"
#include "region/redis/session_store.h"

static struct ipc_client *signer;
static struct store *store;

/* ---- a fake signer */

static bool signer_is_down;
static int macs_requested, checks_requested;

static char *mac_of(struct arena *a, const json_t *item)
{
	unsigned char mac[HASH_SHA256_SIZE];
	const char *whole =
	    arena_printf(a, "%s/%s/%s", js_string(item, "kind"),
	                 js_string(item, "key"), js_string(item, "digest"));

	hash_hmac_sha256("k", 1, whole, strlen(whole), mac);
	return base64url_encode(a, mac, sizeof(mac));
}

static void answer_one(struct arena *a, int fd, uint8_t kind, uint64_t id,
                       const json_t *body)
{
	json_t *macs = js_own(a, json_array());
	const json_t *item;
	bool good = true;
	size_t i;

	json_array_foreach(js_array(body, "items"), i, item)
	{
		char *mac = mac_of(a, item);

		(void)json_array_append_new(macs, json_string(mac));
		good = good && (kind == IPC_MAC_CREATE ||
		                text_equal(mac, js_string(item, "mac")));
	}
	macs_requested += kind == IPC_MAC_CREATE;
	checks_requested += kind == IPC_MAC_VERIFY;
	own(release_json) json_t *answer =
	    !good                    ? json_pack("{s:s}", "fault", "refused")
	    : kind == IPC_MAC_CREATE ? json_pack("{s:O}", "macs", macs)
				     : json_object();

	(void)!ipc_frame_send(fd, good ? kind | IPC_REPLY : IPC_ERROR, id,
	                      answer, NULL);
}

static void *serve(void *fd_at)
{
	const int fd = *(int *)fd_at;

	free(fd_at);
	for (;;) {
		struct arena *a = arena_open();
		uint8_t kind;
		uint64_t id;
		json_t *body;
		bool good =
		    ipc_frame_receive(a, fd, -1, &kind, &id, &body, NULL) &&
		    !signer_is_down;

		if (good)
			answer_one(a, fd, kind, id, body);
		arena_close(a);
		if (!good)
			break;
	}
	(void)close(fd);
	return NULL;
}

static void *listen_for(void *listening_at)
{
	const int listening = *(int *)listening_at;
	pthread_t thread;

	for (;;) {
		int *fd = malloc(sizeof(*fd));

		*fd = accept(listening, NULL, NULL);
		if (*fd < 0 || pthread_create(&thread, NULL, serve, fd) != 0) {
			free(fd);
			return NULL;
		}
		(void)pthread_detach(thread);
	}
}

static void start_signer(void)
{
	static int listening;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *path = fixture_path(&f, "k");
	pthread_t thread;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	listening = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)),
	                 0);
	assert_int_equal(listen(listening, 16), 0);
	assert_int_equal(pthread_create(&thread, NULL, listen_for, &listening),
	                 0);
	(void)pthread_detach(thread);
	signer = ipc_client_open(path, 4, 500);
}

static inline int open_all(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	open_redis_fixture();
	start_signer();
	store = store_open(signer);
	return 0;
}

static inline int close_all(void **state)
{
	(void)state;
	store_close(store);
	ipc_client_close(signer);
	stop_redis(SIGTERM);
	arena_close(f.arena);
	return 0;
}

#endif
