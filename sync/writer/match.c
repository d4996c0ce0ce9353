/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join.c: correlates a source entry with a person: by override, then by
 * anchor, join value, and what an entry of a rebuilt directory shares with a
 * former one; never by name.  Ambiguous entries go into quarantine. */
#include "sync/writer/match.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/fold.h"
#include "lib/list.h"
#include "lib/text.h"
#include "sync/writer/belong.h"
#include "sync/writer/state.h"

static enum match doubt(const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return MATCH_DOUBT;
}

/* A linked entry stays linked; only its number may be in doubt. */
static enum match decide_linked(const struct match_facts *f,
                                const char **ret_reason)
{
	if (f->flawed) {
		*ret_reason = "national-id-invalid";
		return MATCH_LINKED;
	}
	if (!f->may_join || f->same_as_linked)
		return MATCH_LINKED;
	if (f->swapped)
		return doubt("numbers-swapped", ret_reason);
	if (f->others > 0)
		return doubt("join-value-of-another", ret_reason);
	return f->disputed ? doubt("join-value-changed", ret_reason)
	                   : MATCH_LINKED;
}

enum match match_decide(const struct match_facts *f, const char **ret_reason)
{
	*ret_reason = NULL;
	if (f->linked)
		return decide_linked(f, ret_reason);
	/* One of the two numbers is mistyped, and would give access as the
	 * other. */
	if (f->may_join && f->twice)
		return doubt("same-number-twice", ret_reason);
	if (f->may_join && f->others > 1)
		return doubt("join-value-of-several", ret_reason);
	if (f->may_join && f->other_name)
		return doubt("join-value-of-another", ret_reason);
	bool joins = f->may_join && f->others == 1;
	if (f->returning != 1 && !joins && f->login_left > 0)
		return doubt("login-name-of-leaver", ret_reason);
	if (f->flawed)
		*ret_reason = "national-id-invalid";
	if (f->returning == 1)
		return MATCH_RETURN;
	return joins ? MATCH_JOIN : MATCH_NEW;
}

/* ---- quarantine */

void match_forget(const char *directory, const char *anchor)
{
	state_do("DELETE FROM quarantine WHERE directory = ?1"
	         " AND anchor = ?2",
	         "tt", directory, anchor);
}

/* Keeps the reason that feide.c sets and clears. */
static void be_sure(const struct record *record)
{
	state_do("DELETE FROM quarantine WHERE directory = ?1"
	         " AND anchor = ?2 AND reason <> 'login-name-taken'",
	         "tt", record->directory, record->anchor);
}

static void quarantine(const struct record *record, const char *reason)
{
	if (!reason) {
		be_sure(record);
		return;
	}
	state_do("INSERT INTO quarantine VALUES(?1, ?2, ?3, ?4)"
	         " ON CONFLICT DO UPDATE SET reason = excluded.reason",
	         "ttti", record->directory, record->anchor, reason,
	         clock_now());
}

/* ---- entries and people with the same join value */

static const char *value_of(const struct matching *m)
{
	return m->shape->joins && !m->record->flaw ? m->record->joins : NULL;
}

static char *names_of(struct arena *a, const struct record *record)
{
	const char *const said[] = { record_text(record, "given-name"),
		                     record_text(record, "family-name"),
		                     record_text(record, "name") };
	struct text names = text_in(a);

	for (size_t i = 0; i < LENGTH(said); i++)
		if (said[i])
			text_addf(&names, " %s", said[i]);
	return names.at;
}

/* Returns the names in the catalogue and in each source entry. */
static char *names_of_person(struct arena *a, const char *person)
{
	struct text names = text_in(a);
	size_t count = 0;
	const char *written =
	    state_text(a,
	               "SELECT json_extract(form, '$.givenName[0]') || ' ' ||"
	               " json_extract(form, '$.sn[0]') FROM people"
	               " WHERE id = ?1",
	               "t", person);
	char ***rows = state_rows(a, &count,
	                          "SELECT directory, anchor FROM affiliations"
	                          " WHERE person = ?1",
	                          "t", person);

	if (written)
		text_add(&names, written);
	for (size_t i = 0; i < count; i++) {
		const struct record *one =
		    record_read(a, rows[i][0], rows[i][1]);

		if (one)
			text_addf(&names, " %s", names_of(a, one));
	}
	return names.at;
}

