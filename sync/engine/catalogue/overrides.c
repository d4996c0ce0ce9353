/* SPDX-License-Identifier: AGPL-3.0-or-later
 * overrides.c: loads operators' overrides that are in force from ou=decisions
 * into the cache, on admin's request and every minute. */
#include "sync/engine/catalogue/overrides.h"

#include <stdatomic.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ldap/directory.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/state/dirty.h"
#include "sync/engine/state/state.h"

static atomic_bool load_requested = true;

void overrides_request_load(void)
{
	atomic_store(&load_requested, true);
}

bool overrides_load_requested(void)
{
	return atomic_exchange(&load_requested, false);
}

/* ---- reading */

static const char *const override_attributes[] = { "portvaktId",
	                                           "portvaktDecides",
	                                           "portvaktSubject",
	                                           "portvaktBy",
	                                           "portvaktReason",
	                                           "portvaktFrom",
	                                           "portvaktUntil",
	                                           "portvaktHash",
	                                           "ou",
	                                           NULL };

/* Overrides in force, by id, as JSON. */
struct override_reading {
	struct arena *arena;
	json_t *in_force;
	bool container_seen; /* ou=decisions itself is readable */
};

enum { INVALID_TIME = 1 }; /* an end that cannot be parsed */

/* A removal date (grace) takes effect at portvaktUntil; all others end then. */
static bool overrides_is_in_force(const char *action, int64_t until)
{
	if (text_equal(action, "grace"))
		return until != INVALID_TIME;
	return until == 0 || until > clock_now();
}

static int64_t overrides_time(const struct directory_entry *e, const char *name,
                              int64_t if_invalid)
{
	const char *text = directory_entry_text(e, name);
	int64_t when = 0;

	if (text && !clock_parse_generalized_time(text, &when))
		return if_invalid;
	return when;
}

static json_t *overrides_entry_to_json(struct arena *a,
                                       const struct directory_entry *e)
{
	char **subjects = directory_entry_texts(a, e, "portvaktSubject");
	json_t *body = js_own(a, json_object());
	json_t *list = json_array();

	for (; *subjects; subjects++)
		(void)json_array_append_new(list, json_string(*subjects));
	(void)json_object_set_new(body, "subjects", list);
	(void)json_object_set_new(
	    body, "from", json_integer(overrides_time(e, "portvaktFrom", 0)));
	(void)json_object_set_new(
	    body, "until",
	    json_integer(overrides_time(e, "portvaktUntil", INVALID_TIME)));
	js_set_string(body, "decides",
	              directory_entry_text(e, "portvaktDecides"));
	js_set_string(body, "by", directory_entry_text(e, "portvaktBy"));
	js_set_string(body, "reason",
	              directory_entry_text(e, "portvaktReason"));
	js_set_string(body, "hash", directory_entry_text(e, "portvaktHash"));
	return body;
}

static bool overrides_collect(void *data, const struct directory_entry *e,
                              struct error *err)
{
	struct override_reading *k = data;
	const char *id = directory_entry_text(e, "portvaktId");
	json_t *body = id ? overrides_entry_to_json(k->arena, e) : NULL;

	(void)err;
	k->container_seen |=
	    text_equal(directory_entry_text(e, "ou"), "decisions");
	if (body && overrides_is_in_force(js_string(body, "decides"),
	                                  js_number(body, "until", 0)))
		(void)json_object_set(k->in_force, id, body);
	return true;
}

/* A result without ou=decisions itself means missing read access: known
 * overrides are kept. */
static bool overrides_read(const struct config *cfg, struct override_reading *k,
                           struct error *err)
{
	char *base =
	    arena_printf(k->arena, "ou=decisions,%s", cfg->catalogue.base);

	if (!catalogue_for_each(catalogue_writer, cfg, base, SCOPE_BASE,
	                        "(objectClass=*)", override_attributes,
	                        overrides_collect, k, err) ||
	    !catalogue_for_each(catalogue_writer, cfg, base, SCOPE_ONE_LEVEL,
	                        "(objectClass=portvaktDecision)",
	                        override_attributes, overrides_collect, k, err))
		return false;
	return k->container_seen ||
	       error_set(err, ERROR_UNAVAILABLE,
	                 "ou=decisions is missing or not readable");
}

