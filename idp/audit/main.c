/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main.c: portvakt-audit, which writes the audit log. A caller acts only after
 * its event is acknowledged; an event that cannot be written is an error. */
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "idp/audit/anonymous_events.h"
#include "idp/audit/audit_log.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/audit/audit_chain.h"
#include "region/ipc/daemon_main.h"
#include "region/ipc/ipc_acl.h"
#include "region/ipc/ipc_client.h"

enum {
	MAX_CONNECTIONS = 96,
	SIGN_INTERVAL_MS = 5 * 60 * 1000,
	SIGNER_TIMEOUT_MS = 500
};

/* Set before the first thread. */
static struct ipc_client *signer;

static bool audit_municipality_exists(const struct config *cfg,
                                      const char *name)
{
	return text_equal(name, "region") || config_municipality(cfg, name);
}

static bool handle_audit_append(const struct ipc_request *req,
                                const struct audit_append_request *request,
                                struct audit_append_reply *reply,
                                struct error *err)
{
	char *code;

	if (!audit_municipality_exists(req->cfg, request->municipality))
		return error_set(err, ERROR_INVALID, "unknown municipality");
	if (!js_string(request->receipt, "what"))
		return error_set(err, ERROR_INVALID,
		                 "what is missing in the audit event");
	reply->counted = !anonymous_event_is_written(request->municipality,
	                                             request->receipt);
	if (reply->counted)
		return true;
	if (!audit_log_append(req->arena, request->municipality,
	                      request->receipt, &code, err))
		return false;
	reply->code = code;
	return true;
}

static bool handle_audit_find(const struct ipc_request *req,
                              const struct audit_find_request *request,
                              struct audit_find_reply *reply, struct error *err)
{
	if (!audit_lookup(
		req->arena,
		arena_printf(req->arena, "%s/audit", req->cfg->state_directory),
		request->code, &reply->receipt, err))
		return false;
	return reply->receipt ||
	       error_set(err, ERROR_INVALID,
	                 "no audit event has this receipt code");
}

/* ---- verify */

static bool audit_head_public_key(const struct ipc_request *req,
                                  const char **ret_pem, struct error *err)
{
	const struct public_keys_request request = {
		.issuer = req->cfg->issuers[0].name
	};
	struct public_keys_reply reply;

	if (!public_keys_call(signer, req->arena, req->cfg->hash, &request,
	                      &reply, err))
		return false;
	*ret_pem = reply.record;
	return true;
}

/* A line may be half written while it is read, so an error is checked again. */
static bool audit_verify_with_retry(const char *folder,
                                    const char *municipality, const char *node,
                                    const char *pem,
                                    struct audit_chain_summary *ret,
                                    struct error *err)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	struct stat st;

	if (stat(folder, &st) != 0 ||
	    audit_chain_verify(folder, municipality, node, pem, ret, err))
		return true;
	(void)nanosleep(&pause, NULL);
	*err = (struct error){ 0 };
	return audit_chain_verify(folder, municipality, node, pem, ret, err);
}

static bool handle_audit_verify(const struct ipc_request *req,
                                const struct audit_verify_request *request,
                                struct audit_verify_reply *reply,
                                struct error *err)
{
	const char *municipality = request->municipality;
	struct audit_chain_summary found = { 0 };
	const char *pem;

	if (!audit_municipality_exists(req->cfg, municipality))
		return error_set(err, ERROR_INVALID, "unknown municipality");
	if (!audit_head_public_key(req, &pem, err) ||
	    !audit_verify_with_retry(
		arena_printf(req->arena, "%s/audit/%s",
	                     req->cfg->state_directory, municipality),
		municipality, req->cfg->node_id, pem, &found, err))
		return false;
	*reply = (struct audit_verify_reply){
		.files = (long long)found.files,
		.lines = (long long)found.lines,
		.heads = (long long)found.heads,
		.unsigned_lines = (long long)found.unsigned_lines,
	};
	return true;
}

/* ---- trial rules */

static bool handle_audit_trials(const struct ipc_request *req,
                                const struct audit_trials_request *request,
                                struct audit_trials_reply *reply,
                                struct error *err)
{
	if (!audit_municipality_exists(req->cfg, request->municipality))
		return error_set(err, ERROR_INVALID, "unknown municipality");
	reply->counts = audit_count_trials(
	    req->arena,
	    arena_printf(req->arena, "%s/audit/%s", req->cfg->state_directory,
	                 request->municipality),
	    request->since);
	return true;
}

/* The oldest of the ring first. */
static bool handle_audit_emergencies(
    const struct ipc_request *req,
    const struct audit_emergencies_request *request,
    struct audit_emergencies_reply *reply, struct error *err)
{
	struct audit_emergencies found;
	struct emergency *list;
	size_t n = 0;

