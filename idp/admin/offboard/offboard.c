/* SPDX-License-Identifier: AGPL-3.0-or-later
 * offboard.c: the steps that move a municipality out of the region,
 * over months. Both installations serve logins meanwhile: only `end` ends
 * sessions, and only `remove` deletes data. */
#include <string.h>

#include "idp/admin/offboard/offboarding.h"
#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/audit/es256.h"

static const char offboard_usage[] =
    "usage: offboard MUNICIPALITY plan | export | adopt | migrate | end | "
    "remove: portvaktctl(8)";

static bool offboard_has_flag(const struct admin_command *cmd, const char *flag)
{
	for (size_t i = 1; i < cmd->argc; i++)
		if (text_equal(cmd->argv[i], flag))
			return true;
	return false;
}

static bool offboard_require_date(const struct municipality *m,
                                  struct error *err)
{
	return m->offboarding_date > 0 ||
	       error_set(err, ERROR_INVALID,
	                 "the configuration of %s has no offboarding-date "
	                 "YYYY-MM-DD",
	                 m->name);
}

static bool offboard_require_issuer(const struct municipality *m,
                                    struct error *err)
{
	return m->issuer ||
	       error_set(err, ERROR_INVALID,
	                 "%s has no issuer of its own; configure one first "
	                 "(issuer https://...)",
	                 m->name);
}

/* ---- plan */

static void offboard_plan_date(const struct admin_command *cmd,
                               const struct municipality *m)
{
	if (m->offboarding_date == 0)
		ipc_reply_line(
		    cmd->request,
		    "%s: no date; set offboarding-date YYYY-MM-DD in "
		    "its configuration",
		    m->name);
	else
		ipc_reply_line(
		    cmd->request, "%s leaves on %.10s", m->name,
		    clock_format_iso(cmd->arena,
		                     m->offboarding_date + 12 * 3600));
}

static void offboard_plan_people(const struct offboarding *off)
{
	const size_t all = json_object_size(off->people);

	ipc_reply_line(
	    off->cmd->request,
	    "people        %zu with affiliations only here, %zu with "
	    "another affiliation",
	    all - off->staying, off->staying);
	ipc_reply_line(off->cmd->request, "affiliations  %zu",
	               json_object_size(off->affiliations));
}

static void offboard_plan_service(const struct offboarding *off,
                                  const struct service *s)
{
	const struct admin_command *cmd = off->cmd;

	if (s->issuer->owner == off->m)
		ipc_reply_line(cmd->request,
		               "service       %s uses issuer %s: unaffected",
		               s->name, s->issuer->url);
	else if (offboarding_service_needs_mapping(off->m, s))
		ipc_reply_line(
		    cmd->request,
		    "service       %s uses issuer %s: needs a mapping "
		    "of (iss, sub)",
		    s->name, s->issuer->url);
}

static void offboard_plan_services(const struct offboarding *off)
{
	const struct admin_command *cmd = off->cmd;

	if (off->m->issuer)
		ipc_reply_line(
		    cmd->request,
		    "issuer        %s moves with its salt, without its "
		    "private keys",
		    off->m->issuer->url);
	else
		ipc_reply_line(
		    cmd->request,
		    "issuer        none of its own; configure one (issuer "
		    "https://...) before the export");
	for (size_t i = 0; i < cmd->cfg->service_count; i++)
		offboard_plan_service(off, &cmd->cfg->services[i]);
	for (char **s = off->m->migrated_services; s && *s; s++)
		ipc_reply_line(cmd->request, "migrated      %s", *s);
}

struct session_count {
	const struct offboarding *off;
	size_t count;
};

