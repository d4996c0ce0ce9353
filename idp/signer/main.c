/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-signer, the only process with private keys. It serves typed
 * requests on its socket and never signs a digest from a request. With --sync
 * it serves two requests of synchronisation instead. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "idp/signer/signer.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/daemon_main.h"

enum { MAX_CONNECTIONS = 96 };

/* Values of a request are wiped before their memory is freed. */
static void free_wiped(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/* Only without a limit: under one, allocations of locked memory return
 * errors. */
static void signer_lock_memory(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 ||
	    limit.rlim_cur != RLIM_INFINITY)
		return;
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		log_event(LOG_PROCESS_MEMORY_UNLOCKED, NULL);
}

static void signer_prepare(void)
{
	signer_lock_memory();
	json_set_alloc_funcs(malloc, free_wiped);
}

static bool signer_init(struct daemon *d, const struct config *cfg,
                        struct error *err)
{
	const char *dir =
	    arena_printf(d->arena, "%s/signer", cfg->state_directory);

	return keys_open(dir, err) && signing_log_open(dir, err) &&
	       keys_load_all(cfg, err);
}

static bool id_crypto_init(struct daemon *d, const struct config *cfg,
                           struct error *err)
{
	(void)d;
	return national_id_keys_open(cfg->credentials_directory, err);
}

/* Removes --sync from the arguments; returns whether it was there. */
static bool signer_take_sync_option(int *argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < *argc; i++)
		if (i == 0 || !text_equal(argv[i], "--sync"))
			argv[kept++] = argv[i];
	bool found = kept < *argc;

	*argc = kept;
	return found;
}

int main(int argc, char **argv)
{
	static const struct daemon_program signer = {
		.program = "portvakt-signer",
		.memory_mib = 512,
		.needs = CONFINE_FILES,
		.state = "signer",
		.operand = "[--sync]",
		.prepare = signer_prepare,
		.init = signer_init,
		.role = "signer",
		.own_socket = true,
		.handlers = &signer_handlers,
		.connections = MAX_CONNECTIONS,
	};
	static const struct daemon_program id_crypto = {
		.program = "portvakt-id-crypto",
		.memory_mib = 512,
		.prepare = signer_prepare,
		.init = id_crypto_init,
		.role = "id-crypto",
		.own_socket = true,
		.handlers = &id_crypto_handlers,
		.connections = MAX_CONNECTIONS,
	};
	bool sync = signer_take_sync_option(&argc, argv);

	return daemon_main(sync ? &id_crypto : &signer, argc, argv);
}
