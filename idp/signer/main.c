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

#include "idp/signer/signer.h"
#include "lib/log.h"
#include "lib/process/daemon.h"
#include "lib/process/listen.h"
#include "lib/strbuf.h"

enum { MAX_CONNECTIONS = 96 };

static const struct ipc_handler signer_handlers[] = {
	{ IPC_SIGN_TOKEN, handle_sign_token },
	{ IPC_SIGN_SAML, handle_sign_saml },
	{ IPC_SIGN_QUERY, handle_sign_query },
	{ IPC_PUBLIC_KEYS, handle_public_keys },
	{ IPC_SUBJECT_IDENTIFIER, handle_subject_identifier },
	{ IPC_MAC_CREATE, handle_mac },
	{ IPC_MAC_VERIFY, handle_verify_mac },
	{ IPC_KEY_LIST, handle_list_keys },
	{ IPC_KEY_ROTATE, handle_rotate_keys },
	{ IPC_SIGN_AUDIT_HEAD, handle_sign_audit_head },
	{ IPC_EXPORT_SALT, handle_export_salt },
	{ IPC_IMPORT_PUBLIC_KEY, handle_import_key },
	{ IPC_SIGN_MANIFEST, handle_sign_manifest },
	{ IPC_IMPORT_SALT, handle_import_salt },
	{ IPC_PURGE_MUNICIPALITY, handle_delete_keys },
};

static const struct ipc_handler id_crypto_handlers[] = {
	{ IPC_JOIN_VALUE, handle_join_value },
	{ IPC_ENCRYPT_NATIONAL_ID, handle_seal_national_id },
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
static void signer_lock_memory(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 ||
	    limit.rlim_cur != RLIM_INFINITY)
		return;
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		log_warn("memory is not locked", NULL);
}

static int signer_start_failed(const struct error *err)
{
	log_error("keeper cannot start", "why", err->text, NULL);
	return EXIT_FAILURE;
}

static bool signer_open_keys(const struct config *cfg, bool sync,
                             struct error *err)
{
	struct arena *a = arena_open();
	const char *folder = arena_printf(a, "%s/signer", cfg->state_directory);
	bool good;

	/* The supervisor creates it, but not for a process that is started
	 * alone. */
	(void)mkdir(cfg->state_directory, 0711);
	good = sync ? national_id_keys_open(cfg->credentials_directory, err)
	            : keys_open(folder, err) && signing_log_open(folder, err) &&
	                  keys_ensure_all(cfg, err);
	arena_close(a);
	return good;
}

/* Returns the supervisor's socket, or opens one if started alone. */
static bool signer_open_socket(const struct config *cfg, bool sync, int *ret_fd,
                               struct error *err)
{
	struct arena *a = arena_open();
	const struct listen_socket at = {
		.path = arena_printf(a, "%s/%s.sock", cfg->runtime_directory,
		                     sync ? "id-crypto" : "signer"),
		.mode = 0666,
	};
	bool good = true;

	*ret_fd = daemon_socket(DAEMON_FIRST);
	if (*ret_fd < 0)
		good = listen_open(&at, ret_fd, err);
	arena_close(a);
	return good;
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
	struct error err = { 0 };
	bool sync = signer_take_sync_option(&argc, argv);
	int usage =
	    daemon_check_arguments(argc, argv, "portvakt-signer", "[--sync]");
	int listening;

	if (usage >= 0)
		return usage;
	daemon_init(sync ? "portvakt-id-crypto" : "portvakt-signer");
	daemon_die_with_parent();
	daemon_block_signals();
	signer_lock_memory();
	json_set_alloc_funcs(malloc, free_wiped);
	if (!config_open(argv[2], &err))
		return signer_start_failed(&err);
	struct config *cfg = config_current();
	bool ready = signer_open_keys(cfg, sync, &err) &&
	             signer_open_socket(cfg, sync, &listening, &err);

	config_unref(cfg);
	if (!ready)
		return signer_start_failed(&err);
	log_info("keeper ready", "for", sync ? "sync" : "login", NULL);
	if (sync)
		ipc_serve(listening, "id-crypto", id_crypto_handlers,
		          LENGTH(id_crypto_handlers), MAX_CONNECTIONS);
	else
		ipc_serve(listening, "signer", signer_handlers,
		          LENGTH(signer_handlers), MAX_CONNECTIONS);
	log_info("keeper ends", NULL);
	return EXIT_SUCCESS;
}
