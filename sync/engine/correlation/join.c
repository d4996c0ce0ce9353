/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join.c: the correlation rules: links a source entry to a person by override,
 * then by anchor, join value, and what an entry of a rebuilt directory shares
 * with a former one; never by name.  Ambiguous entries go into quarantine. */
#include "sync/engine/correlation/join.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/name_fold.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/correlation/account_link.h"
#include "sync/engine/correlation/join_private.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"
#include "sync/engine/target/desired_entry.h"

static enum join_result join_ambiguous(const char *reason,
                                       const char **ret_reason)
{
	*ret_reason = reason;
	return JOIN_AMBIGUOUS;
}

/* A linked entry stays linked; only its number may be in doubt. */
static enum join_result join_decide_linked(const struct join_facts *f,
                                           const char **ret_reason)
{
	if (f->invalid_number) {
		*ret_reason = "national-id-invalid";
		return JOIN_LINKED;
	}
	if (!f->may_join || f->same_as_linked)
		return JOIN_LINKED;
	if (f->numbers_swapped)
		return join_ambiguous("numbers-swapped", ret_reason);
	if (f->other_people > 0)
		return join_ambiguous("join-value-of-another", ret_reason);
	return f->disputed ? join_ambiguous("join-value-changed", ret_reason)
	                   : JOIN_LINKED;
}

enum join_result join_decide(const struct join_facts *f,
                             const char **ret_reason)
{
	*ret_reason = NULL;
	if (f->linked)
		return join_decide_linked(f, ret_reason);
	/* One of the two numbers is mistyped, and would give access as the
	 * other. */
	if (f->may_join && f->duplicate)
		return join_ambiguous("same-number-twice", ret_reason);
	if (f->may_join && f->other_people > 1)
		return join_ambiguous("join-value-of-several", ret_reason);
	if (f->may_join && f->names_differ)
		return join_ambiguous("join-value-of-another", ret_reason);
	bool joins = f->may_join && f->other_people == 1;
	if (f->reattachable != 1 && !joins && f->login_only > 0)
		return join_ambiguous("login-name-of-leaver", ret_reason);
	if (f->invalid_number)
		*ret_reason = "national-id-invalid";
	if (f->reattachable == 1)
		return JOIN_REATTACH;
	return joins ? JOIN_EXISTING_PERSON : JOIN_NEW_PERSON;
}

/* ---- entries and people with the same join value */

static const char *join_value_of_entry(const struct join_context *m)
{
	return m->classification->joins_by_national_id &&
	               !m->entry->national_id_error
	           ? m->entry->join_value
	           : NULL;
}

static char *join_entry_names(struct arena *a, const struct source_entry *entry)
{
	const char *const parts[] = { source_entry_value(entry, "given-name"),
		                      source_entry_value(entry, "family-name"),
		                      source_entry_value(entry, "name") };
	struct strbuf names = strbuf_init(a);

	for (size_t i = 0; i < LENGTH(parts); i++)
		if (parts[i])
			strbuf_appendf(&names, " %s", parts[i]);
	return names.data;
}

/* Returns the names in the catalogue and in each source entry. */
static char *join_person_names(struct arena *a, const char *person)
{
	struct strbuf names = strbuf_init(a);
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
		strbuf_append(&names, written);
	for (size_t i = 0; i < count; i++) {
		const struct source_entry *one =
		    source_entry_load(a, rows[i][0], rows[i][1]);

		if (one)
			strbuf_appendf(&names, " %s", join_entry_names(a, one));
	}
	return names.data;
}

/* An unknown name is not different. */
static bool join_names_are_different(struct arena *a, const char *one,
                                     const char *other)
{
	return *name_fold(a, one) && *name_fold(a, other) &&
	       !name_fold_shares_token(a, one, other);
}

/* Kinds compare by position: teacher and employee are one, pupil is not. */
static bool join_is_same_position(enum affiliation_type one,
                                  enum affiliation_type other)
{
	if (one == KIND_TEACHER)
		one = KIND_EMPLOYEE;
	return one == (other == KIND_TEACHER ? KIND_EMPLOYEE : other);
}

/* Returns whether another entry of the same municipality and position has this
 * number.  A pupil may also be employed, and one directory may feed two
 * municipalities. */
