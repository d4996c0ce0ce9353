/* SPDX-License-Identifier: AGPL-3.0-or-later
 * match.c: is this somebody we know?  By anchor first, then by join value,
 * never by name; where two answers are possible nobody guesses. */
#include <string.h>

#include "lib/clock.h"
#include "lib/random.h"
#include "lib/text.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

enum match match_decide(const struct match_facts *f, const char **ret_reason)
{
	*ret_reason = NULL;
	if (f->flawed) {
		*ret_reason = "national-id-invalid";
		return f->linked ? MATCH_LINKED : MATCH_DOUBT;
	}
	/* One of the two is mistyped, and would be let in as the other. */
	if (!f->linked && f->may_join && f->twice)
		*ret_reason = "same-number-twice";
	else if (!f->linked && f->may_join && f->others > 1)
		*ret_reason = "join-value-of-several";
	if (*ret_reason)
		return MATCH_DOUBT;
	if (!f->linked)
		return f->may_join && f->others == 1 ? MATCH_JOIN : MATCH_NEW;
	if (!f->may_join || f->same_as_linked)
		return MATCH_LINKED;
	/* Its number is another person's, or no longer its own person's. */
	if (f->others > 0)
		*ret_reason = "join-value-of-another";
	else if (f->linked_has_value && !f->linked_alone)
		*ret_reason = "join-value-changed";
	return *ret_reason ? MATCH_DOUBT : MATCH_LINKED;
}

void match_forget(const char *directory, const char *anchor)
{
	state_do("DELETE FROM quarantine WHERE directory = ?1"
	         " AND anchor = ?2",
	         "tt", directory, anchor);
}

static void quarantine(const struct record *record, const char *reason)
{
	if (!reason) {
		match_forget(record->directory, record->anchor);
		return;
	}
	state_do("INSERT INTO quarantine VALUES(?1, ?2, ?3, ?4)"
	         " ON CONFLICT DO UPDATE SET reason = excluded.reason",
	         "ttti", record->directory, record->anchor, reason,
	         clock_now());
}

static struct match_facts look(struct arena *a, const struct record *record,
                               const struct shape *s, const char *person)
{
	const char *joins = s->joins ? record->joins : NULL;
	char *own = person ? state_text(a,
	                                "SELECT joins FROM people"
	                                " WHERE id = ?1",
	                                "t", person)
	                   : NULL;

	return (struct match_facts){
		.linked = person != NULL,
		.linked_alone = state_number("SELECT count(*) FROM affiliations"
		                             " WHERE person = ?1",
		                             "t", person) == 1,
		.flawed = record->flaw != NULL,
		.may_join = joins != NULL,
		.same_as_linked = own && text_equal(own, joins),
		.linked_has_value = own != NULL,
		.twice = joins && state_number("SELECT count(*) FROM records"
		                               " WHERE directory = ?1"
		                               " AND joins = ?2"
		                               " AND anchor <> ?3",
		                               "ttt", record->directory, joins,
		                               record->anchor) > 0,
		.others = joins ? (size_t)state_number(
				      "SELECT count(*) FROM people"
				      " WHERE joins = ?1 AND id <> ?2",
				      "tt", joins, person ? person : "")
		                : 0,
	};
}

static void add_affiliation(struct arena *a, const struct record *record,
                            const char *person)
{
	state_do("INSERT INTO affiliations(id, person, directory, anchor)"
	         " VALUES(?1, ?2, ?3, ?4)",
	         "tttt", random_uuid(a), person, record->directory,
	         record->anchor);
}

static const char *add_person(struct arena *a, const char *joins)
{
	const char *id = random_uuid(a);

	state_do("INSERT INTO people(id, joins) VALUES(?1, ?2)", "tt", id,
	         joins);
	return id;
}

bool match(struct arena *a, const struct region *r, const struct record *record,
           const struct shape *s)
{
	char *person = state_text(a,
	                          "SELECT person FROM affiliations"
	                          " WHERE directory = ?1 AND anchor = ?2",
	                          "tt", record->directory, record->anchor);
	struct match_facts facts = look(a, record, s, person);
	const char *joins = facts.may_join ? record->joins : NULL;
	const char *reason = NULL;

	(void)r;
	enum match answer = match_decide(&facts, &reason);
	quarantine(record, reason);
	if (answer == MATCH_DOUBT)
		return facts.linked;
	if (answer == MATCH_LINKED && joins && !reason)
		state_do("UPDATE people SET joins = ?1 WHERE id = ?2", "tt",
		         joins, person);
	if (answer == MATCH_LINKED)
		return true;
	if (answer == MATCH_JOIN)
		add_affiliation(a, record,
		                state_text(a,
		                           "SELECT id FROM people"
		                           " WHERE joins = ?1",
		                           "t", joins));
	else
		add_affiliation(a, record, add_person(a, joins));
	return true;
}
