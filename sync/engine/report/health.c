/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health.c: the state of each source directory: `portvaktctl sync status` for
 * operators, and metrics as one JSON object per line. */
#include "sync/engine/report/reports.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/guard/source_identity_check.h"
#include "sync/engine/state/state.h"

enum {
	CERTIFICATE_WARNING_S = 30 * 24 * 60 * 60,
	MAX_LISTED = 50 /* entries in quarantine */
};

/* Counts of one directory.  A person may be held for several reasons, so the
 * total counts distinct anchors. */
static const char sql_entries[] =
    "SELECT count(*) FROM records WHERE directory ="
    " ?1 AND class = 'person'";
static const char sql_active[] = "SELECT count(*) FROM affiliations WHERE"
				 " directory = ?1 AND status = 'active'";
static const char sql_suspended[] = "SELECT count(*) FROM affiliations WHERE"
				    " directory = ?1 AND status = 'suspended'";
static const char sql_waiting[] = "SELECT count(*) FROM dirty WHERE"
				  " directory = ?1";
static const char sql_quarantined[] = "SELECT count(*) FROM quarantine WHERE"
				      " directory = ?1";
/* Of other directories, with the number of a person of this one. */
static const char sql_quarantined_elsewhere[] =
    "SELECT count(*) FROM quarantine WHERE area = 0 AND directory <> ?1"
    " AND substr(other, 1, length(?1) + 1) = ?1 || ':'";
static const char sql_name_conflicts[] =
    "SELECT count(*) FROM quarantine WHERE directory = ?1 AND reason IN"
    " ('login-name-in-use', 'mail-in-use', 'login-name-held', 'mail-held')";
static const char sql_held[] = "SELECT count(DISTINCT anchor) FROM held WHERE"
			       " directory = ?1";
static const char sql_groups_held[] = "SELECT count(*) FROM regroup WHERE"
				      " directory = ?1 AND held = 2";
static const char sql_first_waiting[] = "SELECT min(at) FROM dirty WHERE"
					" directory = ?1 AND at > 0";

static const struct {
	const char *reason, *text;
} hold_texts[] = {
	{ "deactivations",
	  "would be deactivated at once; until they are back, or "
	  "`portvaktctl sync approve deactivations" },
	{ "budget", "would be deactivated, after many others within a day or a "
	            "week; until they are back, or `portvaktctl sync approve "
	            "deactivations" },
	{ "canary", "would be deactivated, and the canary is missing; until it "
	            "is back, or `portvaktctl sync approve deactivations" },
	{ "source",
	  "would leave, come or return, and the directory is not the one read "
	  "before, or was restored from a backup; until it is right, or "
	  "`portvaktctl sync approve source" },
	{ "values",
	  "would lose a value, or get another login name or mail address, or "
	  "the same value as others; until this is reverted, or `portvaktctl "
	  "sync approve values" },
	{ "roles", "would gain or lose a role, with others of a day; until "
	           "this is reverted, or `portvaktctl sync approve roles" },
	{ "returns", "would be active again, with others of a day; until they "
	             "are disabled again, or `portvaktctl sync approve "
	             "returns" },
	{ "kinds", "would become another kind, with others of a day; until "
	           "this is reverted, or `portvaktctl sync approve kinds" },
	{ "protected",
	  "would lose the protection of their address; until it is "
	  "back, or `portvaktctl sync approve protected" },
	{ "dates", "would get an earlier last day, with others; it is not in "
	           "force until `portvaktctl sync approve dates" },
	{ "creations",
	  "would be created at once; until `portvaktctl sync approve "
	  "creations" },
	{ "configuration", "would be changed by the new configuration; until "
	                   "it changes, or `portvaktctl sync approve "
	                   "configuration" },
};

const char *health_hold_text(const char *reason)
{
	for (size_t i = 0; i < LENGTH(hold_texts); i++)
		if (text_equal(hold_texts[i].reason, reason))
			return hold_texts[i].text;
	return reason;
}

