/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-audit, which writes the audit log. A caller acts only after
 * its event is acknowledged; an event that cannot be written is an error. */
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
#include "region/asker.h"
#include "region/record.h"

enum { CONNECTIONS = 96, SIGN_EACH_MS = 5 * 60 * 1000, KEEPER_MS = 500 };

/* Set before the first thread. */
static struct ask *keeper;

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

/* ---- verify */

static bool public_key(const struct question *q, const char **ret_pem,
                       struct fault *why)
{
	json_t *question = js_keep(q->arena, json_object());
	json_t *answer;

	js_put(question, "issuer", q->region->issuers[0].name);
	if (!ask(keeper, q->arena, ASK_PUBLIC, q->region->hash, question,
	         &answer, why))
		return false;
	*ret_pem = js_string(answer, "record");
	return *ret_pem || fault(why, FAULT_UNAVAILABLE,
	                         "the keeper published no key of the record");
}

/* A line may be half written while it is read, so an error is checked again. */
static bool verify(const char *folder, const char *municipality,
                   const char *node, const char *pem, struct record_found *ret,
                   struct fault *why)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	struct stat st;

	if (stat(folder, &st) != 0 ||
	    record_verify(folder, municipality, node, pem, ret, why))
		return true;
	(void)nanosleep(&pause, NULL);
	*why = (struct fault){ 0 };
	return record_verify(folder, municipality, node, pem, ret, why);
}

static bool answer_verify(const struct question *q, json_t **ret_answer,
                          struct fault *why)
{
	const char *municipality = js_string(q->body, "municipality");
	struct record_found found = { 0 };
	const char *pem;

	if (!municipality || !is_municipality(q->region, municipality))
		return fault(why, FAULT_INVALID, "no such municipality");
	if (!public_key(q, &pem, why) ||
	    !verify(arena_print(q->arena, "%s/record/%s", q->region->state,
	                        municipality),
	            municipality, q->region->node, pem, &found, why))
		return false;
	*ret_answer =
	    js_keep(q->arena, json_pack("{s:I, s:I, s:I, s:I}", "files",
	                                (json_int_t)found.files, "lines",
	                                (json_int_t)found.lines, "heads",
	                                (json_int_t)found.heads, "unsigned",
	                                (json_int_t)found.unsigned_lines));
	return true;
}

/* ---- delete */

/* Only operators may send this request, and only for a municipality that has
 * left. */
static bool answer_forget(const struct question *q, json_t **ret_answer,
                          struct fault *why)
{
	const char *name = js_string(q->body, "municipality");
	const struct municipality *m =
	    name ? region_municipality(q->region, name) : NULL;
	size_t files;

	if (!asker_is_operator(q->asker))
		return fault(why, FAULT_REFUSED,
		             "only operators may ask for this");
	if (!m || !municipality_has_left(m, clock_now()))
		return fault(why, FAULT_REFUSED,
		             "no municipality of that name has left");
	if (!journal_forget(q->arena, m->name, &files, why))
		return false;
	log_info("the record of one that left is removed", "municipality",
	         m->name, NULL);
	*ret_answer =
	    js_keep(q->arena, json_pack("{s:I}", "files", (json_int_t)files));
	return true;
}

static const struct answer_row questions[] = {
	{ ASK_FORGET, answer_forget },
	{ ASK_RECORD, answer_record },
	{ ASK_FIND, answer_find },
	{ ASK_VERIFY, answer_verify },
};

/* ---- sign */

static bool sign_by_keeper(void *with, struct arena *a, const char *head,
                           json_t **ret_members)
{
	(void)with;
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

/* Syncs once a second; requests signatures every five minutes. */
static void *tend(void *with)
{
	(void)with;
	const struct timespec second = { .tv_sec = 1 };
	int64_t signed_at = clock_monotonic_ms();

	for (;;) {
		(void)nanosleep(&second, NULL);
		journal_sync();
		if (clock_monotonic_ms() - signed_at < SIGN_EACH_MS)
			continue;
		signed_at = clock_monotonic_ms();
		journal_sign(sign_by_keeper, NULL);
	}
	return NULL;
}

/* ---- start */

static int fail(const struct fault *why)
{
	log_error("scribe cannot start", "why", why->text, NULL);
	return EXIT_FAILURE;
}

static bool open_all(const struct region *r, int *ret_listening,
                     struct fault *why)
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
	keeper =
	    ask_open(arena_print(a, "%s/keeper.sock", r->run), 2, KEEPER_MS);
	*ret_listening = daemon_socket(DAEMON_FIRST);
	if (good && *ret_listening < 0)
		good = listen_open(&at, ret_listening, why);
	arena_close(a);
	return good;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };
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
	bool ready = open_all(r, &listening, &why);

	region_release(r);
	if (!ready)
		return fail(&why);
	if (pthread_create(&tender, NULL, tend, NULL) != 0)
		return EXIT_FAILURE;
	log_info("scribe ready", NULL);
	answer_serve(listening, "scribe", questions, LENGTH(questions),
	             CONNECTIONS);
	journal_sync();
	log_info("scribe ends", NULL);
	return EXIT_SUCCESS;
}
