/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_event.c: builds audit events as JSON and sends them to portvakt-audit.
 * A person is logged by catalogue id only, a session by a hash. */
#include "region/audit/audit_event.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/policy/policy_context.h"

enum { SID_DIGITS = 16, CONF_DIGITS = 16, MAX_DETAIL_LENGTH = 500 };

/* Returns "notodden.conf:31". */
static char *audit_location_text(struct arena *a,
                                 const struct source_location *p)
{
	const char *slash = p->file ? strrchr(p->file, '/') : NULL;

	return p->file ? arena_printf(a, "%s:%d", slash ? slash + 1 : p->file,
	                              p->line)
	               : NULL;
}

static void audit_set_proof(json_t *event_json, const struct audit_proof *p)
{
	json_t *proof;

	if (!p)
		return;
	proof = json_object();
	js_set_string(proof, "affiliation", p->affiliation);
	js_set_string(proof, "directory", p->directory);
	js_set_string(proof, "municipality", p->municipality);
	js_set_string(proof, "method", p->method);
	js_set_string(proof, "link", p->link);
	(void)json_object_set_new(event_json, "proof", proof);
}

static json_t *audit_event_to_json(struct arena *a, const char *type,
                                   const struct audit_event *e)
{
	json_t *event_json = js_own(a, json_object());

	js_set_string(event_json, "what", type);
	js_set_string(event_json, "request", log_request_get());
	js_set_string(event_json, "affiliation", e->affiliation);
	js_set_string(event_json, "service", e->service);
	/* The affiliation id implies the person; without one the person is
	 * logged. */
	if (!e->affiliation)
		js_set_string(event_json, "person", e->person);
	audit_set_proof(event_json, e->proof);
	return event_json;
}

/* Returns the text as UTF-8 of at most MAX_DETAIL_LENGTH bytes. */
static const char *audit_detail_text(struct arena *a, const char *detail)
{
	char *text = escape_string(a, escape_utf8, detail);

	text_truncate(text, MAX_DETAIL_LENGTH);
	return text;
}

static json_t *audit_event_to_json_full(struct arena *a, const char *type,
                                        const struct audit_event *e)
{
	json_t *event_json = audit_event_to_json(a, type, e);

	js_set_string(event_json, "person", e->person);
	js_set_string(event_json, "issuer", e->issuer);
	js_set_string(event_json, "address", e->address);
	js_set_string(event_json, "acr", e->acr);
	js_set_string(event_json, "reason", e->reason);
	if (e->detail)
		js_set_string(event_json, "detail",
		              audit_detail_text(a, e->detail));
	if (e->sid)
		js_set_string(
		    event_json, "sid",
		    arena_memdup(a, hash_sha256_hex(a, e->sid, strlen(e->sid)),
		                 SID_DIGITS));
	if (e->took_ms > 0)
		(void)json_object_set_new(event_json, "ms",
		                          json_integer(e->took_ms));
	return event_json;
}

static bool audit_event_send(struct ipc_client *audit, struct arena *a,
                             const struct audit_event *e, json_t *event_json,
                             char **ret_code, struct error *err)
{
	const struct audit_append_request request = {
		.municipality = e->municipality ? e->municipality : "region",
		.receipt = event_json,
	};
	struct audit_append_reply reply;

	if (!audit_append_call(audit, a, e->cfg->hash, &request, &reply, err)) {
		if (err)
			err->kind = ERROR_UNAVAILABLE;
		if (err)
			err->reason = "audit-unavailable";
		return false;
	}
	if (!reply.counted && !reply.code)
		return error_set_reason(
		    err, ERROR_UNAVAILABLE, "audit-unavailable",
		    "portvakt-audit returned no receipt code");
	if (ret_code)
		*ret_code = arena_strdup(a, reply.code);
	return true;
}

/* ---- what a policy can depend on */

static json_t *audit_amr_to_json(const struct audit_event *e)
{
	json_t *methods = json_pack("[s]", e->method);

	if (e->second_factor)
		(void)json_array_append_new(methods, json_string("mfa"));
	return methods;
}

static json_t *audit_networks_to_json(struct arena *a,
                                      const struct audit_event *e)
{
	const char **names = networks_containing(
	    a, e->cfg, config_municipality(e->cfg, e->municipality),
	    e->address ? e->address : "", e->listener ? e->listener : "");
	json_t *list = json_array();

	for (; *names; names++)
		(void)json_array_append_new(list, json_string(*names));
	return list;
}

/* Returns "Saturday 23:05". */
static const char *audit_local_minute(struct arena *a, int64_t now)
{
	static const char *const weekdays[] = { "Sunday",   "Monday",
		                                "Tuesday",  "Wednesday",
		                                "Thursday", "Friday",
		                                "Saturday" };
	const struct tm t = clock_oslo(now);

	return arena_printf(a, "%s %02d:%02d", weekdays[t.tm_wday], t.tm_hour,
	                    t.tm_min);
}

