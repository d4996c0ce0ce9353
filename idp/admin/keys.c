/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys.c: makes, lists, rotates and prints issuer keys through portvakt-signer,
 * the only process that holds private keys. */
#include "idp/admin/admin.h"
#include "idp/admin/command/ldap_entry_builder.h"
#include "idp/admin/command/override_create.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/strbuf.h"

/* Services fetch the JWK Set at least daily: the next key is published for two
 * days before it signs. */
enum { PUBLISH_AHEAD_S = 48 * 3600 };

/* Generating RSA primes takes seconds, so the request has its own timeout. */
enum { KEY_GENERATION_TIMEOUT_MS = 30 * 1000, MAX_KEYS_DECISIONS = 16 };

DEFINE_CLEANUP(release_text, char *, free)

/* The caller closes it. */
static struct ipc_client *admin_keys_open_signer(
    const struct admin_command *cmd)
{
	return ipc_client_open(arena_printf(cmd->arena, "%s/signer.sock",
	                                    cmd->cfg->runtime_directory),
	                       1, KEY_GENERATION_TIMEOUT_MS);
}

static bool admin_keys_list(const struct admin_command *cmd, struct error *err)
{
	const struct key_list_request request = { 0 };
	struct key_list_reply reply;

	if (!key_list_call(admin_backends.signer, cmd->arena, cmd->cfg->hash,
	                   &request, &reply, err))
		return false;
	for (size_t i = 0; i < reply.keys_count; i++) {
		const struct key_list_row *k = &reply.keys[i];

		ipc_reply_line(cmd->request,
		               "%-14s %-5s %-6s %-10s from %s  %s", k->issuer,
		               key_purpose_name(k->use), k->alg,
		               key_list_state_name(k->state),
		               clock_format_iso(cmd->arena, k->from), k->kid);
	}
	for (size_t i = 0; i < reply.missing_count; i++)
		ipc_reply_line(cmd->request, "%-14s has no keys",
		               reply.missing[i]);
	return true;
}

/* ---- the first keys.  The catalogue has a decision of kind "keys" for each
 * issuer that has had some: with the signer's directory lost, that is how a
 * used region differs from a new one (docs/decisions/0024). */

static const char keys_decision[] = "keys";

/* On error ERROR_REFUSED: the issuer has had keys. */
static bool keys_init_require_new(const struct admin_command *cmd,
                                  struct directory *d, const struct issuer *i,
                                  struct error *err)
{
	static const char *const names[] = { "portvaktId", NULL };
	struct arena *a = cmd->arena;
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!directory_search(
		d, a,
		arena_printf(a, "ou=decisions,%s", cmd->cfg->catalogue.base),
		SCOPE_ONE_LEVEL,
		arena_printf(a, "(&(portvaktDecides=%s)(portvaktSubject=%s))",
	                     keys_decision,
	                     escape_string(a, escape_filter, i->name)),
		names, MAX_KEYS_DECISIONS, &found, &count, err))
		return false;
	return count == 0 ||
	       error_set(err, ERROR_REFUSED,
	                 "%s has had keys, by the catalogue: restore them from "
	                 "a backup. With --begin-anew every service sees every "
	                 "person as a new one",
	                 i->name);
}

static bool keys_init_note(const struct admin_command *cmd, struct directory *d,
                           const struct issuer *i, struct error *err)
{
	const struct operator_override note = {
		.kind = keys_decision,
		.target = i->name,
		.municipality = i->owner ? i->owner->name : NULL,
		.by = cmd_option(cmd, "by") ?: "portvaktctl",
		.reason = cmd_option(cmd, "reason") ?: "keys init",
	};

	return override_write(cmd, d, &note, err);
}

static bool keys_init_issuer(const struct admin_command *cmd,
                             struct directory *d, const struct issuer *i,
                             bool anew, struct error *err)
{
	const struct key_init_request request = { .issuer = i->name,
		                                  .anew = anew };

	if (!anew && !keys_init_require_new(cmd, d, i, err))
		return false;
	struct ipc_client *signer = admin_keys_open_signer(cmd);
	bool good = key_init_call(signer, cmd->arena, cmd->cfg->hash, &request,
	                          NULL, err);

	ipc_client_close(signer);
	if (!good || !keys_init_note(cmd, d, i, err))
		return false;
	ipc_reply_line(cmd->request, "%s has its first keys", i->name);
	return true;
}

