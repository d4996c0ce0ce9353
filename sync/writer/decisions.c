/* SPDX-License-Identifier: AGPL-3.0-or-later
 * overrides.c: loads operators' overrides that are in force from ou=decisions
 * into the cache, on admin's request and every minute. */
#include "sync/writer/decisions.h"

#include <stdatomic.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/state.h"

static atomic_bool wanted = true;

void decisions_want(void)
{
	atomic_store(&wanted, true);
}

bool decisions_are_wanted(void)
{
	return atomic_exchange(&wanted, false);
}

/* ---- reading */

static const char *const names[] = { "portvaktId",
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
struct decisions {
	struct arena *arena;
	json_t *found;
	bool is_there; /* ou=decisions itself is readable */
};

enum { UNREADABLE = 1 }; /* an end that cannot be parsed */

/* A removal date (grace) takes effect at portvaktUntil; all others end then. */
static bool is_in_force(const char *decides, int64_t until)
{
	if (text_equal(decides, "grace"))
		return until != UNREADABLE;
	return until == 0 || until > clock_now();
}

static int64_t time_in(const struct directory_entry *e, const char *name,
                       int64_t in_doubt)
{
	const char *text = entry_text(e, name);
	int64_t when = 0;

	if (text && !clock_from_ldap(text, &when))
		return in_doubt;
	return when;
}

static json_t *body_of(struct arena *a, const struct directory_entry *e)
{
	char **subjects = entry_texts(a, e, "portvaktSubject");
	json_t *body = js_keep(a, json_object());
	json_t *list = json_array();

	for (; *subjects; subjects++)
		(void)json_array_append_new(list, json_string(*subjects));
	(void)json_object_set_new(body, "subjects", list);
	(void)json_object_set_new(body, "from",
	                          json_integer(time_in(e, "portvaktFrom", 0)));
	(void)json_object_set_new(
	    body, "until",
	    json_integer(time_in(e, "portvaktUntil", UNREADABLE)));
	js_put(body, "decides", entry_text(e, "portvaktDecides"));
	js_put(body, "by", entry_text(e, "portvaktBy"));
	js_put(body, "reason", entry_text(e, "portvaktReason"));
	js_put(body, "hash", entry_text(e, "portvaktHash"));
	return body;
}

static bool found(void *with, const struct directory_entry *e,
                  struct fault *why)
{
	struct decisions *k = with;
	const char *id = entry_text(e, "portvaktId");
	json_t *body = id ? body_of(k->arena, e) : NULL;

	(void)why;
	k->is_there |= text_equal(entry_text(e, "ou"), "decisions");
	if (body && is_in_force(js_string(body, "decides"),
	                        js_number(body, "until", 0)))
		(void)json_object_set(k->found, id, body);
	return true;
}

/* A result without ou=decisions itself means missing read access: known
 * overrides are kept. */
static bool read_all(const struct region *r, struct decisions *k,
                     struct fault *why)
{
	char *base =
	    arena_print(k->arena, "ou=decisions,%s", r->catalogue.base);

	if (!catalogue_each(catalogue_writer, r, base, SCOPE_BASE,
	                    "(objectClass=*)", names, found, k, why) ||
	    !catalogue_each(catalogue_writer, r, base, SCOPE_ONE,
	                    "(objectClass=portvaktDecision)", names, found, k,
	                    why))
		return false;
	return k->is_there ||
	       fault(why, FAULT_UNAVAILABLE, "ou=decisions cannot be read");
}

/* ---- storing */

/* Marks the override's subject dirty. */
static void dirty_subject(const char *subject)
{
	const char *colon = strchr(subject, ':');
	struct arena *a = arena_open();

	if (colon)
		make_dirty(arena_bytes(a, subject, (size_t)(colon - subject)),
		           colon + 1);
	else
		state_do("INSERT INTO dirty(directory, anchor, at)"
		         " SELECT directory, anchor, ?2 FROM affiliations"
		         " WHERE id = ?1"
		         " ON CONFLICT DO UPDATE SET gen = gen + 1",
		         "ti", subject, now_ms());
	arena_close(a);
}

static void each_subject(const json_t *body, void (*act)(const char *subject))
{
	const json_t *list = js_array(body, "subjects");

	for (size_t i = 0; i < json_array_size(list); i++)
		act(json_string_value(json_array_get(list, i)));
}

static void forget(const char *id, const json_t *body)
{
	each_subject(body, dirty_subject);
	state_do("DELETE FROM decided WHERE id = ?1", "t", id);
	state_do("DELETE FROM decisions WHERE id = ?1", "t", id);
}

static void keep(struct arena *a, const char *id, const json_t *body)
{
	const json_t *list = js_array(body, "subjects");
	const char *decides = js_string(body, "decides");
	int64_t from = js_number(body, "from", 0);

	state_do("INSERT INTO decisions VALUES(?1, ?2, ?3, ?4)", "ttit", id,
	         decides, from, js_write(a, body));
	for (size_t i = 0; i < json_array_size(list); i++)
		state_do("INSERT OR IGNORE INTO decided VALUES(?1, ?2, ?3, ?4)",
		         "ttit", json_string_value(json_array_get(list, i)),
		         decides, from, id);
	each_subject(body, dirty_subject);
}

static json_t *body_in(struct arena *a, const char *text)
{
	json_t *body = NULL;

	return js_read(a, text, strlen(text), &body, NULL)
	           ? body
	           : js_keep(a, json_object());
}

/* Replaces overrides that differ; what remains in in_force is new. */
static void keep_all(struct decisions *k)
{
	struct arena *a = k->arena;
	size_t count = 0;
	char ***rows =
	    state_rows(a, &count, "SELECT id, body FROM decisions", "");
	const char *id;
	json_t *body;

	for (size_t i = 0; i < count; i++) {
		json_t *known = body_in(a, rows[i][1]);

		if (json_equal(known, json_object_get(k->found, rows[i][0])))
			(void)json_object_del(k->found, rows[i][0]);
		else
			forget(rows[i][0], known);
	}
	json_object_foreach(k->found, id, body)
	{
		keep(a, id, body);
	}
}

bool decisions_read(const struct region *r, struct fault *why)
{
	struct decisions k = { .arena = arena_open() };

	k.found = js_keep(k.arena, json_object());
	bool good = read_all(r, &k, why);
	if (good) {
		state_lock();
		state_begin();
		keep_all(&k);
		state_commit();
		state_unlock();
	}
	arena_close(k.arena);
	return good;
}

/* ---- lookup */

static void fill(struct arena *a, char **row, struct decision *d)
{
	const json_t *body = body_in(a, row[1]);
	const json_t *list = js_array(body, "subjects");
	size_t count = json_array_size(list);

	*d = (struct decision){
		.id = row[0],
		.decides = js_string(body, "decides"),
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

const struct decision *decision_of(struct arena *a, const char *decides,
                                   const char *subject)
{
	struct decision *d = arena_new(a, struct decision);
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count,
	    "SELECT d.id, d.body FROM decided AS x JOIN decisions AS d"
	    " ON d.id = x.id WHERE x.subject = ?1"
	    " AND instr(' ' || ?2 || ' ', ' ' || x.decides || ' ') > 0"
	    " ORDER BY x.at DESC, x.id DESC LIMIT 1",
	    "tt", subject, decides);

	if (count == 0)
		return NULL;
	fill(a, rows[0], d);
	return d;
}

const struct decision *decisions_of(struct arena *a, const char *decides,
                                    const char *subject, size_t *ret_count)
{
	char ***rows = state_rows(
	    a, ret_count,
	    "SELECT id, body FROM decisions AS d WHERE"
	    " instr(' ' || ?1 || ' ', ' ' || decides || ' ') > 0"
	    " AND (?2 IS NULL OR EXISTS (SELECT 1 FROM decided AS x"
	    " WHERE x.subject = ?2 AND x.id = d.id)) ORDER BY at, id",
	    "tt", decides, subject);
	struct decision *all = arena_array(a, struct decision, *ret_count);

	for (size_t i = 0; i < *ret_count; i++)
		fill(a, rows[i], &all[i]);
	return all;
}

const char *decision_person(const struct decision *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (!strchr(d->subjects[i], ':'))
			return d->subjects[i];
	return NULL;
}

char *decision_subject(struct arena *a, const char *directory,
                       const char *anchor)
{
	return arena_print(a, "%s:%s", directory, anchor);
}