/* Trial rules, and an access that only a "may always" rule allows. */
static void audit_set_trials(json_t *event_json,
                             const struct policy_decision *d)
{
	json_t *trials = policy_trials_to_json(d);

	if (json_array_size(trials) > 0)
		(void)json_object_set(event_json, "trials", trials);
	json_decref(trials);
	if (d->is_break_glass)
		(void)json_object_set_new(event_json, "emergency", json_true());
}

static void audit_set_plugins(json_t *event_json,
                              const struct policy_decision *d)
{
	json_t *plugins = policy_plugins_to_json(d);

	if (json_array_size(plugins) > 0)
		(void)json_object_set(event_json, "plugins", plugins);
	json_decref(plugins);
}

static void audit_set_circumstances(struct arena *a, json_t *event_json,
                                    const struct audit_event *e,
                                    const struct policy_decision *d)
{
	bool has_facts = d && d->facts;

	js_set_string(event_json, "conf",
	              arena_printf(a, "%.*s", CONF_DIGITS, e->cfg->hash));
	if (e->method)
		(void)json_object_set_new(event_json, "amr",
		                          audit_amr_to_json(e));
	(void)json_object_set_new(event_json, "networks",
	                          audit_networks_to_json(a, e));
	js_set_string(
	    event_json, "local",
	    audit_local_minute(a, has_facts ? d->facts->now : clock_now()));
	if (d)
		audit_set_trials(event_json, d);
	if (d)
		audit_set_plugins(event_json, d);
	if (has_facts)
		(void)json_object_set_new(event_json, "facts",
		                          policy_context_to_json(d->facts));
}

/* ---- the events */

bool audit_login(struct ipc_client *audit, struct arena *a,
                 const struct audit_event *e, char **ret_code,
                 struct error *err)
{
	return audit_event_send(audit, a, e,
	                        audit_event_to_json_full(a, "login", e),
	                        ret_code, err);
}

bool audit_access_granted(struct ipc_client *audit, struct arena *a,
                          const struct audit_event *e,
                          const struct policy_decision *d, char **released,
                          char **ret_code, struct error *err)
{
	json_t *event_json = audit_event_to_json(a, "entered", e);
	struct strbuf names = strbuf_init(a);

	if (d)
		js_set_string(event_json, "rule",
		              audit_location_text(a, &d->location));
	for (; released && *released; released++)
		strbuf_appendf(&names, "%s%s", names.length ? " " : "",
		               *released);
	if (names.length)
		js_set_string(event_json, "released", names.data);
	audit_set_circumstances(a, event_json, e, d);
	return audit_event_send(audit, a, e, event_json, ret_code, err);
}

bool audit_access_denied(struct ipc_client *audit, struct arena *a,
                         const struct audit_event *e,
                         const struct policy_decision *d, char **ret_code,
                         struct error *err)
{
	json_t *event_json = audit_event_to_json_full(a, "refused", e);

	if (d && !e->reason)
		js_set_string(event_json, "reason", d->reason);
	if (d)
		js_set_string(event_json, "rule",
		              audit_location_text(a, &d->location));
	if (d)
		(void)json_object_set_new(event_json, "decision",
		                          policy_decision_to_json(d));
	audit_set_circumstances(a, event_json, e, d);
	return audit_event_send(audit, a, e, event_json, ret_code, err);
}

bool audit_logout(struct ipc_client *audit, struct arena *a,
                  const struct audit_event *e, const char *cause,
                  json_t *results, char **ret_code, struct error *err)
{
	json_t *event_json = audit_event_to_json_full(a, "logout", e);

	js_set_string(event_json, "cause", cause);
	if (results)
		(void)json_object_set(event_json, "logout", results);
	return audit_event_send(audit, a, e, event_json, ret_code, err);
}

bool audit_password_change(struct ipc_client *audit, struct arena *a,
                           const struct audit_event *e, const char *by,
                           char **ret_code, struct error *err)
{
	json_t *event_json = audit_event_to_json_full(a, "password", e);

	js_set_string(event_json, "by", by);
	return audit_event_send(audit, a, e, event_json, ret_code, err);
}

bool audit_admin_command(struct ipc_client *audit, struct arena *a,
                         const struct audit_event *e, const char *command,
                         const char *by, char **ret_code, struct error *err)
{
	json_t *event_json = audit_event_to_json_full(a, "administered", e);

	js_set_string(event_json, "act", command);
	js_set_string(event_json, "by", by);
	return audit_event_send(audit, a, e, event_json, ret_code, err);
}