static int64_t held_count(const char *directory, const char *reason)
{
	return state_number("SELECT count(DISTINCT anchor) FROM held"
	                    " WHERE directory = ?1 AND reason = ?2",
	                    "tt", directory, reason);
}

/* A row of "sources", or defaults. */
struct source_status {
	int64_t contact_at, changed_at, full_sync_at, error_at;
	const char *state, *error;
};

static int64_t health_number(const char *text)
{
	long long n = 0;

	return text && text_to_number(text, 0, INT64_MAX, &n) ? n : 0;
}

static struct source_status source_status_of(const struct ipc_request *q,
                                             const char *name)
{
	const struct directory_conf *conf = config_directory(q->cfg, name);
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT heard_at, changed_at, full_at,"
	                          " error_at, state, error FROM sources"
	                          " WHERE directory = ?1",
	                          "t", name);
	struct source_status s = { .state = "never connected" };

	if (count > 0)
		s = (struct source_status){ health_number(rows[0][0]),
			                    health_number(rows[0][1]),
			                    health_number(rows[0][2]),
			                    health_number(rows[0][3]),
			                    rows[0][4] ?: "never connected",
			                    rows[0][5] };
	if (!conf)
		s.state = "not configured";
	else if (conf->dry_run)
		s.state = "dry-run";
	return s;
}

/* notAfter of the server's certificate; 0: unknown. */
static int64_t health_certificate(const struct ipc_request *q, const char *name)
{
	return state_number("SELECT value FROM meta WHERE name = ?1", "t",
	                    arena_printf(q->arena, "certificate %s", name));
}

/* ---- status */

static void health_report_certificate(const struct ipc_request *q,
                                      const char *name)
{
	int64_t until = health_certificate(q, name);

	if (until > 0 && until - clock_now() < CERTIFICATE_WARNING_S)
		ipc_reply_line(q, "%s: the server's certificate %s %s", name,
		               until > clock_now() ? "ends" : "ended",
		               clock_format_iso(q->arena, until));
}

static void health_report_held(const struct ipc_request *q, const char *name)
{
	for (size_t i = 0; i < LENGTH(hold_texts); i++) {
		int64_t count = held_count(name, hold_texts[i].reason);

		if (count > 0)
			ipc_reply_line(q, "%s: held %s: %lld people %s %s`",
			               name, hold_texts[i].reason,
			               (long long)count, hold_texts[i].text,
			               name);
	}
}

static long long count_by_sql(const char *sql, const char *name)
{
	return (long long)state_number(sql, "t", name);
}

/* The health note of its connector. */
static void health_report_connector(const struct ipc_request *q,
                                    const char *name)
{
	char *text =
	    state_text(q->arena, "SELECT value FROM meta WHERE name = ?1", "t",
	               arena_printf(q->arena, "health %s", name));

	if (text)
		ipc_reply_line(q, "%s: %s", name, text);
}

static void health_report_not_taken(const struct ipc_request *q,
                                    const char *name)
{
	long long count = (long long)not_taken_count(name);

	if (count > 0)
		ipc_reply_line(q,
		               "%s: %lld values not taken, see `portvaktctl "
		               "sync not-taken %s`",
		               name, count, name);
}

/* How many of a municipality may be deactivated in a day. */
static size_t health_municipality_limit(const struct ipc_request *q,
                                        const char *name)
{
	const struct directory_conf *conf = config_directory(q->cfg, name);

	return conf && conf->limits ? conf->limits->deactivations
	                            : directory_default_limits.deactivations;
}