/* ---- storing */

/* Returns false if the subject is of no entry. */
static bool overrides_mark_entry_dirty(struct arena *a, const char *subject)
{
	const char *directory = NULL;
	const char *anchor = NULL;

	if (!overrides_split_subject(a, subject, &directory, &anchor))
		return false;
	dirty_mark(directory, anchor);
	return true;
}

/* Entries that took over an affiliation. */
static void overrides_mark_followers_dirty(struct arena *a, const char *former)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT subject FROM former_entries"
	                          " WHERE former = ?1",
	                          "t", former);

	for (size_t i = 0; i < count; i++)
		(void)overrides_mark_entry_dirty(a, rows[i][0]);
}

/* Marks the override's subject dirty. */
static void overrides_mark_subject_dirty(const char *subject)
{
	struct arena *a = arena_open();

	if (overrides_mark_entry_dirty(a, subject))
		overrides_mark_followers_dirty(a, subject);
	else
		state_exec("INSERT INTO dirty(directory, anchor, at)"
		           " SELECT directory, anchor, ?2 FROM affiliations"
		           " WHERE id = ?1"
		           " ON CONFLICT DO UPDATE SET gen = gen + 1",
		           "ti", subject, state_now_ms());
	arena_close(a);
}

static void overrides_each_subject(const json_t *body,
                                   void (*act)(const char *subject))
{
	const json_t *list = js_array(body, "subjects");

	for (size_t i = 0; i < json_array_size(list); i++)
		act(json_string_value(json_array_get(list, i)));
}

static void overrides_delete(const char *id, const json_t *body)
{
	overrides_each_subject(body, overrides_mark_subject_dirty);
	state_exec("DELETE FROM decided WHERE id = ?1", "t", id);
	state_exec("DELETE FROM decisions WHERE id = ?1", "t", id);
}

static void overrides_store(struct arena *a, const char *id, const json_t *body)
{
	const json_t *list = js_array(body, "subjects");
	const char *action = js_string(body, "decides");
	int64_t from = js_number(body, "from", 0);

	state_exec("INSERT INTO decisions VALUES(?1, ?2, ?3, ?4)", "ttit", id,
	           action, from, js_dump(a, body));
	for (size_t i = 0; i < json_array_size(list); i++)
		state_exec(
		    "INSERT OR IGNORE INTO decided VALUES(?1, ?2, ?3, ?4)",
		    "ttit", json_string_value(json_array_get(list, i)), action,
		    from, id);
	overrides_each_subject(body, overrides_mark_subject_dirty);
}

/* Replaces overrides that differ; what remains in in_force is new. */
static void overrides_store_all(struct override_reading *k)
{
	struct arena *a = k->arena;
	size_t count = 0;
	char ***rows =
	    state_rows(a, &count, "SELECT id, body FROM decisions", "");
	const char *id;
	json_t *body;

	for (size_t i = 0; i < count; i++) {
		json_t *known = entry_json_parse(a, rows[i][1]);

		if (json_equal(known, json_object_get(k->in_force, rows[i][0])))
			(void)json_object_del(k->in_force, rows[i][0]);
		else
			overrides_delete(rows[i][0], known);
	}
	json_object_foreach(k->in_force, id, body)
	{
		overrides_store(a, id, body);
	}
}

bool overrides_load(const struct config *cfg, struct error *err)
{
	struct override_reading k = { .arena = arena_open() };

	k.in_force = js_own(k.arena, json_object());
	bool good = overrides_read(cfg, &k, err);
	if (good) {
		state_lock();
		state_begin();
		overrides_store_all(&k);
		state_commit();
		state_unlock();
	}
	arena_close(k.arena);
	return good;
}

/* ---- lookup */