static bool offboard_count_sessions(struct session_count *c, struct error *err)
{
	const struct admin_command *cmd = c->off->cmd;
	char **hexes = NULL;
	size_t count = 0;

	if (!store_list_keys(admin_backends.store, cmd->cfg, cmd->arena,
	                     "session", &hexes, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		json_t *value = NULL;

		if (!store_get_hashed(admin_backends.store, cmd->cfg,
		                      cmd->arena, "session", hexes[i], &value,
		                      err))
			return false;
		const char *by = js_string(value, "by");

		c->count += by && json_object_get(c->off->affiliations, by);
	}
	return true;
}

static bool offboard_plan_step(const struct offboarding *off, const char *step,
                               const char *label, struct error *err)
{
	int64_t when;

	if (!offboarding_step_time(off, step, &when, err))
		return false;
	if (when > 0)
		ipc_reply_line(off->cmd->request, "scheduled     %s %s", label,
		               clock_format_iso(off->arena, when));
	return true;
}

static bool offboard_plan(const struct admin_command *cmd,
                          const struct municipality *m, struct error *err)
{
	struct offboarding off;
	struct session_count c = { .off = &off };

	if (!offboarding_load(cmd, m, &off, err))
		return false;
	offboard_plan_date(cmd, m);
	offboard_plan_people(&off);
	offboard_plan_services(&off);
	if (!offboard_count_sessions(&c, err))
		return false;
	ipc_reply_line(cmd->request, "sessions      %zu of its people now",
	               c.count);
	return offboard_plan_step(&off, "end", "sessions ended", err) &&
	       offboard_plan_step(&off, "after", "removal after", err) &&
	       offboard_plan_step(&off, "remove", "removed", err);
}

/* ---- export */

static bool offboard_key_is_private(const json_t *key)
{
	const json_t *keys = js_array(key, "keys");
	bool found = jwk_is_private(key);

	for (size_t i = 0; i < json_array_size(keys); i++)
		found |= jwk_is_private(json_array_get(keys, i));
	return found;
}

/* Checked before the command is audited: the audit log is never edited. On
 * error ERROR_INVALID. */
static bool offboard_require_public_key(const struct admin_command *cmd,
                                        const char *text, struct error *err)
{
	json_t *key = NULL;

	if (strstr(text, "PRIVATE KEY") ||
	    (js_parse(cmd->arena, text, strlen(text), &key, NULL) &&
	     offboard_key_is_private(key)))
		return error_set(
		    err, ERROR_INVALID,
		    "the file contains a private key; only public keys "
		    "may be exchanged");
	return true;
}

static bool offboard_export(const struct admin_command *cmd,
                            const struct municipality *m, struct error *err)
{
	if (!offboard_require_date(m, err) ||
	    !offboard_require_issuer(m, err) ||
	    !cmd_require_by_and_reason(cmd, err))
		return false;
	const char *to = cmd_option(cmd, "to");

	if (!to)
		return error_set(err, ERROR_INVALID,
		                 "--to KEYFILE is required");
	return offboard_require_public_key(cmd, to, err) &&
	       cmd_audit(cmd, NULL, NULL, err);
}

static bool offboard_file(const struct admin_command *cmd,
                          const struct municipality *m, struct error *err)
{
	struct offboarding off;

	if (cmd->argc < 4)
		return error_set(err, ERROR_INVALID, "file is missing");
	return offboard_require_date(m, err) &&
	       offboarding_load(cmd, m, &off, err) &&
	       offboard_bundle_file(&off, cmd->argv[3], err);
}

static bool offboard_sign_bundle(const struct admin_command *cmd,
                                 const struct municipality *m,
                                 struct error *err)
{
	struct sign_manifest_request request = { .what = MANIFEST_KIND_BUNDLE,
		                                 .municipality = m->name };
	struct sign_manifest_reply reply;

	if (cmd->argc < 4)
		return error_set(err, ERROR_INVALID, "hash is missing");
	request.sha256 = cmd->argv[3];
	if (!sign_manifest_call(admin_backends.signer, cmd->arena,
	                        cmd->cfg->hash, &request, &reply, err))
		return false;
	ipc_reply_line(cmd->request, "%s", reply.jws);
	ipc_reply_line(cmd->request, "%s", reply.thumbprint);
	return true;
}

/* ---- adopt */

struct key_import {
	const struct admin_command *cmd;
	const struct municipality *m;
};

/* One of jwk and certificate is NULL. */
static bool offboard_import_key(const struct key_import *k, json_t *jwk,
                                const char *certificate, struct error *err)
{
	const struct admin_command *cmd = k->cmd;
	const struct import_public_key_request request = {
		.issuer = k->m->issuer->name,
		.jwk = jwk,
		.certificate = certificate,
	};
	struct import_public_key_reply reply;

	if (!import_public_key_call(admin_backends.signer, cmd->arena,
	                            cmd->cfg->hash, &request, &reply, err))
		return false;
	ipc_reply_line(cmd->request, "published: %s", reply.kid);
	return true;
}

static bool offboard_import_keys(const struct key_import *k, const json_t *list,
                                 struct error *err)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!offboard_import_key(k, json_array_get(list, i), NULL, err))
			return false;
	return true;
}

