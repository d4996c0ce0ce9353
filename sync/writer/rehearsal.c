/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dry_run.c: reports what a directory would change: the people it would
 * create or join, and the collisions.  Nothing is written. */
#include <string.h>

#include "lib/text.h"
#include "sync/writer/control.h"
#include "sync/writer/state.h"

enum { MOST_TOLD = 20 }; /* lines per kind of collision; all are counted */

struct rehearsal {
	const struct question *question;
	struct arena *arena; /* reset for each entry */
	const char *directory;
	json_t *logins, *mails, *names; /* value: entry, of existing people */
	json_t *counts;                 /* kind of line: count */
	json_t *joins;                  /* municipality: count */
	json_t *told;                   /* kind of collision: lines reported */
};

static void count(json_t *counts, const char *what)
{
	json_int_t n = json_integer_value(json_object_get(counts, what));

	(void)json_object_set_new(counts, what, json_integer(n + 1));
}

static void collides(struct rehearsal *h, const char *what,
                     const struct record *record, const char *value,
                     const char *with)
{
	json_int_t told = json_integer_value(json_object_get(h->told, what));

	count(h->counts, what);
	count(h->told, what);
	if (told < MOST_TOLD)
		answer_line(h->question, "%s: %s %s (%s)", what, record->dn,
		            value, with);
}

/* ---- existing affiliations */

static void know(json_t *known, const char *value, const char *whose)
{
	if (value)
		(void)json_object_set_new(known, value, json_string(whose));
}

static void know_all(struct rehearsal *h, struct arena *a)
{
	size_t found = 0;
	char ***rows = state_rows(
	    a, &found,
	    "SELECT directory || ':' || anchor,"
	    " json_extract(form, '$.portvaktMunicipality[0]'),"
	    " json_extract(form, '$.portvaktLogin[0]'),"
	    " json_extract(form, '$.mail[0]'), json_extract(form, '$.cn[0]')"
	    " FROM affiliations WHERE form IS NOT NULL AND directory <> ?1",
	    "t", h->directory);

	for (size_t i = 0; i < found; i++) {
		char **row = rows[i];

		if (row[2])
			know(h->logins,
			     arena_print(a, "%s@%s", row[2], row[1] ?: ""),
			     row[0]);
		know(h->mails, row[3] ? text_lower(a, row[3]) : NULL, row[0]);
		know(h->names, row[4], row[0]);
	}
}

/* ---- one entry of the directory */

static void count_joins(struct rehearsal *h, const struct record *record)
{
	size_t found = 0;
	char ***rows = state_rows(
	    h->arena, &found,
	    "SELECT DISTINCT json_extract(f.form, '$.portvaktMunicipality[0]')"
	    " FROM people AS p JOIN affiliations AS f ON f.person = p.id"
	    " WHERE p.joins = ?1 AND f.directory <> ?2",
	    "tt", record->joins, record->directory);

	if (found > 0)
		count(h->counts, "would join somebody");
	for (size_t i = 0; i < found; i++)
		count(h->joins, rows[i][0] ?: "?");
}

static bool is_twice(const struct record *record)
{
	return state_number("SELECT count(*) FROM records WHERE directory = ?1"
	                    " AND joins = ?2 AND anchor <> ?3",
	                    "ttt", record->directory, record->joins,
	                    record->anchor) > 0;
}

static void look_at_number(struct rehearsal *h, const struct record *record,
                           const struct shape *s)
{
	if (record->flaw)
		collides(h, "number that cannot be right", record, "",
		         record->flaw);
	if (!s->joins || !record->joins)
		count(h->counts, "has no number to be joined by");
	else if (is_twice(record))
		collides(h, "same number twice", record, "",
		         "in this directory");
	else
		count_joins(h, record);
}

static void look_at_one(struct rehearsal *h, const struct record *record,
                        const struct shape *s)
{
	struct arena *a = h->arena;
	const char *login = record_text(record, "login");
	const char *mail = record_text(record, "mail");
	const char *name = record_text(record, "name");
	const char *whose;

	count(h->counts, arena_print(a, "%s of %s", kind_name(s->kind),
	                             s->municipality->name));
	look_at_number(h, record, s);
	whose = login ? js_string(h->logins,
	                          arena_print(a, "%s@%s", text_lower(a, login),
	                                      s->municipality->name))
	              : NULL;
	if (whose)
		collides(h, "login name taken", record, login, whose);
	whose = mail ? js_string(h->mails, text_lower(a, mail)) : NULL;
	if (whose)
		collides(h, "mail of somebody else", record, mail, whose);
	whose = name ? js_string(h->names, name) : NULL;
	if (whose)
		count(h->counts, "is called as somebody else is");
}

static void look_at_all(struct rehearsal *h, const struct region *r,
                        struct arena *a)
{
	size_t found = 0;
	char ***rows = state_rows(a, &found,
	                          "SELECT anchor FROM records WHERE"
	                          " directory = ?1 AND class = 'person'"
	                          " ORDER BY place",
	                          "t", h->directory);

	for (size_t i = 0; i < found; i++) {
		h->arena = arena_open();
		const struct record *record =
		    record_read(h->arena, h->directory, rows[i][0]);
		struct shape s;

		count(h->counts, "entries");
		if (record_shape(h->arena, r, record, &s))
			look_at_one(h, record, &s);
		else
			count(h->counts, "nobody of ours");
		arena_close(h->arena);
	}
}

static void tell_counts(const struct rehearsal *h)
{
	const char *what;
	json_t *n;

	json_object_foreach(h->counts, what, n)
	{
		answer_line(h->question, "%lld %s",
		            (long long)json_integer_value(n), what);
	}
	json_object_foreach(h->joins, what, n)
	{
		answer_line(h->question, "%lld would join somebody of %s",
		            (long long)json_integer_value(n), what);
	}
}

bool rehearsal_tell(const struct question *q, char **words, struct fault *why)
{
	struct arena *a = q->arena;
	struct rehearsal h = { .question = q, .directory = words[1] };

	if (!words[1] || !region_directory(q->region, words[1]))
		return fault(why, FAULT_INVALID, "rehearse which directory?");
	if (!plan_is_complete(words[1]))
		return fault(why, FAULT_INVALID, "%s was not seen whole yet",
		             words[1]);
	h.logins = js_keep(a, json_object());
	h.mails = js_keep(a, json_object());
	h.names = js_keep(a, json_object());
	h.counts = js_keep(a, json_object());
	h.joins = js_keep(a, json_object());
	h.told = js_keep(a, json_object());
	know_all(&h, a);
	look_at_all(&h, q->region, a);
	tell_counts(&h);
	return true;
}
