/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-signer, the only process with private keys. It serves typed
 * requests on its socket and never signs a digest from a request. With --sync
 * it serves two requests of synchronisation instead. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "idp/keeper/keeper.h"
#include "lib/daemon.h"
#include "lib/listen.h"
#include "lib/log.h"
#include "lib/text.h"

enum { CONNECTIONS = 96 };

static const struct answer_row questions[] = {
	{ ASK_SIGN_TOKEN, answer_sign_token },
	{ ASK_SIGN_SAML, answer_sign_saml },
	{ ASK_SIGN_QUERY, answer_sign_query },
	{ ASK_PUBLIC, answer_public },
	{ ASK_SUBJECT, answer_subject },
	{ ASK_MAC, answer_mac },
	{ ASK_CHECK, answer_check },
	{ ASK_KEYS, answer_keys },
	{ ASK_KEY_ROLL, answer_key_roll },
	{ ASK_SIGN_HEAD, answer_sign_head },
	{ ASK_EXPORT, answer_export },
	{ ASK_ADOPT, answer_adopt },
	{ ASK_SAY, answer_say },
	{ ASK_TAKE_IN, answer_take_in },
	{ ASK_FORGET, answer_forget },
};

static const struct answer_row sync_questions[] = {
	{ ASK_JOIN, answer_join },
	{ ASK_SEAL, answer_seal },
};

/* Values of a request are wiped before their memory is freed. */
static void free_wiped(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/* Only without a limit: under one, allocations of locked memory return
 * errors. */
static void lock_memory(void)
{
	struct rlimit most = { RLIM_INFINITY, RLIM_INFINITY };

	(void)setrlimit(RLIMIT_MEMLOCK, &most);
	if (getrlimit(RLIMIT_MEMLOCK, &most) != 0 ||
	    most.rlim_cur != RLIM_INFINITY)
		return;
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		log_warn("memory is not locked", NULL);
}

static int fail(const struct fault *why)
{
	log_error("keeper cannot start", "why", why->text, NULL);
	return EXIT_FAILURE;
}

static bool open_keys(const struct region *r, bool sync, struct fault *why)
{
	struct arena *a = arena_open();
	const char *folder = arena_print(a, "%s/keeper", r->state);
	bool good;

	/* The supervisor creates it, but not for a process that is started
	 * alone. */
	(void)mkdir(r->state, 0711);
	good = sync ? sync_keys_open(r->credentials, why)
	            : keys_open(folder, why) && issued_open(folder, why) &&
	                  issuers_ready(r, why);
	arena_close(a);
	return good;
}

/* Returns the supervisor's socket, or opens one if started alone. */
static bool open_socket(const struct region *r, bool sync, int *ret_fd,
                        struct fault *why)
{
	struct arena *a = arena_open();
	const struct listen_at at = {
		.path = arena_print(a, "%s/%s.sock", r->run,
		                    sync ? "sync-keeper" : "keeper"),
		.mode = 0666,
	};
	bool good = true;

	*ret_fd = daemon_socket(DAEMON_FIRST);
	if (*ret_fd < 0)
		good = listen_open(&at, ret_fd, why);
	arena_close(a);
	return good;
}

static const char *read_options(int argc, char **argv, bool *ret_sync)
{
	const char *file = NULL;

	for (int i = 1; i < argc; i++) {
		if (text_equal(argv[i], "--sync"))
			*ret_sync = true;
		else if (text_equal(argv[i], "-c") && i + 1 < argc)
			file = argv[++i];
		else
			return NULL;
	}
	return file;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };
	bool sync = false;
	const char *file = read_options(argc, argv, &sync);
	int listening;

	if (!file) {
		(void)fputs("usage: portvakt-keeper [--sync] -c region.conf\n",
		            stderr);
		return EXIT_FAILURE;
	}
	daemon_begin(sync ? "portvakt-sync-keeper" : "portvakt-keeper");
	daemon_die_with_parent();
	daemon_signals();
	lock_memory();
	json_set_alloc_funcs(malloc, free_wiped);
	if (!snapshot_open(file, &why))
		return fail(&why);
	struct region *r = snapshot_current();
	bool ready =
	    open_keys(r, sync, &why) && open_socket(r, sync, &listening, &why);

	region_release(r);
	if (!ready)
		return fail(&why);
	log_info("keeper ready", "for", sync ? "sync" : "login", NULL);
	if (sync)
		answer_serve(listening, "sync-keeper", sync_questions,
		             LENGTH(sync_questions), CONNECTIONS);
	else
		answer_serve(listening, "keeper", questions, LENGTH(questions),
		             CONNECTIONS);
	log_info("keeper ends", NULL);
	return EXIT_SUCCESS;
}
