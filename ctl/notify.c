/* SPDX-License-Identifier: AGPL-3.0-or-later
 * notify.c: `portvaktctl sync report`: prints the daily report, or decides
 * which municipalities get a mail now, and keeps what was sent. */
#include "ctl/notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/report.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/strbuf.h"

enum { STATE_VERSION = 1, STATE_MAX_BYTES = 1 << 20, DAY_S = 24 * 60 * 60 };

/* One run of `sync report --send`. */
struct notify_run {
	const struct command *command;
	const struct config *cfg;
	struct arena *arena;
	bool only_new;
	const json_t *attention, *links; /* lines of sync */
	json_t *sent; /* municipality: {daily, kinds: {kind: time}, present} */
	int64_t now;
	const char *today;
};

/* ---- what was sent */

static const char *notify_state_path(const struct notify_run *r)
{
	return arena_printf(r->arena, "%s/report/sent.json",
	                    r->cfg->state_directory);
}

/* A missing, damaged or other version counts as nothing sent. */
static void notify_load_state(struct notify_run *r)
{
	char *bytes = NULL;
	size_t length = 0;
	json_t *state = NULL;

	if (file_read(r->arena, notify_state_path(r), STATE_MAX_BYTES, &bytes,
	              &length, NULL) &&
	    js_parse(r->arena, bytes, length, &state, NULL) &&
	    js_number(state, "v", 0) == STATE_VERSION)
		r->sent = json_object_get(state, "municipalities");
	if (!json_is_object(r->sent))
		r->sent = js_own(r->arena, json_object());
}

static bool notify_save_state(const struct notify_run *r, struct error *err)
{
	const char *directory =
	    arena_printf(r->arena, "%s/report", r->cfg->state_directory);
	json_t *state =
	    js_own(r->arena, json_pack("{s:i, s:O}", "v", STATE_VERSION,
	                               "municipalities", r->sent));
	const char *text = js_dump(r->arena, state);

	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return error_set(err, ERROR_UNAVAILABLE, "%s: %m", directory);
	return file_write(notify_state_path(r), text, strlen(text), 0600, err);
}

/* ---- what a municipality is notified of */

static const json_t *notify_find_attention(const struct notify_run *r,
                                           const char *municipality)
{
	for (size_t i = 0; i < json_array_size(r->attention); i++) {
		const json_t *line = json_array_get(r->attention, i);

		if (text_equal(js_string(line, "municipality"), municipality))
			return line;
	}
	return NULL;
}

static int64_t notify_count_joins(const struct notify_run *r,
                                  const char *municipality)
{
	int64_t count = 0;

	for (size_t i = 0; i < json_array_size(r->links); i++) {
		const json_t *all =
		    js_array(json_array_get(r->links, i), "affiliations");
		bool here = false;

		for (size_t k = 0; k < json_array_size(all); k++)
			here |= text_equal(
			    js_string(json_array_get(all, k), "municipality"),
			    municipality);
		count += here;
	}
	return count;
}

static void notify_add_kinds(const struct notify_run *r, json_t *kinds,
                             const char *list, const json_t *rows)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		(void)json_object_set_new(
		    kinds,
		    arena_printf(r->arena, "%s %s %s", list,
		                 js_string(row, "directory"),
		                 js_string(row, "reason")),
		    json_true());
	}
}

/* Returns the kinds of what the municipality is notified of, as members. */
static json_t *notify_kinds(const struct notify_run *r,
                            const struct notification *n)
{
	json_t *kinds = js_own(r->arena, json_object());

	notify_add_kinds(r, kinds, "held", n->held);
	notify_add_kinds(r, kinds, "doubt", n->doubts);
	if (n->joins > 0)
		(void)json_object_set_new(kinds, "joins", json_true());
	return kinds;
}

/* ---- what is due */

/* A kind is new if it was absent in the last run and not in a mail of the last
 * 24 hours. */
static bool notify_has_new_kind(const struct notify_run *r, const json_t *of,
                                const json_t *kinds)
{
	const json_t *present = js_object(of, "present");
	const json_t *times = js_object(of, "kinds");
	const char *kind;
	json_t *unused;

	json_object_foreach((json_t *)kinds, kind, unused)
	{
		if (!json_object_get(present, kind) &&
		    r->now - js_number(times, kind, 0) >= DAY_S)
			return true;
	}
	return false;
}

static bool notify_is_due(const struct notify_run *r, const json_t *of,
                          const json_t *kinds)
{
	if (json_object_size(kinds) == 0)
		return false;
	return notify_has_new_kind(r, of, kinds) ||
	       (!r->only_new && !text_equal(js_string(of, "daily"), r->today));
}

