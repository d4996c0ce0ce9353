/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.c: prints entries that sync could not correlate to a person, and
 * writes the operator's join overrides to ou=decisions. */
#include <string.h>

#include "idp/admin/admin.h"
#include "idp/admin/entry.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/text.h"

enum { MOST_DECISIONS = 1000 };

static void relay(const char *line, void *with)
{
	const struct act *t = with;

	answer_line(t->question, "%s", line);
}

static void hear_nothing(const char *line, void *nothing)
{
	(void)line;
	(void)nothing;
}

/* On error ERROR_INVALID: sync knows no directory with this entry. */
static bool entry_is_there(const struct act *t, const char *subject,
                           struct fault *why)
{
	char *words[] = { (char *)"quarantine", (char *)"show", (char *)subject,
		          NULL };
	struct fault inner = { 0 };

	if (act_ask_sync(t, words, hear_nothing, NULL, &inner))
		return true;
	if (*inner.text)
		return fault(why, inner.kind, "%s", inner.text);
	return fault(why, FAULT_INVALID, "no directory has an entry %s",
	             subject);
}

/* ---- join, new, out */

static bool decide_one(const struct act *t, const struct person *p,
                       struct fault *why)
{
	const char *subjects[] = { t->words[2], p ? p->id : NULL };
	const struct deciding d = {
		.decides = t->words[1],
		.subjects = subjects,
		.count = p ? 2 : 1,
	};

	return entry_is_there(t, t->words[2], why) && act_decide(t, &d, p, why);
}

static bool join(const struct act *t, struct fault *why)
{
	const struct person *p = NULL;

	if (t->count < 4)
		return fault(why, FAULT_INVALID,
		             "quarantine join DIRECTORY:ANCHOR PERSON");
	return act_is_signed(t, why) && act_person(t, t->words[3], &p, why) &&
	       decide_one(t, p, why) && act_end_sessions(t, p, why);
}

static bool set_apart(const struct act *t, struct fault *why)
{
	return act_is_signed(t, why) && decide_one(t, NULL, why);
}

/* ---- undo */

static bool is_in_force(const struct directory_entry *e)
{
	static const char *const kinds[] = { "join", "new", "out", "part" };
	const char *until = entry_text(e, "portvaktUntil");
	const char *decides = entry_text(e, "portvaktDecides");
	int64_t when = 0;

	if (until && (!clock_from_ldap(until, &when) || when <= clock_now()))
		return false;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i], decides))
			return true;
	return false;
}

static bool is_later(const struct directory_entry *e,
                     const struct directory_entry *than)
{
	int at = strcmp(entry_text(e, "portvaktFrom") ?: "",
	                entry_text(than, "portvaktFrom") ?: "");

	return at != 0 ? at > 0
	               : strcmp(entry_text(e, "portvaktId") ?: "",
	                        entry_text(than, "portvaktId") ?: "") > 0;
}

/* Returns the override in force, by the precedence that sync uses
 * (docs/decisions/0005). On error ERROR_INVALID: there is none. */
static bool find_decision(const struct act *t, struct directory *d,
                          const struct directory_entry **ret, struct fault *why)
{
	static const char *const names[] = { "portvaktId",   "portvaktDecides",
		                             "portvaktFrom", "portvaktUntil",
		                             "portvaktBy",   NULL };
	struct directory_entry *found = NULL;
	size_t count = 0;

	if (!directory_search(
		d, t->arena,
		arena_print(t->arena, "ou=decisions,%s",
	                    t->region->catalogue.base),
		SCOPE_ONE,
		arena_print(t->arena, "(portvaktSubject=%s)",
	                    escaped(t->arena, escape_filter, t->words[2])),
		names, MOST_DECISIONS, &found, &count, why))
		return false;
	*ret = NULL;
	for (size_t i = 0; i < count; i++)
		if (is_in_force(&found[i]) &&
		    (!*ret || is_later(&found[i], *ret)))
			*ret = &found[i];
	return *ret || fault(why, FAULT_INVALID, "nothing is decided about %s",
	                     t->words[2]);
}

/* Sets the end of the override to now; the entry is kept. */
static bool end_decision(const struct act *t, struct directory *d,
                         const struct directory_entry *e, struct fault *why)
{
	char *now = clock_ldap(t->arena, clock_now());
	const struct directory_value value = { now, strlen(now) };
	const struct directory_change change = { CHANGE_REPLACE,
		                                 "portvaktUntil", &value, 1 };
	enum write_result done = WRITE_FAILED;

	return directory_modify(d, t->arena, e->dn, &change, 1, NULL, &done,
	                        NULL, why);
}

static bool undo(const struct act *t, struct fault *why)
{
	struct directory *d = NULL;
	const struct directory_entry *e = NULL;

	if (!act_is_signed(t, why) || !act_catalogue(t, &d, why) ||
	    !find_decision(t, d, &e, why) || !act_record(t, NULL, NULL, why) ||
	    !end_decision(t, d, e, why))
		return false;
	answer_line(t->question, "no longer: %s, decided by %s",
	            entry_text(e, "portvaktDecides"),
	            entry_text(e, "portvaktBy") ?: "?");
	act_tell_sync(t);
	return true;
}

/* ---- quarantine ... */

static const struct {
	const char *word;
	bool (*act)(const struct act *t, struct fault *why);
} words[] = {
	{ "join", join },
	{ "new", set_apart },
	{ "out", set_apart },
	{ "undo", undo },
};

bool admin_quarantine(const struct act *t, struct fault *why)
{
	for (size_t i = 0; t->count > 2 && i < LENGTH(words); i++)
		if (text_equal(words[i].word, t->words[1]))
			return words[i].act(t, why);
	if (t->count > 2 && !text_equal(t->words[1], "show"))
		return fault(why, FAULT_INVALID,
		             "quarantine knows list, show, join, new, out and "
		             "undo");
	return act_ask_sync(t, t->words, relay, (void *)t, why);
}

/* ---- part PERSON DIRECTORY:ANCHOR ... */

static bool is_theirs(const struct act *t, const struct person *p,
                      const char *subject)
{
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (text_equal(subject, arena_print(t->arena, "%s:%s",
		                                    f->directory, f->anchor)))
			return true;
	}
	return false;
}

static bool all_are_theirs(const struct act *t, const struct person *p,
                           char **subjects, size_t count, struct fault *why)
{
	for (size_t i = 0; i < count; i++)
		if (!is_theirs(t, p, subjects[i]))
			return fault(why, FAULT_INVALID, "%s is no entry of %s",
			             subjects[i], p->id);
	if (count >= p->affiliation_count)
		return fault(why, FAULT_INVALID,
		             "somebody has to stay: name those that go");
	return true;
}

bool admin_part(const struct act *t, struct fault *why)
{
	const struct person *p = NULL;
	size_t count = 0;
	char **operands = act_operands(t, 1, &count);
	struct deciding d = { .decides = "part" };

	if (count < 2)
		return fault(why, FAULT_INVALID,
		             "part PERSON DIRECTORY:ANCHOR ... --by NAME "
		             "--reason TEXT");
	if (!act_is_signed(t, why) || !act_person(t, operands[0], &p, why) ||
	    !all_are_theirs(t, p, operands + 1, count - 1, why))
		return false;
	/* docs/decisions/0005: the entries that leave, then the person. */
	operands[count] = arena_copy(t->arena, p->id);
	d.subjects = (const char *const *)operands + 1;
	d.count = count;
	return act_decide(t, &d, p, why) && act_end_sessions(t, p, why);
}
