/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-connector, one per source directory.  It reads national
 * numbers and sends none on in clear.  Exits with 64 on a usage error and 78
 * when the configuration cannot be used. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/answer.h"
#include "sync/reader/reader.h"

enum {
	MOST_QUESTIONS = 4,
	WRITER_MS = 30000, /* it may be verifying the catalogue */
	KEEPER_MS = 2000,
	USAGE = 64,
	CONFIGURATION = 78,
};

static struct reader reader;

/* `sync full`: a full sync, regardless of the schedule. */
static bool compare_now(const struct question *q, struct fault *why)
{
	(void)q, (void)why;
	atomic_store(&reader.compare_now, true);
	return true;
}

static bool visit(const struct question *q, struct fault *why)
{
	return doctor_visit(q, reader.name, why);
}

static const struct {
	const char *word;
	bool (*act)(const struct question *q, struct fault *why);
} acts[] = {
	{ "now", compare_now },
	{ "doctor", visit },
};

static bool act(const struct question *q, json_t **ret_answer,
                struct fault *why)
{
	const char *word =
	    json_string_value(json_array_get(js_array(q->body, "words"), 0));

	*ret_answer = js_keep(q->arena, json_object());
	for (size_t i = 0; i < LENGTH(acts); i++)
		if (text_equal(word, acts[i].word))
			return acts[i].act(q, why);
	return fault(why, FAULT_INVALID, "a reader knows now and doctor");
}

static const struct answer_row rows[] = { { ASK_DO, act } };

static void *keep_following(void *with)
{
	reader_follow(with);
	log_info("the directory is no longer configured", "directory",
	         reader.name, NULL);
	return NULL;
}

static bool start(struct fault *why)
{
	struct region *r = snapshot_current();
	struct arena *a = arena_open();
	pthread_t thread;

	reader.writer =
	    ask_open(arena_print(a, "%s/writer.sock", r->run), 1, WRITER_MS);
	reader.keeper = ask_open(arena_print(a, "%s/sync-keeper.sock", r->run),
	                         1, KEEPER_MS);
	arena_close(a);
	region_release(r);
	if (pthread_create(&thread, NULL, keep_following, &reader) != 0)
		return fault(why, FAULT_UNAVAILABLE, "no thread");
	return true;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };

	daemon_begin("portvakt-reader");
	if (argc != 4 || !text_equal(argv[1], "-c")) {
		fprintf(stderr, "usage: portvakt-reader -c region.conf NAME\n");
		return USAGE;
	}
	reader.name = argv[3];
	daemon_signals();
	daemon_die_with_parent();
	if (!snapshot_open(argv[2], &why) || !start(&why)) {
		log_error("cannot start", "why", why.text, NULL);
		return CONFIGURATION;
	}
	answer_serve(daemon_socket(DAEMON_FIRST), "reader", rows, LENGTH(rows),
	             MOST_QUESTIONS);
	/* A run that was not committed is discarded. */
	_exit(0);
}
