/* SPDX-License-Identifier: AGPL-3.0-or-later
 * remote_logout.c: ends sessions of other browsers.  All sessions end before
 * the first service is notified.  Where one cannot be ended, those that ended
 * are notified and recorded all the same. */
#include "idp/logout/remote_logout.h"

#include <string.h>

#include "idp/logout/logout_dispatch.h"
#include "idp/session/session_list.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

/* The sessions that ended. */
struct remote_ends {
	VECTOR(struct ended_session) sessions;
};

static bool remote_end_one(struct request_context *ctx,
                           const struct session_entry *entry, const char *cause,
                           struct remote_ends *ends, struct error *err)
{
	const struct store_session one =
	    store_session_of(ctx->arena, entry->id_hash, entry->session->sid,
	                     entry->session->person->id);
	struct ended_session ended;

	if (!session_end_stored(ctx, &one, cause, NOTIFY_LEASE_S, &ended, err))
		return false;
	*vector_append(ctx->arena, &ends->sessions) = ended;
	return true;
}

static bool remote_end_all(struct request_context *ctx, const struct session *s,
                           const char *id_hash, const char *cause,
                           struct remote_ends *ends, struct error *err)
{
	const char *own =
	    hash_sha256_hex(ctx->arena, s->secret, strlen(s->secret));
	struct session_entry *all;
	size_t count;

	if (!sessions_of_person(ctx, s, &all, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (id_hash ? !text_equal(all[i].id_hash, id_hash)
		            : text_equal(all[i].id_hash, own))
			continue;
		if (!remote_end_one(ctx, &all[i], cause, ends, err))
			return false;
	}
	return !id_hash || ends->sessions.count > 0 ||
	       error_set_reason(err, ERROR_INVALID, "not-found",
	                        "session not found for this person");
}

/* ---- the report --------------------------------------------------------- */

/* Of two sessions with the same service, the worse result is shown. */
static int status_severity(enum logout_status status)
{
	static const int severity[] = {
		[LOGOUT_DONE] = 0,    [LOGOUT_IN_PROGRESS] = 1,
		[LOGOUT_VISITED] = 1, [LOGOUT_BY_BROWSER] = 1,
		[LOGOUT_FAILED] = 2,  [LOGOUT_UNSUPPORTED] = 3,
	};

	return severity[status];
}

static struct logout_result *report_find(struct logout_result *results,
                                         size_t count, const char *service)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(results[i].service, service))
			return &results[i];
	return NULL;
}

static const char *service_display(struct request_context *ctx,
                                   const char *name)
{
	const struct service *s = config_service(ctx->cfg, name);

	return s ? s->display : name;
}

static void report_fill(struct request_context *ctx,
                        const struct logout_notification *notifications,
                        size_t count, struct logout_report *ret)
{
	struct logout_result *results =
	    arena_array(ctx->arena, struct logout_result, count + 1);
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct logout_result next = {
			.service = service_display(
			    ctx, notifications[i].participant.service),
			.status = notifications[i].status,
			.retried = notifications[i].retried,
		};
		struct logout_result *known =
		    report_find(results, kept, next.service);

		if (!known)
			results[kept++] = next;
		else if (status_severity(next.status) >
		         status_severity(known->status))
			*known = next;
	}
	ret->results = results;
	ret->count = kept;
}

static void remote_audit(struct request_context *ctx,
                         const struct remote_ends *ends,
                         const struct logout_notification *notifications,
                         struct logout_report *ret)
{
	size_t at = 0;

	for (size_t i = 0; i < ends->sessions.count; i++) {
		const struct ended_session *one = &ends->sessions.at[i];
		json_t *results = logout_notification_results(
		    ctx->arena, notifications + at, one->count);

		ret->receipt_code = logout_audit(ctx, one, NULL, results);
		at += one->count;
	}
}

bool remote_logout(struct request_context *ctx, const struct session *s,
                   const char *id_hash, const char *cause,
                   struct logout_report *ret, struct error *err)
{
	struct remote_ends ends = { 0 };
	size_t count;

	*ret = (struct logout_report){ 0 };
	const bool good = remote_end_all(ctx, s, id_hash, cause, &ends, err);
	const struct logout_notification *notifications = logout_notify_all(
	    ctx, ends.sessions.at, ends.sessions.count, NULL, &count);

	report_fill(ctx, notifications, count, ret);
	ret->sessions = ends.sessions.count;
	remote_audit(ctx, &ends, notifications, ret);
	return good;
}

bool remote_logout_person(struct request_context *ctx, const struct person *p,
                          const char *cause, struct logout_report *ret,
                          struct error *err)
{
	const struct session none = { .secret = "", .person = p };

	return remote_logout(ctx, &none, NULL, cause, ret, err);
}