static void overrides_from_row(struct arena *a, char **row,
                               struct sync_override *d)
{
	const json_t *body = entry_json_parse(a, row[1]);
	const json_t *list = js_array(body, "subjects");
	size_t count = json_array_size(list);

	*d = (struct sync_override){
		.id = row[0],
		.action = js_string(body, "decides"),
		.by = js_string(body, "by"),
		.reason = js_string(body, "reason"),
		.hash = js_string(body, "hash"),
		.from = js_number(body, "from", 0),
		.until = js_number(body, "until", 0),
		.subjects = arena_array(a, const char *, count + 1),
		.count = count,
	};
	for (size_t i = 0; i < count; i++)
		d->subjects[i] = json_string_value(json_array_get(list, i));
}

/* Most subjects have none. */
static bool overrides_has_any(const char *subject)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM decided"
	                    " WHERE subject = ?1) OR EXISTS (SELECT 1"
	                    " FROM former_entries WHERE subject = ?1)",
	                    "t", subject) > 0;
}

const struct sync_override *overrides_latest(struct arena *a,
                                             const char *actions,
                                             const char *subject)
{
	size_t count = 0;

	if (!overrides_has_any(subject))
		return NULL;
	char ***rows = state_rows(
	    a, &count,
	    "SELECT d.id, d.body FROM decided AS x JOIN decisions AS d"
	    " ON d.id = x.id WHERE x.subject IN (SELECT ?1 UNION ALL"
	    " SELECT former FROM former_entries WHERE subject = ?1)"
	    " AND instr(' ' || ?2 || ' ', ' ' || x.decides || ' ') > 0"
	    " ORDER BY x.at DESC, x.id DESC LIMIT 1",
	    "tt", subject, actions);

	if (count == 0)
		return NULL;
	struct sync_override *d = arena_new(a, struct sync_override);
	overrides_from_row(a, rows[0], d);
	return d;
}

const struct sync_override *overrides_of_entry(struct arena *a,
                                               const char *directory,
                                               const char *anchor)
{
	return overrides_latest(a, "join new out part",
	                        overrides_subject(a, directory, anchor));
}

const struct sync_override *overrides_list(struct arena *a, const char *actions,
                                           const char *subject,
                                           size_t *ret_count)
{
	char ***rows = state_rows(
	    a, ret_count,
	    "SELECT id, body FROM decisions AS d WHERE"
	    " instr(' ' || ?1 || ' ', ' ' || decides || ' ') > 0"
	    " AND (?2 IS NULL OR EXISTS (SELECT 1 FROM decided AS x"
	    " WHERE x.subject = ?2 AND x.id = d.id)) ORDER BY at, id",
	    "tt", actions, subject);
	struct sync_override *all =
	    arena_array(a, struct sync_override, *ret_count);

	for (size_t i = 0; i < *ret_count; i++)
		overrides_from_row(a, rows[i], &all[i]);
	return all;
}

void overrides_follow(const char *former, const char *subject)
{
	state_exec("INSERT OR IGNORE INTO former_entries SELECT ?1, former"
	           " FROM former_entries WHERE subject = ?2",
	           "tt", subject, former);
	state_exec("INSERT OR IGNORE INTO former_entries SELECT ?1, ?2"
	           " WHERE EXISTS (SELECT 1 FROM decided WHERE subject = ?2)",
	           "tt", subject, former);
}

const char *overrides_target(const struct sync_override *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (!strchr(d->subjects[i], ':'))
			return d->subjects[i];
	return NULL;
}

char *overrides_subject(struct arena *a, const char *directory,
                        const char *anchor)
{
	return arena_printf(a, "%s:%s", directory, anchor);
}

bool overrides_split_subject(struct arena *a, const char *subject,
                             const char **ret_directory,
                             const char **ret_anchor)
{
	const char *colon = subject ? strchr(subject, ':') : NULL;

	if (!colon)
		return false;
	*ret_directory = arena_memdup(a, subject, (size_t)(colon - subject));
	*ret_anchor = colon + 1;
	return true;
}
