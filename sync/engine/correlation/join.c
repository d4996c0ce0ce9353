/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join.c: the correlation rules: links a source entry to a person by override,
 * then by anchor, join value with an agreeing name, and what an entry of a
 * rebuilt directory shares with a former one; never by name alone.  Ambiguous
 * entries go into quarantine. */
#include "sync/engine/correlation/join.h"

#include <string.h>

#include "lib/strbuf.h"
#include "sync/engine/correlation/account_link.h"
#include "sync/engine/correlation/join_private.h"
#include "sync/engine/correlation/name_conflict.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/directory_move.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"

static enum join_result join_ambiguous(const char *reason,
                                       const char **ret_reason)
{
	*ret_reason = reason;
	return JOIN_AMBIGUOUS;
}

/* A number that came late is offered to operators as one list. */
static const char *join_reason_of_another(const struct join_facts *f)
{
	return f->late && f->other_people == 1 && !f->names_differ
	           ? "late-number"
	           : "join-value-of-another";
}

/* A linked entry stays linked; only its number and name may be in doubt. */
static enum join_result join_decide_linked(const struct join_facts *f,
                                           const char **ret_reason)
{
	bool is_other = f->may_join && !f->invalid_number && !f->same_as_linked;

	if (is_other && f->numbers_swapped)
		return join_ambiguous("numbers-swapped", ret_reason);
	if (is_other && (f->other_people > 0 || f->names_differ))
		return join_ambiguous(join_reason_of_another(f), ret_reason);
	if (is_other && f->disputed)
		return join_ambiguous("join-value-changed", ret_reason);
	if (f->renamed)
		return join_ambiguous("name-changed", ret_reason);
	if (f->invalid_number)
		*ret_reason = "national-id-invalid";
	return JOIN_LINKED;
}

/* Under another name the entry gets nothing of the other person. */
static enum join_result join_decide_other_name(const struct join_facts *f,
                                               const char **ret_reason)
{
	if (f->reattachable != 1 && f->login_only > 0)
		return join_ambiguous("login-name-of-leaver", ret_reason);
	*ret_reason = "join-value-of-another";
	return f->reattachable == 1 ? JOIN_REATTACH : JOIN_NEW_PERSON;
}

enum join_result join_decide(const struct join_facts *f,
                             const char **ret_reason)
{
	*ret_reason = NULL;
	if (f->linked)
		return join_decide_linked(f, ret_reason);
	if (f->may_join && f->other_people > 1)
		return join_ambiguous("join-value-of-several", ret_reason);
	if (f->may_join && f->names_differ)
		return join_decide_other_name(f, ret_reason);
	/* One of the two numbers is mistyped, and would give access as the
	 * other. */
	if (f->may_join && f->duplicate)
		return join_ambiguous("same-number-twice", ret_reason);
	bool joins = f->may_join && f->other_people == 1;
	if (f->reattachable != 1 && !joins && f->login_only > 0)
		return join_ambiguous("login-name-of-leaver", ret_reason);
	if (f->invalid_number)
		*ret_reason = "national-id-invalid";
	if (f->reattachable == 1)
		return JOIN_REATTACH;
	return joins ? JOIN_EXISTING_PERSON : JOIN_NEW_PERSON;
}

/* ---- decision */

static void join_collect_linked(struct join_context *m,
                                const char *person_value, struct join_facts *f)
{
	if (!person_value)
		join_check_entries(m, f);
	f->late = !person_value && join_both_are_known(m);
	f->numbers_swapped = join_is_swapped(m, person_value);
	f->disputed = person_value && join_is_disputed(m);
}

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
	if (f.linked && value && !f.same_as_linked)
		join_collect_linked(m, person_value, &f);
	f.renamed = f.linked && join_is_renamed(m);
	if (f.linked)
		return f;
	if (value)
		join_check_entries(m, &f);
	join_check_leavers(m, &f);
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

static void join_load_link(struct join_context *m)
{
	size_t count = 0;
	char ***rows =
	    state_rows(m->arena, &count,
	               "SELECT person, person_before FROM affiliations"
	               " WHERE directory = ?1 AND anchor = ?2",
	               "tt", m->entry->directory, m->entry->anchor);

	m->person = count > 0 ? rows[0][0] : NULL;
	m->person_before = count > 0 ? rows[0][1] : NULL;
}

