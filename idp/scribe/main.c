/* SPDX-License-Identifier: AGPL-3.0-or-later
 * portvakt-scribe: writes the record.  What it has not acknowledged has not
 * happened; what it cannot write is refused. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "idp/scribe/journal.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/listen.h"
#include "lib/log.h"
#include "lib/text.h"
#include "region/answer.h"
#include "region/ask.h"

enum { CONNECTIONS = 96, SIGN_EACH_MS = 5 * 60 * 1000, KEEPER_MS = 500 };

static bool is_municipality(const struct region *r, const char *name)
{
	return text_equal(name, "region") || region_municipality(r, name);
}

static bool answer_record(const struct question *q, json_t **ret_answer,
                          struct fault *why)
{
	const char *municipality = js_string(q->body, "municipality");
	const json_t *receipt = js_object(q->body, "receipt");
	char *code;

	if (!municipality || !is_municipality(q->region, municipality))
		return fault(why, FAULT_INVALID, "no such municipality");
	if (!js_string(receipt, "what"))
		return fault(why, FAULT_INVALID, "a receipt says what");
	if (!journal_write(q->arena, municipality, receipt, &code, why))
		return false;
	*ret_answer = js_keep(q->arena, json_pack("{s:s}", "code", code));
	return true;
}

static bool answer_find(const struct question *q, json_t **ret_answer,
                        struct fault *why)
{
	const char *code = js_string(q->body, "code");
	json_t *receipt;

	if (!code)
		return fault(why, FAULT_INVALID, "code is missing");
	if (!journal_find(q->arena,
	                  arena_print(q->arena, "%s/record", q->region->state),
	                  code, &receipt, why))
		return false;
	if (!receipt)
		return fault(why, FAULT_INVALID, "no receipt has that code");
	*ret_answer = js_keep(q->arena, json_pack("{s:O}", "receipt", receipt));
	return true;
}

static const struct answer_row questions[] = {
	{ ASK_RECORD, answer_record },
	{ ASK_FIND, answer_find },
};

/* ---- signing */

static bool sign_by_keeper(void *keeper, struct arena *a, const char *head,
                           json_t **ret_members)
{
	json_t *question = js_keep(a, json_pack("{s:s}", "head", head));
	struct region *r = snapshot_current();
	struct fault why = { 0 };
	bool good =
	    ask(keeper, a, ASK_SIGN_HEAD, r->hash, question, ret_members, &why);

	region_release(r);
	if (!good)
		log_warn("the record's head is not signed", "why", why.text,
		         NULL);
	return good;
}

/* Once a second to the disk, every five minutes to the keeper. */
static void *tend(void *keeper)
{
	const struct timespec second = { .tv_sec = 1 };
	int64_t signed_at = clock_monotonic_ms();

	for (;;) {
		(void)nanosleep(&second, NULL);
		journal_sync();
		if (clock_monotonic_ms() - signed_at < SIGN_EACH_MS)
			continue;
		signed_at = clock_monotonic_ms();
		journal_sign(sign_by_keeper, keeper);
	}
	return NULL;
}

/* ---- starting */

static int fail(const struct fault *why)
{
	log_error("scribe cannot start", "why", why->text, NULL);
	return EXIT_FAILURE;
}

static bool open_all(const struct region *r, int *ret_listening,
                     struct ask **ret_keeper, struct fault *why)
{
	struct arena *a = arena_open();
	const struct listen_at at = {
		.path = arena_print(a, "%s/scribe.sock", r->run),
		.mode = 0666,
	};
	bool good;

	(void)mkdir(r->state, 0711);
	good =
	    journal_open(arena_print(a, "%s/record", r->state), r->node, why);
	*ret_keeper =
	    ask_open(arena_print(a, "%s/keeper.sock", r->run), 1, KEEPER_MS);
	*ret_listening = daemon_socket(DAEMON_FIRST);
	if (good && *ret_listening < 0)
		good = listen_open(&at, ret_listening, why);
	arena_close(a);
	return good;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };
	struct ask *keeper;
	pthread_t tender;
	int listening;

	if (argc != 3 || !text_equal(argv[1], "-c")) {
		(void)fputs("usage: portvakt-scribe -c region.conf\n", stderr);
		return EXIT_FAILURE;
	}
	daemon_begin("portvakt-scribe");
	daemon_die_with_parent();
	daemon_signals();
	if (!snapshot_open(argv[2], &why))
		return fail(&why);
	struct region *r = snapshot_current();
	bool ready = open_all(r, &listening, &keeper, &why);

	region_release(r);
	if (!ready)
		return fail(&why);
	if (pthread_create(&tender, NULL, tend, keeper) != 0)
		return EXIT_FAILURE;
	log_info("scribe ready", NULL);
	answer_serve(listening, "scribe", questions, LENGTH(questions),
	             CONNECTIONS);
	journal_sync();
	log_info("scribe ends", NULL);
	return EXIT_SUCCESS;
}