static void health_report_directory(const struct ipc_request *q,
                                    const char *name)
{
	struct source_status s = source_status_of(q, name);
	int percent = threshold_percent(q->cfg, name);

	ipc_reply_line(
	    q,
	    "%s: %lld entries, %lld active, %lld suspended, %lld "
	    "pending, %lld quarantined, %lld held, last full sync %s",
	    name, count_by_sql(sql_entries, name),
	    count_by_sql(sql_active, name), count_by_sql(sql_suspended, name),
	    count_by_sql(sql_waiting, name),
	    count_by_sql(sql_quarantined, name), count_by_sql(sql_held, name),
	    s.full_sync_at > 0 ? clock_format_iso(q->arena, s.full_sync_at)
			       : "never");
	ipc_reply_line(
	    q,
	    "%s: %s, last change %s, deactivated %zu of %zu allowed per "
	    "day and %zu of %zu per week, in each municipality %zu per "
	    "day%s%s",
	    name, s.state,
	    s.changed_at > 0 ? clock_format_iso(q->arena, s.changed_at)
			     : "never",
	    threshold_deactivations_since(name, THRESHOLD_DAY),
	    threshold_deactivations_allowed(name, THRESHOLD_DAY, percent),
	    threshold_deactivations_since(name, THRESHOLD_WEEK),
	    threshold_deactivations_allowed(name, THRESHOLD_WEEK, percent),
	    health_municipality_limit(q, name), s.error ? ", error: " : "",
	    s.error ?: "");
	if (source_went_back(name))
		ipc_reply_line(q,
		               "%s: was restored from a backup; who leaves, "
		               "returns or changes by it is held until "
		               "`portvaktctl sync approve source %s`",
		               name, name);
	health_report_held(q, name);
	health_report_not_taken(q, name);
	group_report_held(q, name);
	health_report_connector(q, name);
	health_report_certificate(q, name);
}

/* Directories no longer configured that still have people. */
static void each_unconfigured(const struct ipc_request *q,
                              void (*callback)(const struct ipc_request *q,
                                               const char *name))
{
	size_t count = 0;
	char ***rows = state_rows(
	    q->arena, &count,
	    "SELECT DISTINCT directory FROM affiliations ORDER BY 1", "");

	for (size_t i = 0; i < count; i++)
		if (!config_directory(q->cfg, rows[i][0]))
			callback(q, rows[i][0]);
}

static void health_report_unconfigured(const struct ipc_request *q,
                                       const char *name)
{
	ipc_reply_line(q, "%s: is not configured", name);
	health_report_directory(q, name);
}

static void health_report_quarantine(const struct ipc_request *q)
{
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT directory, anchor, reason, other"
	                          " FROM quarantine ORDER BY 1, 2, 3",
	                          "");
	size_t listed = count < MAX_LISTED ? count : MAX_LISTED;

	for (size_t i = 0; i < listed; i++)
		ipc_reply_line(q, "quarantined %s:%s %s%s%s", rows[i][0],
		               rows[i][1], rows[i][2],
		               rows[i][3] ? ", the other is " : "",
		               rows[i][3] ?: "");
	list_report_rest(q, "quarantined", listed, count,
	                 "see `portvaktctl quarantine list`");
}

static void health_report_drift(const struct ipc_request *q)
{
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT n.value, t.value FROM meta AS n JOIN"
	                          " meta AS t ON t.name = 'drift_at'"
	                          " WHERE n.name = 'drift'",
	                          "");

	if (count > 0)
		ipc_reply_line(
		    q,
		    "catalogue: %s entries had been changed by "
		    "another program, found %s",
		    rows[0][0],
		    clock_format_iso(q->arena, health_number(rows[0][1])));
}

bool health_status(const struct ipc_request *q, char **argv, struct error *err)
{
	(void)argv, (void)err;
	for (size_t i = 0; i < q->cfg->directory_count; i++)
		health_report_directory(q, q->cfg->directories[i].name);
	each_unconfigured(q, health_report_unconfigured);
	health_report_quarantine(q);
	health_report_drift(q);
	return true;
}

/* ---- metrics: released names do not change */

static void health_set_number(json_t *object, const char *name, int64_t value)
{
	(void)json_object_set_new(object, name, json_integer(value));
}

static void health_set_time(const struct ipc_request *q, json_t *object,
                            const char *name, int64_t when)
{
	js_set_string(object, name,
	              when > 0 ? clock_format_iso(q->arena, when) : NULL);
}