/* Reads the operand and --begin-anew, which repeats it. */
static bool keys_init_parse(const struct admin_command *cmd,
                            const struct issuer **ret_one, bool *ret_anew,
                            struct error *err)
{
	const char *anew = cmd_option(cmd, "begin-anew");
	size_t count = 0;
	char **operands = cmd_operands(cmd, 2, &count);
	const struct issuer *one =
	    count == 1 ? config_issuer(cmd->cfg, operands[0]) : NULL;

	if (count > 1 || (anew && (!one || !text_equal(anew, one->name))))
		return error_set(err, ERROR_INVALID,
		                 "usage: keys init [ISSUER] | init ISSUER "
		                 "--begin-anew ISSUER --by NAME --reason TEXT");
	if (count == 1 && !one)
		return error_set(err, ERROR_INVALID, "there is no issuer %s",
		                 operands[0]);
	*ret_one = one;
	*ret_anew = anew != NULL;
	return !anew || cmd_require_by_and_reason(cmd, err);
}

/* With no issuer: all, of a region that starts for the first time. */
static bool admin_keys_init(const struct admin_command *cmd, struct error *err)
{
	struct directory *d = NULL;
	const struct issuer *one = NULL;
	bool anew = false;

	if (!keys_init_parse(cmd, &one, &anew, err) ||
	    !cmd_open_catalogue(cmd, &d, err) ||
	    !cmd_audit(cmd, NULL, NULL, err))
		return false;
	if (one)
		return keys_init_issuer(cmd, d, one, anew, err);
	for (size_t i = 0; i < cmd->cfg->issuer_count; i++)
		if (!keys_init_issuer(cmd, d, &cmd->cfg->issuers[i], false,
		                      err))
			return false;
	return true;
}

static bool admin_keys_rotate(const struct admin_command *cmd,
                              struct error *err)
{
	const char *from = cmd_option(cmd, "from");
	enum key_purpose use =
	    key_purpose_from_name(cmd->argc < 4 ? NULL : cmd->argv[3]);
	int64_t when = clock_now() + PUBLISH_AHEAD_S;

	if (!use || !config_issuer(cmd->cfg, cmd->argv[2]))
		return error_set(
		    err, ERROR_INVALID,
		    "usage: keys rotate ISSUER oidc|saml [--from DATE]");
	if (from && !clock_parse_date(from, false, &when))
		return error_set(
		    err, ERROR_INVALID,
		    "--from must be a date such as 2026-12-31, not %s", from);
	if (!cmd_audit(cmd, NULL, NULL, err))
		return false;
	const struct key_rotate_request request = { .issuer = cmd->argv[2],
		                                    .use = use,
		                                    .from = when };
	struct ipc_client *signer = admin_keys_open_signer(cmd);
	bool good = key_rotate_call(signer, cmd->arena, cmd->cfg->hash,
	                            &request, NULL, err);

	ipc_client_close(signer);
	if (!good)
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
	struct public_keys_request request = { 0 };
	struct public_keys_reply reply;
	json_t *transfer;

	if (cmd->argc < 3 || !config_issuer(cmd->cfg, cmd->argv[2]))
		return error_set(err, ERROR_INVALID,
		                 "usage: keys public ISSUER");
	request.issuer = cmd->argv[2];
	if (!public_keys_call(admin_backends.signer, cmd->arena, cmd->cfg->hash,
	                      &request, &reply, err) ||
	    !js_parse(cmd->arena, reply.transfer, strlen(reply.transfer),
	              &transfer, err))
		return false;
	json_t *certificates = js_own(cmd->arena, json_array());

	for (size_t i = 0; i < reply.certificates_count; i++)
		(void)json_array_append_new(certificates,
		                            json_string(reply.certificates[i]));
	const json_t *out = js_own(
	    cmd->arena,
	    json_pack("{s:O?, s:O, s:O}", "keys", js_array(reply.jwks, "keys"),
	              "certificates", certificates, "transfer", transfer));
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
	if (cmd->argc >= 2 && text_equal(cmd->argv[1], "init"))
		return admin_keys_init(cmd, err);
	return error_set(err, ERROR_INVALID,
	                 "usage: keys list | init [ISSUER] | rotate ISSUER "
	                 "oidc|saml [--from DATE] | "
	                 "public ISSUER");
}