static bool offboard_import_certificates(const struct key_import *k,
                                         const json_t *list, struct error *err)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!offboard_import_key(
			k, NULL, json_string_value(json_array_get(list, i)),
			err))
			return false;
	return true;
}

/* Returns the base64 text of the first certificate in a PEM file (RFC 7468), or
 * NULL. */
static const char *offboard_pem_certificate(const struct admin_command *cmd,
                                            const char *pem)
{
	const char *begin = strstr(pem, "-----BEGIN CERTIFICATE-----");
	const char *end = begin ? strstr(begin, "-----END") : NULL;

	if (!end)
		return NULL;
	begin += strlen("-----BEGIN CERTIFICATE-----");
	return arena_memdup(cmd->arena, begin, (size_t)(end - begin));
}

static bool offboard_adopt(const struct admin_command *cmd,
                           const struct municipality *m, struct error *err)
{
	const struct key_import k = { cmd, m };
	const char *text = cmd->argc > 3 ? cmd->argv[3] : "";
	const char *certificate = offboard_pem_certificate(cmd, text);
	json_t *key = NULL;

	if (!offboard_require_date(m, err) ||
	    !offboard_require_issuer(m, err) ||
	    !cmd_require_by_and_reason(cmd, err) ||
	    !offboard_require_public_key(cmd, text, err) ||
	    (!certificate &&
	     !js_parse(cmd->arena, text, strlen(text), &key, err)) ||
	    !cmd_audit(cmd, NULL, NULL, err))
		return false;
	if (certificate)
		return offboard_import_key(&k, NULL, certificate, err);
	if (js_string(key, "kty"))
		return offboard_import_key(&k, key, NULL, err);
	return offboard_import_keys(&k, js_array(key, "keys"), err) &&
	       offboard_import_certificates(&k, js_array(key, "certificates"),
	                                    err);
}

/* ---- migrate */

static bool offboard_service_has_moved(const struct municipality *m,
                                       const char *service)
{
	for (char **s = m->migrated_services; s && *s; s++)
		if (text_equal(*s, service))
			return true;
	return false;
}

/* The operator edits the configuration; this prints the line to add. */
static bool offboard_migrate(const struct admin_command *cmd,
                             const struct municipality *m, struct error *err)
{
	const struct service *s =
	    cmd->argc > 3 ? config_service(cmd->cfg, cmd->argv[3]) : NULL;

	if (!s)
		return error_set(err, ERROR_INVALID,
		                 "unknown or missing service");
	if (offboard_service_has_moved(m, s->name)) {
		ipc_reply_line(
		    cmd->request,
		    "%s is migrated for %s: its people are shown the new "
		    "login page",
		    s->name, m->name);
		return true;
	}
	ipc_reply_line(
	    cmd->request,
	    "when %s accepts logins of %s from the new installation, add "
	    "to the municipality's block and reload:",
	    s->name, m->name);
	ipc_reply_line(cmd->request, "	migrated-service %s", s->name);
	if (s->issuer->owner == m)
		ipc_reply_line(
		    cmd->request,
		    "it uses issuer %s, which moves; nothing else is "
		    "needed",
		    s->issuer->url);
	else if (offboarding_service_needs_mapping(m, s))
		ipc_reply_line(
		    cmd->request,
		    "the service must apply its lines of subjects.csv "
		    "first");
	return true;
}

