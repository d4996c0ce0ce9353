/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join.h: correlates source entries with people. */
#ifndef SYNC_ENGINE_JOIN_H
#define SYNC_ENGINE_JOIN_H

#include "sync/engine/engine.h"

/* A source entry being joined. */
struct join_context {
	struct arena *arena;
	const struct config *cfg;
	const struct source_entry *entry;
	const struct classification *classification;
	const char *person;          /* linked person; NULL: none yet */
	const char *excluded_person; /* excluded by an override, or NULL */
	const char *other_person;    /* the only other person with this value */
	const char *reattached;      /* the affiliation that it takes over */
	const char *former_person;   /* person it was linked to before */
};

/* What is known about an entry.  The result depends on these facts alone, so
 * that a table can test it. */
struct join_facts {
	bool linked;          /* its anchor has an affiliation */
	bool invalid_number;  /* its national number is invalid */
	bool may_join;        /* joining is configured and there is a value */
	bool same_as_linked;  /* the linked person has the same value */
	bool disputed;        /* another entry of the linked person has another
	                       * value */
	bool numbers_swapped; /* the person with this value has the linked
	                         person's */
	bool duplicate; /* another entry of the same municipality and kind has
	                 * this value */
	bool names_differ;   /* the names of the other with this value differ */
	size_t other_people; /* other people with this value */
	size_t
	    reattachable;  /* affiliations without an entry that it continues */
	size_t login_only; /* ... that match by login name only */
};

/* LINKED: stays linked; REATTACH: takes over an affiliation; EXISTING_PERSON:
 * joins the other person.  *ret_reason: for operators, or NULL; it may be set
 * also where the result is not AMBIGUOUS. */
enum join_result {
	JOIN_NEW_PERSON = 0,
	JOIN_LINKED,
	JOIN_REATTACH,
	JOIN_EXISTING_PERSON,
	JOIN_AMBIGUOUS
};
enum join_result join_decide(const struct join_facts *f,
                             const char **ret_reason);

/* Applies an operator's override of the join.  Returns false if the rules
 * decide; m->excluded_person then is a person that it must not join. */
bool override_apply(struct join_context *m);

#endif
