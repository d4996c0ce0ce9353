/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys.c: lists, rotates and prints issuer keys through portvakt-signer, the
 * only process that holds private keys. */
#include "idp/admin/admin.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

/* Services fetch the JWK Set at least daily: the next key is published for two
 * days before it signs. */
enum { PUBLISH_AHEAD_S = 48 * 3600 };

/* Generating RSA primes takes seconds, so the request has its own timeout. */
enum { KEY_GENERATION_TIMEOUT_MS = 5000 };

DEFINE_CLEANUP(release_text, char *, free)

static bool admin_keys_call_signer(const struct admin_command *cmd,
                                   enum ipc_message_type kind, json_t *request,
                                   json_t **ret, struct error *err)
{
	struct ipc_client *signer =
	    ipc_client_open(arena_printf(cmd->arena, "%s/signer.sock",
	                                 cmd->cfg->runtime_directory),
	                    1, KEY_GENERATION_TIMEOUT_MS);
	bool good = ipc_call(signer, cmd->arena, kind, cmd->cfg->hash, request,
	                     ret, err);

	ipc_client_close(signer);
	return good;
}

static bool admin_keys_list(const struct admin_command *cmd, struct error *err)
{
	json_t *reply = NULL;
	size_t i;
	json_t *k;

	if (!ipc_call(admin_backends.signer, cmd->arena, IPC_KEY_LIST,
	              cmd->cfg->hash, js_own(cmd->arena, json_object()), &reply,
	              err))
		return false;
	json_array_foreach(js_array(reply, "keys"), i, k) ipc_reply_line(
	    cmd->request, "%-14s %-5s %-6s %-10s from %s  %s",
	    js_string(k, "issuer") ?: "?", js_string(k, "use") ?: "?",
	    js_string(k, "alg") ?: "?", js_string(k, "state") ?: "?",
	    clock_format_iso(cmd->arena, js_number(k, "from", 0)),
	    js_string(k, "kid") ?: "?");
	return true;
}

static bool admin_keys_rotate(const struct admin_command *cmd,
                              struct error *err)
{
	json_t *request = js_own(cmd->arena, json_object());
	json_t *reply = NULL;
	const char *from = cmd_option(cmd, "from");
	int64_t when = clock_now() + PUBLISH_AHEAD_S;

	if (cmd->argc < 4 || !config_issuer(cmd->cfg, cmd->argv[2]))
		return error_set(
		    err, ERROR_INVALID,
		    "usage: keys rotate ISSUER oidc|saml [--from DATE]");
	if (from && !clock_parse_date(from, false, &when))
		return error_set(
		    err, ERROR_INVALID,
		    "--from must be a date such as 2026-12-31, not %s", from);
	js_set_string(request, "issuer", cmd->argv[2]);
	js_set_string(request, "use", cmd->argv[3]);
	json_object_set_new(request, "from", json_integer(when));
	if (!cmd_audit(cmd, NULL, NULL, err) ||
	    !admin_keys_call_signer(cmd, IPC_KEY_ROTATE, request, &reply, err))
		return false;
	ipc_reply_line(cmd->request,
	               "the next key is published now and signs from %s",
	               clock_format_iso(cmd->arena, when));
	return true;
}

/* Prints what the issuer's previous installation needs: our public keys, which
 * it publishes before the move, and the transfer key, to which it encrypts the
 * salt. */
static bool admin_keys_public(const struct admin_command *cmd,
                              struct error *err)
{
	json_t *request = js_own(cmd->arena, json_object());
	json_t *reply = NULL, *transfer;

	if (cmd->argc < 3 || !config_issuer(cmd->cfg, cmd->argv[2]))
		return error_set(err, ERROR_INVALID,
		                 "usage: keys public ISSUER");
	js_set_string(request, "issuer", cmd->argv[2]);
	if (!ipc_call(admin_backends.signer, cmd->arena, IPC_PUBLIC_KEYS,
	              cmd->cfg->hash, request, &reply, err))
		return false;
	const char *transfer_jwk = js_string(reply, "transfer") ?: "";

	if (!js_parse(cmd->arena, transfer_jwk, strlen(transfer_jwk), &transfer,
	              err))
		return false;
	const json_t *out =
	    js_own(cmd->arena,
	           json_pack("{s:O?, s:O?, s:O}", "keys",
	                     js_array(js_object(reply, "jwks"), "keys"),
	                     "certificates", js_array(reply, "certificates"),
	                     "transfer", transfer));
	own(release_text) char *text = json_dumps(out, JSON_INDENT(1));
	size_t count = 0;
	char **lines = text_split(cmd->arena, text ?: "", "\n", &count);

	for (size_t i = 0; i < count; i++)
		ipc_reply_line(cmd->request, "%s", lines[i]);
	return true;
}

bool admin_keys(const struct admin_command *cmd, struct error *err)
{
	if (cmd->argc >= 2 && text_equal(cmd->argv[1], "list"))
		return admin_keys_list(cmd, err);
	if (cmd->argc >= 2 && text_equal(cmd->argv[1], "rotate"))
		return admin_keys_rotate(cmd, err);
	if (cmd->argc >= 2 && text_equal(cmd->argv[1], "public"))
		return admin_keys_public(cmd, err);
	return error_set(
	    err, ERROR_INVALID,
	    "usage: keys list | rotate ISSUER oidc|saml [--from DATE] | "
	    "public ISSUER");
}
