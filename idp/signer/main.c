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

static const struct ipc_handler signer_handlers[] = {
	{ IPC_SIGN_TOKEN, handle_sign_token },
	{ IPC_SIGN_SAML, handle_sign_saml },
	{ IPC_SIGN_QUERY, handle_sign_query },
	{ IPC_PUBLIC_KEYS, handle_public_keys },
	{ IPC_SUBJECT_IDENTIFIER, handle_subject_identifier },
	{ IPC_MAC_CREATE, handle_mac },
	{ IPC_MAC_VERIFY, handle_verify_mac },
	{ IPC_TRANSACTION_KEYS, handle_transaction_keys },
	{ IPC_KEY_LIST, handle_list_keys },
	{ IPC_KEY_ROTATE, handle_rotate_keys },
	{ IPC_KEY_INIT, handle_init_keys },
	{ IPC_SIGN_AUDIT_HEAD, handle_sign_audit_head },
	{ IPC_EXPORT_SALT, handle_export_salt },
	{ IPC_IMPORT_PUBLIC_KEY, handle_import_key },
	{ IPC_SIGN_MANIFEST, handle_sign_manifest },
	{ IPC_IMPORT_SALT, handle_import_salt },
	{ IPC_PURGE_MUNICIPALITY, handle_delete_keys },
};
static const struct ipc_handlers signer_handlers_all = {
	.untyped = signer_handlers, .untyped_count = LENGTH(signer_handlers)
};

static const struct ipc_handler id_crypto_handlers[] = {
	{ IPC_JOIN_VALUE, handle_join_value },
	{ IPC_ENCRYPT_NATIONAL_ID, handle_seal_national_id },
};
static const struct ipc_handlers id_crypto_handlers_all = {
	.untyped = id_crypto_handlers,
	.untyped_count = LENGTH(id_crypto_handlers)
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
		.needs = CONFINE_FILES,
		.state = "signer",
		.operand = "[--sync]",
		.prepare = signer_prepare,
		.init = signer_init,
		.role = "signer",
		.own_socket = true,
		.handlers = &signer_handlers_all,
		.connections = MAX_CONNECTIONS,
	};
	static const struct daemon_program id_crypto = {
		.program = "portvakt-id-crypto",
		.prepare = signer_prepare,
		.init = id_crypto_init,
		.role = "id-crypto",
		.own_socket = true,
		.handlers = &id_crypto_handlers_all,
		.connections = MAX_CONNECTIONS,
	};
	bool sync = signer_take_sync_option(&argc, argv);

	return daemon_main(sync ? &id_crypto : &signer, argc, argv);
}