static bool join_by_rules(struct join_context *m);

/* The entry is judged once more, as a linked one: its doubts continue. */
static bool join_reattach(struct join_context *m)
{
	link_reattach(m->arena, m->entry, m->reattached);
	join_load_link(m);
	m->other_person = m->other_entry = NULL;
	return join_by_rules(m);
}

/* ---- login name and mail address */

static struct name_claim join_name_claim(const struct join_context *m)
{
	return name_conflict_claim(m->arena, m->cfg, m->entry,
	                           m->classification);
}

/* One that continues an affiliation does so before its names are judged.
 * value: the number of the new person, or NULL: others with it are not that
 * person. */
static bool join_waits_for_name(const struct join_context *m,
                                enum join_result result, const char *value,
                                const char *returning)
{
	struct name_claim c = join_name_claim(m);

	c.person = result == JOIN_EXISTING_PERSON ? m->other_person : returning;
	c.is_another = result == JOIN_NEW_PERSON && !value;
	return result != JOIN_REATTACH && name_conflict_judge(&c);
}

static void join_judge_linked_names(const struct join_context *m)
{
	struct name_claim c = join_name_claim(m);

	(void)name_conflict_judge(&c);
}

static void join_create_person(struct join_context *m, const char *join_value,
                               const char *returning)
{
	if (returning)
		link_restore_person(returning, join_value);
	else
		returning = link_create_person(m->arena, join_value);
	join_create_link(m, returning);
}

static bool join_by_rules(struct join_context *m)
{
	struct join_facts facts = join_collect_facts(m);
	const char *reason = NULL;
	enum join_result result = join_decide(&facts, &reason);
	const char *value =
	    facts.names_differ ? NULL : join_value_for_new_person(m);
	const char *returning =
	    result == JOIN_NEW_PERSON ? join_returning_person(m, value) : NULL;

	quarantine_set(m->entry->directory, m->entry->anchor, QUARANTINE_JOIN,
	               reason, reason ? m->other_entry : NULL);
	if (!facts.linked && result != JOIN_AMBIGUOUS &&
	    join_waits_for_name(m, result, value, returning))
		return false;
	switch (result) {
	case JOIN_AMBIGUOUS:
		return facts.linked;
	case JOIN_LINKED:
		if (facts.may_join && !reason)
			link_set_join_value(m->person, join_value_of_entry(m));
		return true;
	case JOIN_REATTACH:
		return join_reattach(m);
	case JOIN_EXISTING_PERSON:
		join_create_link(m, m->other_person);
		return true;
	case JOIN_NEW_PERSON:
		join_create_person(m, value, returning);
		return true;
	}
	return false;
}

struct join_outlook join_foresee(struct arena *a, const struct config *cfg,
                                 const struct source_entry *entry,
                                 const struct classification *s)
{
	struct join_context m = {
		.arena = a, .cfg = cfg, .entry = entry, .classification = s
	};
	struct join_outlook outlook = { 0 };
	const char *reason = NULL;

	if (directory_entry_has_moved(a, cfg, entry, s) || override_decides(&m))
		return outlook;
	const struct join_facts facts = join_collect_facts(&m);
	enum join_result result = join_decide(&facts, &reason);
	if (result == JOIN_REATTACH)
		outlook.affiliation = m.reattached;
	else if (result == JOIN_EXISTING_PERSON)
		outlook.person = m.other_person;
	return outlook;
}

bool join_entry(struct arena *a, const struct config *cfg,
                const struct source_entry *entry,
                const struct classification *s, const char **ret_former_person)
{
	struct join_context m = {
		.arena = a, .cfg = cfg, .entry = entry, .classification = s
	};

	join_load_link(&m);
	if (!m.person && directory_entry_has_moved(a, cfg, entry, s)) {
		quarantine_clear(entry->directory, entry->anchor);
		return false;
	}
	bool decided = override_apply(&m);
	if (decided)
		quarantine_set(entry->directory, entry->anchor, QUARANTINE_JOIN,
		               NULL, NULL);
	bool is_linked = decided || join_by_rules(&m);

	if (is_linked && (decided || m.person))
		join_judge_linked_names(&m);
	*ret_former_person = m.former_person;
	return is_linked;
}