	if (!audit_municipality_exists(req->cfg, request->municipality))
		return error_set(err, ERROR_INVALID, "unknown municipality");
	audit_find_emergencies(req->arena,
	                       arena_printf(req->arena, "%s/audit/%s",
	                                    req->cfg->state_directory,
	                                    request->municipality),
	                       request->since, &found);
	list = arena_array(req->arena, struct emergency, LENGTH(found.last));
	for (size_t i = found.total > LENGTH(found.last)
	                    ? found.total - LENGTH(found.last)
	                    : 0;
	     i < found.total; i++)
		list[n++] = found.last[i % LENGTH(found.last)];
	reply->emergencies = list;
	reply->emergencies_count = n;
	reply->count = (long long)found.total;
	return true;
}

/* ---- delete */

/* Only operators may send this request, and only for a municipality that has
 * left. */
static bool handle_audit_delete(
    const struct ipc_request *req,
    const struct purge_municipality_request *request,
    struct purge_municipality_reply *reply, struct error *err)
{
	const struct municipality *m =
	    config_municipality(req->cfg, request->municipality);
	size_t files;

	if (!ipc_acl_is_operator(req->peer_uid))
		return error_set(err, ERROR_REFUSED,
		                 "request is for operators only");
	if (!m || !municipality_is_offboarded(m, clock_now()))
		return error_set(err, ERROR_REFUSED,
		                 "municipality is unknown or not off-boarded");
	if (!audit_log_delete(req->arena, m->name, &files, err))
		return false;
	log_event(LOG_AUDIT_PURGED, "municipality", m->name, NULL);
	reply->files = (long long)files;
	return true;
}

static const struct ipc_handlers audit_handlers = {
	.purge_municipality = handle_audit_delete,
	.audit_append = handle_audit_append,
	.audit_find = handle_audit_find,
	.audit_verify = handle_audit_verify,
	.audit_trials = handle_audit_trials,
	.audit_emergencies = handle_audit_emergencies,
};

/* ---- sign */

static bool audit_sign_by_signer(void *data, struct arena *a, const char *head,
                                 json_t **ret_members)
{
	(void)data;
	const struct sign_audit_head_request request = { .head = head };
	struct sign_audit_head_reply reply;
	struct config *cfg = config_current();
	struct error err = { 0 };
	bool good = sign_audit_head_call(signer, a, cfg->hash, &request, &reply,
	                                 &err) &&
	            sign_audit_head_reply_write(&reply, ret_members, &err);

	config_unref(cfg);
	if (good)
		js_own(a, *ret_members);
	else
		log_event(LOG_AUDIT_HEAD_UNSIGNED, "error", err.text, NULL);
	return good;
}

/* An event that cannot be written is lost here: the log is full, and logins are
 * refused for that. */
static void audit_append_count(const char *municipality, const json_t *event)
{
	struct arena *a = arena_open();
	struct error err = { 0 };
	char *code;

	(void)!audit_log_append(a, municipality, event, &code, &err);
	arena_close(a);
}

/* Syncs once a second; writes counts once a minute; requests signatures every
 * five minutes. */
static void *audit_maintenance(void *data)
{
	(void)data;
	const struct timespec second = { .tv_sec = 1 };
	int64_t signed_at = clock_monotonic_ms();

	for (;;) {
		(void)nanosleep(&second, NULL);
		anonymous_events_write(false, audit_append_count);
		audit_log_sync();
		if (clock_monotonic_ms() - signed_at < SIGN_INTERVAL_MS)
			continue;
		signed_at = clock_monotonic_ms();
		log_request_new();
		audit_log_sign_heads(audit_sign_by_signer, NULL);
	}
	return NULL;
}

/* ---- start */

static bool audit_init(struct daemon *d, const struct config *cfg,
                       struct error *err)
{
	struct arena *a = d->arena;
	pthread_t thread;

	if (!audit_log_open(arena_printf(a, "%s/audit", cfg->state_directory),
	                    cfg->node_id, err))
		return false;
	signer = ipc_client_open(
	    arena_printf(a, "%s/signer.sock", cfg->runtime_directory), 2,
	    SIGNER_TIMEOUT_MS);
	return pthread_create(&thread, NULL, audit_maintenance, NULL) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot start a thread");
}

static void audit_stop(struct daemon *d)
{
	(void)d;
	anonymous_events_write(true, audit_append_count);
	audit_log_sync();
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.program = "portvakt-audit",
		.memory_mib = 512,
		.needs = CONFINE_FILES,
		.state = "audit",
		.init = audit_init,
		.role = "audit",
		.own_socket = true,
		.handlers = &audit_handlers,
		.connections = MAX_CONNECTIONS,
		.stop = audit_stop,
	};

	return daemon_main(&program, argc, argv);
}