static bool join_is_duplicate(struct join_context *m,
                              const struct source_entry *other)
{
	struct classification s;

	return source_entry_classify(m->arena, m->cfg, other, &s) &&
	       s.municipality == m->classification->municipality &&
	       join_is_same_position(s.kind, m->classification->kind);
}

static void join_check_duplicates(struct join_context *m, struct join_facts *f)
{
	size_t count = 0;
	char ***rows =
	    state_rows(m->arena, &count,
	               "SELECT r.directory, r.anchor, f.person FROM records"
	               " AS r LEFT JOIN affiliations AS f"
	               " ON f.directory = r.directory AND f.anchor = r.anchor"
	               " WHERE r.joins = ?1 AND NOT (r.directory = ?2 AND"
	               " r.anchor = ?3)",
	               "ttt", join_value_of_entry(m), m->entry->directory,
	               m->entry->anchor);

	for (size_t i = 0; i < count; i++) {
		const struct source_entry *other =
		    source_entry_load(m->arena, rows[i][0], rows[i][1]);

		f->duplicate |= join_is_duplicate(m, other);
		f->names_differ |=
		    !rows[i][2] &&
		    join_names_are_different(
			m->arena, join_entry_names(m->arena, m->entry),
			join_entry_names(m->arena, other));
	}
}

/* Finds people with this value, except the linked and the excluded one. */
static void join_check_people(struct join_context *m, struct join_facts *f)
{
	size_t count = 0;
	char ***rows = state_rows(m->arena, &count,
	                          "SELECT id FROM people WHERE joins = ?1"
	                          " AND id IS NOT ?2 AND id IS NOT ?3",
	                          "ttt", join_value_of_entry(m), m->person,
	                          m->excluded_person);

	f->other_people = count;
	if (count != 1)
		return;
	m->other_person = rows[0][0];
	f->names_differ |= join_names_are_different(
	    m->arena, join_entry_names(m->arena, m->entry),
	    join_person_names(m->arena, m->other_person));
}

/* Returns whether an entry of the other person has the linked person's
 * value. */
static bool join_is_swapped(struct join_context *m, const char *person_value)
{
	return person_value && m->other_person &&
	       state_number("SELECT count(*) FROM affiliations AS f"
	                    " JOIN records AS r ON r.directory = f.directory"
	                    " AND r.anchor = f.anchor"
	                    " WHERE f.person = ?1 AND r.joins = ?2",
	                    "tt", m->other_person, person_value) > 0;
}

static bool join_is_disputed(struct join_context *m)
{
	return state_number("SELECT count(*) FROM affiliations AS f"
	                    " JOIN records AS r ON r.directory = f.directory"
	                    " AND r.anchor = f.anchor"
	                    " WHERE f.person = ?1 AND r.joins <> ?2",
	                    "tt", m->person, join_value_of_entry(m)) > 0;
}

/* ---- leavers that may be this entry */

/* An affiliation whose entry is gone from this directory. */
struct leaver {
	const char *id, *attrs_json, *join_value;
};

static const struct leaver *join_select_leavers(struct join_context *m,
                                                const char *login,
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
	    "tttt", m->entry->directory, login, join_value_of_entry(m),
	    m->excluded_person);
	struct leaver *all = arena_array(m->arena, struct leaver, *ret_count);

	for (size_t i = 0; i < *ret_count; i++)
		all[i] = (struct leaver){ rows[i][0], rows[i][1], rows[i][2] };
	return all;
}

static bool join_leaver_had_position(const struct join_context *m,
                                     const json_t *attrs)
{
	return text_equal(entry_json_value(attrs, "portvaktMunicipality"),
	                  m->classification->municipality->name) &&
	       join_is_same_position(
		   affiliation_type_from_name(
		       entry_json_value(attrs, "portvaktKind")),
		   m->classification->kind);
}

static bool join_has_same_value(const json_t *one, const json_t *other,
                                const char *name)
{
	return entry_json_value(one, name) &&
	       text_equal(entry_json_value(one, name),
	                  entry_json_value(other, name));
}