/* An unknown name is not different. */
static bool differ(struct arena *a, const char *one, const char *other)
{
	return *fold_name(a, one) && *fold_name(a, other) &&
	       !fold_shares_word(a, one, other);
}

/* Kinds compare by position: teacher and employee are one, pupil is not. */
static bool is_same_post(enum kind one, enum kind other)
{
	if (one == KIND_TEACHER)
		one = KIND_EMPLOYEE;
	return one == (other == KIND_TEACHER ? KIND_EMPLOYEE : other);
}

/* Returns whether another entry of the same municipality and position has this
 * number.  A pupil may also be employed, and one directory may feed two
 * municipalities. */
static bool is_twice(struct matching *m, const struct record *other)
{
	struct shape s;

	return record_shape(m->arena, m->region, other, &s) &&
	       s.municipality == m->shape->municipality &&
	       is_same_post(s.kind, m->shape->kind);
}

static void look_at_namesakes(struct matching *m, struct match_facts *f)
{
	size_t count = 0;
	char ***rows = state_rows(
	    m->arena, &count,
	    "SELECT r.directory, r.anchor, f.person FROM records"
	    " AS r LEFT JOIN affiliations AS f"
	    " ON f.directory = r.directory AND f.anchor = r.anchor"
	    " WHERE r.joins = ?1 AND NOT (r.directory = ?2 AND"
	    " r.anchor = ?3)",
	    "ttt", value_of(m), m->record->directory, m->record->anchor);

	for (size_t i = 0; i < count; i++) {
		const struct record *other =
		    record_read(m->arena, rows[i][0], rows[i][1]);

		f->twice |= is_twice(m, other);
		f->other_name |= !rows[i][2] &&
		                 differ(m->arena, names_of(m->arena, m->record),
		                        names_of(m->arena, other));
	}
}

/* Finds people with this value, except the linked and the excluded one. */
static void look_at_people(struct matching *m, struct match_facts *f)
{
	size_t count = 0;
	char ***rows = state_rows(m->arena, &count,
	                          "SELECT id FROM people WHERE joins = ?1"
	                          " AND id IS NOT ?2 AND id IS NOT ?3",
	                          "ttt", value_of(m), m->person, m->never);

	f->others = count;
	if (count != 1)
		return;
	m->other = rows[0][0];
	f->other_name |= differ(m->arena, names_of(m->arena, m->record),
	                        names_of_person(m->arena, m->other));
}

/* Returns whether an entry of the other person has the linked person's
 * value. */
static bool is_swapped(struct matching *m, const char *own)
{
	return own && m->other &&
	       state_number("SELECT count(*) FROM affiliations AS f"
	                    " JOIN records AS r ON r.directory = f.directory"
	                    " AND r.anchor = f.anchor"
	                    " WHERE f.person = ?1 AND r.joins = ?2",
	                    "tt", m->other, own) > 0;
}

static bool is_disputed(struct matching *m)
{
	return state_number("SELECT count(*) FROM affiliations AS f"
	                    " JOIN records AS r ON r.directory = f.directory"
	                    " AND r.anchor = f.anchor"
	                    " WHERE f.person = ?1 AND r.joins <> ?2",
	                    "tt", m->person, value_of(m)) > 0;
}

/* ---- leavers that may be this entry */

/* An affiliation whose entry is gone from this directory. */
struct leaver {
	const char *id, *form, *joins;
};

static const struct leaver *leavers(struct matching *m, const char *login,
                                    size_t *ret_count)
{
	char ***rows = state_rows(
	    m->arena, ret_count,
	    "SELECT f.id, f.form, p.joins FROM (SELECT id FROM affiliations"
	    "  WHERE json_extract(form, '$.portvaktLogin[0]') = ?2"
	    "  UNION SELECT x.id FROM people AS y CROSS JOIN affiliations AS x"
	    "  ON x.person = y.id WHERE y.joins = ?3) AS c"
	    " CROSS JOIN affiliations AS f ON f.id = c.id"
	    " CROSS JOIN people AS p ON p.id = f.person"
	    " WHERE f.directory = ?1 AND p.id IS NOT ?4"
	    " AND f.form IS NOT NULL"
	    " AND NOT EXISTS (SELECT 1 FROM records AS r"
	    " WHERE r.directory = f.directory AND r.anchor = f.anchor)",
	    "tttt", m->record->directory, login, value_of(m), m->never);
	struct leaver *all = arena_array(m->arena, struct leaver, *ret_count);

	for (size_t i = 0; i < *ret_count; i++)
		all[i] = (struct leaver){ rows[i][0], rows[i][1], rows[i][2] };
	return all;
}