/* ---- end, remove */

static bool offboard_require_date_passed(const struct municipality *m,
                                         struct error *err)
{
	if (!offboard_require_date(m, err))
		return false;
	return municipality_is_offboarded(m, clock_now()) ||
	       error_set(err, ERROR_INVALID,
	                 "the offboarding-date of %s is in the future",
	                 m->name);
}

static bool offboard_end(const struct admin_command *cmd,
                         const struct municipality *m, struct error *err)
{
	if (!offboard_require_date_passed(m, err) ||
	    !offboarding_order_step(cmd, m, "end", 0, err) ||
	    !offboard_end_sessions(cmd, m, err))
		return false;
	ipc_reply_line(
	    cmd->request,
	    "sessions of its people are ended; further logins are refused");
	return true;
}

static bool offboard_remove_after(const struct admin_command *cmd,
                                  const struct municipality *m,
                                  const char *date, struct error *err)
{
	int64_t when;

	if (!clock_parse_date(date, false, &when) || when <= clock_now())
		return error_set(err, ERROR_INVALID,
		                 "--after must be a future date, not %s", date);
	if (!offboarding_order_step(cmd, m, "after", when, err))
		return false;
	ipc_reply_line(
	    cmd->request,
	    "it is removed on %s if its block in the configuration is "
	    "empty by then",
	    date);
	return true;
}

static bool offboard_require_ended(const struct admin_command *cmd,
                                   const struct municipality *m,
                                   struct error *err)
{
	struct offboarding off;
	int64_t when;

	if (!offboarding_load(cmd, m, &off, err) ||
	    !offboarding_step_time(&off, "end", &when, err))
		return false;
	return when > 0 ||
	       error_set(err, ERROR_INVALID,
	                 "end it first: portvaktctl offboard %s end", m->name);
}

static bool offboard_remove_step(const struct admin_command *cmd,
                                 const struct municipality *m,
                                 struct error *err)
{
	const char *date = cmd_option(cmd, "after");
	bool now = offboard_has_flag(cmd, "--now");

	if (!date == !now)
		return error_set(
		    err, ERROR_INVALID,
		    "usage: offboard MUNICIPALITY remove --after DATE|--now");
	if (!cmd_require_by_and_reason(cmd, err) ||
	    !offboard_require_date_passed(m, err) ||
	    !offboard_require_ended(cmd, m, err))
		return false;
	return date ? offboard_remove_after(cmd, m, date, err)
	            : offboard_remove(cmd, m, err);
}

static const struct {
	const char *name;
	bool (*run)(const struct admin_command *cmd,
	            const struct municipality *m, struct error *err);
} offboard_commands[] = {
	{ "plan", offboard_plan },   { "export", offboard_export },
	{ "file", offboard_file },   { "sign", offboard_sign_bundle },
	{ "adopt", offboard_adopt }, { "migrate", offboard_migrate },
	{ "end", offboard_end },     { "remove", offboard_remove_step },
};

bool admin_offboard(const struct admin_command *cmd, struct error *err)
{
	const struct municipality *m =
	    cmd->argc > 2 ? config_municipality(cmd->cfg, cmd->argv[1]) : NULL;

	if (cmd->argc < 3)
		return error_set(err, ERROR_INVALID, "%s", offboard_usage);
	if (!m)
		return error_set(err, ERROR_INVALID, "unknown municipality %s",
		                 cmd->argv[1]);
	for (size_t i = 0; i < LENGTH(offboard_commands); i++)
		if (text_equal(offboard_commands[i].name, cmd->argv[2]))
			return offboard_commands[i].run(cmd, m, err);
	return error_set(err, ERROR_INVALID, "%s", offboard_usage);
}