static void join_check_leaver(struct join_context *m, struct join_facts *f,
                              const json_t *new_attrs, const struct leaver *l)
{
	const char *value = join_value_of_entry(m);
	json_t *old_attrs = NULL;

	if (!js_parse(m->arena, l->attrs_json, strlen(l->attrs_json),
	              &old_attrs, NULL))
		return;
	bool by_number = value && text_equal(value, l->join_value);
	bool by_login =
	    join_has_same_value(new_attrs, old_attrs, "portvaktLogin");

	/* Different numbers are different people, whatever else matches. */
	if (value && l->join_value && !by_number)
		return;
	f->login_only += by_login && !by_number;
	if (!join_leaver_had_position(m, old_attrs) ||
	    (!by_number &&
	     !(by_login &&
	       join_has_same_value(new_attrs, old_attrs, "employeeNumber"))))
		return;
	f->reattachable++;
	m->reattached = l->id;
}

/* In a directory that was not read completely no entry counts as gone. */
static void join_check_leavers(struct join_context *m, struct join_facts *f)
{
	const json_t *new_attrs =
	    desired_affiliation(m->arena, m->entry, m->classification, "");
	const char *login = entry_json_value(new_attrs, "portvaktLogin");
	size_t count = 0;

	if (!source_was_read(m->entry->directory))
		return;
	const struct leaver *all = join_select_leavers(m, login, &count);
	for (size_t i = 0; i < count; i++)
		join_check_leaver(m, f, new_attrs, &all[i]);
}

/* ---- decision */

static struct join_facts join_collect_facts(struct join_context *m)
{
	const char *value = join_value_of_entry(m);
	char *person_value = m->person ? state_text(m->arena,
	                                            "SELECT joins FROM people"
	                                            " WHERE id = ?1",
	                                            "t", m->person)
	                               : NULL;
	struct join_facts f = {
		.linked = m->person != NULL,
		.invalid_number = m->entry->national_id_error != NULL,
		.may_join = value != NULL,
		.same_as_linked =
		    person_value && text_equal(person_value, value),
	};

	if (value && !f.same_as_linked)
		join_check_people(m, &f);
	if (!f.linked) {
		if (value)
			join_check_duplicates(m, &f);
		join_check_leavers(m, &f);
	} else if (value && !f.same_as_linked) {
		f.numbers_swapped = join_is_swapped(m, person_value);
		f.disputed = person_value && join_is_disputed(m);
	}
	return f;
}

/* If an override excludes the person with this number, the new one has no join
 * value. */
static const char *join_value_for_new_person(const struct join_context *m)
{
	const char *value = join_value_of_entry(m);

	if (!value || !m->excluded_person ||
	    state_number("SELECT count(*) FROM people WHERE joins = ?1", "t",
	                 value) == 0)
		return value;
	return NULL;
}

static bool join_by_rules(struct join_context *m)
{
	struct join_facts facts = join_collect_facts(m);
	const char *reason = NULL;
	enum join_result result = join_decide(&facts, &reason);

	quarantine_set(m->entry->directory, m->entry->anchor, QUARANTINE_JOIN,
	               reason, NULL);
	switch (result) {
	case JOIN_AMBIGUOUS:
		return facts.linked;
	case JOIN_LINKED:
		if (facts.may_join && !reason)
			link_set_join_value(m->person, join_value_of_entry(m));
		return true;
	case JOIN_REATTACH:
		link_reattach(m->arena, m->entry, m->reattached);
		return true;
	case JOIN_EXISTING_PERSON:
		link_create(m->arena, m->entry, m->other_person);
		return true;
	case JOIN_NEW_PERSON:
		link_create(
		    m->arena, m->entry,
		    link_create_person(m->arena, join_value_for_new_person(m)));
		return true;
	}
	return false;
}

bool join_entry(struct arena *a, const struct config *cfg,
                const struct source_entry *entry,
                const struct classification *s, const char **ret_former_person)
{
	struct join_context m = {
		.arena = a, .cfg = cfg, .entry = entry, .classification = s
	};

	m.person = state_text(a,
	                      "SELECT person FROM affiliations"
	                      " WHERE directory = ?1 AND anchor = ?2",
	                      "tt", entry->directory, entry->anchor);
	bool decided = override_apply(&m);
	if (decided)
		quarantine_set(entry->directory, entry->anchor, QUARANTINE_JOIN,
		               NULL, NULL);
	bool is_linked = decided || join_by_rules(&m);
	*ret_former_person = m.former_person;
	return is_linked;
}