static int64_t seconds_since(int64_t when)
{
	int64_t now = clock_now();

	return when > 0 && when < now ? now - when : 0;
}

static void health_set_held(json_t *object, const char *name)
{
	json_t *by_reason = json_object();

	for (size_t i = 0; i < LENGTH(hold_texts); i++)
		health_set_number(by_reason, hold_texts[i].reason,
		                  held_count(name, hold_texts[i].reason));
	(void)json_object_set_new(object, "held", by_reason);
}

static void health_set_thresholds(const struct ipc_request *q, json_t *object,
                                  const char *name)
{
	int percent = threshold_percent(q->cfg, name);

	health_set_number(
	    object, "deactivated_day",
	    (int64_t)threshold_deactivations_since(name, THRESHOLD_DAY));
	health_set_number(object, "deactivations_allowed_day",
	                  (int64_t)threshold_deactivations_allowed(
			      name, THRESHOLD_DAY, percent));
	health_set_number(
	    object, "deactivated_week",
	    (int64_t)threshold_deactivations_since(name, THRESHOLD_WEEK));
	health_set_number(object, "deactivations_allowed_week",
	                  (int64_t)threshold_deactivations_allowed(
			      name, THRESHOLD_WEEK, percent));
	health_set_number(object, "deactivations_allowed_municipality_day",
	                  (int64_t)health_municipality_limit(q, name));
}

static void health_metrics_of(const struct ipc_request *q, const char *name)
{
	json_t *line = js_own(q->arena, json_pack("{s:i}", "v", 1));
	struct source_status s = source_status_of(q, name);
	int64_t first = state_number(sql_first_waiting, "t", name) / 1000;

	js_set_string(line, "directory", name);
	js_set_string(line, "state", s.state);
	health_set_number(line, "entries", count_by_sql(sql_entries, name));
	health_set_number(line, "active", count_by_sql(sql_active, name));
	health_set_number(line, "suspended", count_by_sql(sql_suspended, name));
	health_set_number(line, "pending", count_by_sql(sql_waiting, name));
	health_set_number(line, "quarantined",
	                  count_by_sql(sql_quarantined, name));
	health_set_number(line, "quarantined_elsewhere",
	                  count_by_sql(sql_quarantined_elsewhere, name));
	health_set_number(line, "not_taken", not_taken_count(name));
	health_set_number(line, "dates_unreadable", not_taken_date_count(name));
	health_set_number(line, "name_conflicts",
	                  count_by_sql(sql_name_conflicts, name));
	health_set_held(line, name);
	health_set_number(line, "lag", seconds_since(first));
	if (s.full_sync_at > 0)
		health_set_number(line, "full_sync_age",
		                  seconds_since(s.full_sync_at));
	health_set_time(q, line, "last_change", s.changed_at);
	health_set_time(q, line, "last_full_sync", s.full_sync_at);
	health_set_time(q, line, "last_error", s.error_at);
	js_set_string(line, "error", s.error);
	health_set_number(line, "groups_held",
	                  state_number(sql_groups_held, "t", name));
	health_set_thresholds(q, line, name);
	if (health_certificate(q, name) > 0)
		health_set_number(line, "certificate_expires",
		                  health_certificate(q, name));
	ipc_reply_line(q, "%s", js_dump(q->arena, line));
}

bool health_metrics(const struct ipc_request *q, char **argv, struct error *err)
{
	json_t *line = js_own(q->arena, json_pack("{s:i}", "v", 1));

	(void)argv, (void)err;
	for (size_t i = 0; i < q->cfg->directory_count; i++)
		health_metrics_of(q, q->cfg->directories[i].name);
	each_unconfigured(q, health_metrics_of);
	health_set_number(
	    line, "drift",
	    state_number("SELECT value FROM meta WHERE name = 'drift'", ""));
	health_set_time(q, line, "drift_at",
	                state_number("SELECT value FROM meta"
	                             " WHERE name = 'drift_at'",
	                             ""));
	ipc_reply_line(q, "%s", js_dump(q->arena, line));
	return true;
}