/* Kinds that are gone keep their time for a day. */
static json_t *notify_times(const struct notify_run *r, const json_t *of,
                            const json_t *kinds, bool sent)
{
	json_t *times = json_object();
	const char *kind;
	json_t *time;

	json_object_foreach(js_object(of, "kinds"), kind, time)
	{
		if (r->now - json_integer_value(time) < DAY_S)
			(void)json_object_set(times, kind, time);
	}
	json_object_foreach((json_t *)kinds, kind, time)
	{
		if (sent)
			(void)json_object_set_new(times, kind,
			                          json_integer(r->now));
	}
	return times;
}

static void notify_record(struct notify_run *r, const char *municipality,
                          const json_t *of, json_t *kinds, bool sent)
{
	json_t *next =
	    json_pack("{s:o, s:O}", "kinds", notify_times(r, of, kinds, sent),
	              "present", kinds);

	js_set_string(next, "daily",
	              sent && !r->only_new ? r->today : js_string(of, "daily"));
	(void)json_object_set_new(r->sent, municipality, next);
}

/* Returns false if a mail was due and not sent; then it stays due. */
static bool notify_municipality(struct notify_run *r,
                                const struct municipality *m)
{
	const json_t *line = notify_find_attention(r, m->name);
	const struct notification n = { m, js_array(line, "held"),
		                        js_array(line, "doubts"),
		                        notify_count_joins(r, m->name) };
	const json_t *of = json_object_get(r->sent, m->name);
	json_t *kinds = notify_kinds(r, &n);
	bool due = notify_is_due(r, of, kinds);
	struct error err = { 0 };

	if (due && !notify_run_command(r->cfg,
	                               notify_format_mail(r->arena, r->cfg, &n),
	                               &err)) {
		log_event(LOG_REPORT_NOT_SENT, "municipality", m->name, "error",
		          err.text, NULL);
		return false;
	}
	if (due)
		printf("sent to %s: %zu kinds\n", m->name,
		       json_object_size(kinds));
	notify_record(r, m->name, of, kinds, due);
	return true;
}

bool notify_send(const struct command *c, const struct config *cfg,
                 bool only_new)
{
	struct notify_run r = { .command = c,
		                .cfg = cfg,
		                .arena = c->arena,
		                .only_new = only_new,
		                .now = clock_now() };
	struct tm day = clock_oslo(r.now);
	json_t *attention = NULL;
	json_t *links = NULL;
	struct error err = { 0 };
	bool good = true;

	if (!ctl_health_request(c, "attention", &attention) ||
	    !ctl_health_request(c, "links", &links))
		return false;
	log_open("portvaktctl");
	r.attention = attention;
	r.links = links;
	r.today = arena_printf(c->arena, "%04d-%02d-%02d", day.tm_year + 1900,
	                       day.tm_mon + 1, day.tm_mday);
	notify_load_state(&r);
	for (size_t i = 0; i < cfg->municipality_count; i++)
		if (*cfg->municipalities[i].notify)
			good &=
			    notify_municipality(&r, &cfg->municipalities[i]);
	if (notify_save_state(&r, &err))
		return good;
	log_event(LOG_REPORT_STATE_NOT_SAVED, "error", err.text, NULL);
	return false;
}

/* ---- the command */

/* The arguments of `sync report`. */
struct report_options {
	const char *language; /* NULL: the region's first */
	bool send, only_new;
};

static bool report_parse_options(const struct command *c,
                                 struct report_options *ret)
{
	*ret = (struct report_options){ 0 };
	for (int i = 2; i < c->argc; i++) {
		if (text_equal(c->argv[i], "--send"))
			ret->send = true;
		else if (text_equal(c->argv[i], "--new"))
			ret->only_new = true;
		else if (text_equal(c->argv[i], "--language") &&
		         i + 1 < c->argc)
			ret->language = c->argv[++i];
		else
			return false;
	}
	return ret->send || !ret->only_new;
}

int command_report(const struct command *c)
{
	struct report_options options;

	if (!report_parse_options(c, &options)) {
		fprintf(stderr, "usage: portvaktctl sync report [--language "
		                "nb|nn|en] [--send [--new]]\n");
		return EXIT_USAGE;
	}
	struct config *cfg = ctl_load_config(c);
	bool good = cfg != NULL;

	if (good && options.send)
		good = notify_send(c, cfg, options.only_new);
	else if (good)
		good = report_print_daily(
		    c, cfg,
		    report_language_index(options.language
		                              ? options.language
		                              : cfg->languages[0]));
	config_unref(cfg);
	return good ? 0 : 1;
}
