/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ended_sessions.c: reads what is new every half second.  portvakt-web knows
 * the ends that it carried out itself at once. */
#include "idp/revocation/ended_sessions.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idp/revocation/ended_ids.h"
#include "idp/revocation/revocation.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/redis/store_end.h"

enum {
	INTERVAL_MS = 500,
	BATCH = 4000,
	REPLY_MAX = 1000,
	/* Clocks may differ so much, and an end of this second may be late. */
	OVERLAP_S = 5,
	/* A session cannot live longer than max-lifetime after its end. */
	KEPT_LONGER_S = 3600,
	DROP_INTERVAL_S = 600,
};

static struct {
	struct ended_ids *ids;
	struct store *store;
	int64_t since; /* Unix time of the latest end that is known */
	int64_t dropped_at;
	bool has_failed; /* logged once */
} ended;

/* hex: 64 digits. */
static void ended_id_parse(const char *hex, unsigned char ret[ENDED_ID_SIZE])
{
	for (size_t i = 0; i < ENDED_ID_SIZE; i++) {
		const char digits[] = { hex[2 * i], hex[2 * i + 1], '\0' };

		ret[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
}

static bool ended_take_batch(const struct config *cfg, struct arena *a,
                             bool *ret_more, struct error *err)
{
	struct ended_id *ids;
	struct store_gone *gone;
	size_t count;

	if (!store_gone_read(ended.store, cfg, a, ended.since, BATCH, &gone,
	                     &count, err))
		return false;
	ids = arena_array(a, struct ended_id, count + 1);
	for (size_t i = 0; i < count; i++) {
		ids[i].at = gone[i].at;
		ended_id_parse(gone[i].sid_hex, ids[i].id);
	}
	if (!ended_ids_add(ended.ids, ids, count, err))
		return false;
	*ret_more = count == BATCH && gone[count - 1].at > ended.since;
	if (count > 0)
		ended.since = gone[count - 1].at - (*ret_more ? 0 : OVERLAP_S);
	return true;
}

static bool ended_round(const struct config *cfg, struct error *err)
{
	bool more = true, good = true;

	while (good && more) {
		struct arena *a = arena_open();

		good = ended_take_batch(cfg, a, &more, err);
		arena_close(a);
	}
	if (!good || clock_now() - ended.dropped_at < DROP_INTERVAL_S)
		return good;
	ended.dropped_at = clock_now();
	return ended_ids_drop(
	    ended.ids,
	    clock_now() - cfg->session_store.max_lifetime - KEPT_LONGER_S, err);
}

static void *ended_thread(void *data)
{
	(void)data;
	for (;;) {
		struct config *cfg = config_current();
		struct error err = { 0 };
		bool good = ended_round(cfg, &err);

		if (!good && !ended.has_failed)
			log_event(LOG_REVOCATION_ENDED_UNAVAILABLE, "error",
			          err.text, NULL);
		ended.has_failed = !good;
		store_alarm_check(ended.store, cfg);
		config_unref(cfg);
		(void)usleep(INTERVAL_MS * 1000);
	}
	return NULL;
}

bool ended_sessions_start(struct store *store, const struct config *cfg,
                          struct error *err)
{
	struct arena *a = arena_open();
	const char *folder =
	    arena_printf(a, "%s/revocation", cfg->state_directory);
	pthread_t thread;

	/* The supervisor made it, where there is one. */
	(void)mkdir(folder, 0700);
	ended.store = store;
	bool good = ended_ids_open(arena_printf(a, "%s/ended", folder),
	                           &ended.ids, err);

	arena_close(a);
	return good &&
	       (pthread_create(&thread, NULL, ended_thread, NULL) == 0 ||
	        error_set(err, ERROR_UNAVAILABLE, "cannot start a thread"));
}

bool handle_ended_sessions(const struct ipc_request *q,
                           const struct ended_sessions_request *request,
                           struct ended_sessions_reply *reply,
                           struct error *err)
{
	struct ended_id *ids =
	    arena_array(q->arena, struct ended_id, REPLY_MAX);
	const char **texts = arena_array(q->arena, const char *, REPLY_MAX);
	int64_t next;

	(void)err;
	reply->ids_count =
	    ended_ids_since(ended.ids, request->since, REPLY_MAX, ids, &next);
	for (size_t i = 0; i < reply->ids_count; i++)
		texts[i] = base64url_encode(q->arena, ids[i].id, ENDED_ID_SIZE);
	reply->ids = texts;
	reply->next = next;
	return true;
}