static bool had_this_post(const struct matching *m, const json_t *form)
{
	return text_equal(form_text(form, "portvaktMunicipality"),
	                  m->shape->municipality->name) &&
	       is_same_post(kind_from(form_text(form, "portvaktKind")),
	                    m->shape->kind);
}

static bool has_same(const json_t *one, const json_t *other, const char *name)
{
	return form_text(one, name) &&
	       text_equal(form_text(one, name), form_text(other, name));
}

static void look_at_leaver(struct matching *m, struct match_facts *f,
                           const json_t *now, const struct leaver *l)
{
	const char *value = value_of(m);
	json_t *was = NULL;

	if (!js_read(m->arena, l->form, strlen(l->form), &was, NULL))
		return;
	bool by_number = value && text_equal(value, l->joins);
	bool by_login = has_same(now, was, "portvaktLogin");

	/* Different numbers are different people, whatever else matches. */
	if (value && l->joins && !by_number)
		return;
	f->login_left += by_login && !by_number;
	if (!had_this_post(m, was) ||
	    (!by_number && !(by_login && has_same(now, was, "employeeNumber"))))
		return;
	f->returning++;
	m->returned = l->id;
}

/* In a directory that was not read completely no entry counts as gone. */
static void look_at_leavers(struct matching *m, struct match_facts *f)
{
	const json_t *now =
	    form_of_affiliation(m->arena, m->record, m->shape, "");
	const char *login = form_text(now, "portvaktLogin");
	size_t count = 0;

	if (!plan_was_seen(m->record->directory))
		return;
	const struct leaver *all = leavers(m, login, &count);
	for (size_t i = 0; i < count; i++)
		look_at_leaver(m, f, now, &all[i]);
}

/* ---- decision */

static struct match_facts look(struct matching *m)
{
	const char *value = value_of(m);
	char *own = m->person ? state_text(m->arena,
	                                   "SELECT joins FROM people"
	                                   " WHERE id = ?1",
	                                   "t", m->person)
	                      : NULL;
	struct match_facts f = {
		.linked = m->person != NULL,
		.flawed = m->record->flaw != NULL,
		.may_join = value != NULL,
		.same_as_linked = own && text_equal(own, value),
	};

	if (value && !f.same_as_linked)
		look_at_people(m, &f);
	if (!f.linked) {
		if (value)
			look_at_namesakes(m, &f);
		look_at_leavers(m, &f);
	} else if (value && !f.same_as_linked) {
		f.swapped = is_swapped(m, own);
		f.disputed = own && is_disputed(m);
	}
	return f;
}

/* If an override excludes the person with this number, the new one has no join
 * value. */
static const char *own_value(const struct matching *m)
{
	const char *value = value_of(m);

	if (!value || !m->never ||
	    state_number("SELECT count(*) FROM people WHERE joins = ?1", "t",
	                 value) == 0)
		return value;
	return NULL;
}

static bool match_by_rules(struct matching *m)
{
	struct match_facts facts = look(m);
	const char *reason = NULL;
	enum match answer = match_decide(&facts, &reason);

	quarantine(m->record, reason);
	switch (answer) {
	case MATCH_DOUBT:
		return facts.linked;
	case MATCH_LINKED:
		if (facts.may_join && !reason)
			belong_claim(m->person, value_of(m));
		return true;
	case MATCH_RETURN:
		belong_return(m->arena, m->record, m->returned);
		return true;
	case MATCH_JOIN:
		belong_add(m->arena, m->record, m->other);
		return true;
	case MATCH_NEW:
		belong_add(m->arena, m->record,
		           belong_person(m->arena, own_value(m)));
		return true;
	}
	return false;
}

bool match(struct arena *a, const struct region *r, const struct record *record,
           const struct shape *s, const char **ret_left)
{
	struct matching m = {
		.arena = a, .region = r, .record = record, .shape = s
	};

	m.person = state_text(a,
	                      "SELECT person FROM affiliations"
	                      " WHERE directory = ?1 AND anchor = ?2",
	                      "tt", record->directory, record->anchor);
	bool decided = obey(&m);
	if (decided)
		quarantine(record, NULL);
	bool is_somebody = decided || match_by_rules(&m);
	*ret_left = m.left;
	return is_somebody;
}
