/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join.h: correlates source entries with people. */
#ifndef SYNC_WRITER_MATCH_H
#define SYNC_WRITER_MATCH_H

#include "sync/writer/writer.h"

/* A source entry being joined. */
struct matching {
	struct arena *arena;
	const struct region *region;
	const struct record *record;
	const struct shape *shape;
	const char *person;   /* linked person; NULL: none yet */
	const char *never;    /* excluded by an override, or NULL */
	const char *other;    /* the only other person with this value */
	const char *returned; /* the affiliation that it takes over */
	const char *left;     /* person it was linked to before */
};

/* What is known about an entry.  The result depends on these facts alone, so
 * that a table can test it. */
struct match_facts {
	bool linked;   /* its anchor has an affiliation */
	bool flawed;   /* its national number is invalid */
	bool may_join; /* joining is configured and there is a value */
	bool same_as_linked; /* the linked person has the same value */
	bool disputed; /* another entry of the linked person has another
		        * value */
	bool swapped;  /* the person with this value has the linked person's */
	bool twice;    /* another entry of the same municipality and kind has
		        * this value */
	bool other_name; /* the names of the other with this value differ */
	size_t others;   /* other people with this value */
	size_t returning; /* affiliations without an entry that it continues */
	size_t login_left; /* ... that match by login name only */
};

/* LINKED: stays linked; REATTACH: takes over an affiliation; EXISTING_PERSON:
 * joins the other person.  *ret_reason: for operators, or NULL; it may be set
 * also where the result is not AMBIGUOUS. */
enum match {
	MATCH_NEW = 0,
	MATCH_LINKED,
	MATCH_RETURN,
	MATCH_JOIN,
	MATCH_DOUBT
};
enum match match_decide(const struct match_facts *f, const char **ret_reason);

/* Applies an operator's override of the join.  Returns false if the rules
 * decide; m->excluded_person then is a person that it must not join. */
bool obey(struct matching *m);

#endif
