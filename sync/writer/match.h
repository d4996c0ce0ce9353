/* SPDX-License-Identifier: AGPL-3.0-or-later
 * match.h: whose affiliation a record is. */
#ifndef SYNC_WRITER_MATCH_H
#define SYNC_WRITER_MATCH_H

#include "sync/writer/writer.h"

/* A record on its way to a person. */
struct matching {
	struct arena *arena;
	const struct region *region;
	const struct record *record;
	const struct shape *shape;
	const char *person;   /* whose it is; NULL: nobody's yet */
	const char *never;    /* whom it is said not to be, or NULL */
	const char *other;    /* the one other person with its number */
	const char *returned; /* the affiliation that it takes over */
	const char *left;     /* the person it was taken away from */
};

/* What is known about a record; what to do about it follows from that alone,
 * so a table can test it. */
struct match_facts {
	bool linked;   /* its anchor has an affiliation */
	bool flawed;   /* its national number cannot be right */
	bool may_join; /* the municipality says so, and there is a value */
	bool same_as_linked; /* the linked person's value is this one */
	bool disputed; /* another entry of the linked person has another */
	bool swapped;  /* who has this value has the linked person's */
	bool twice;    /* another entry of its municipality, as the same thing,
	                  has this value */
	bool other_name; /* whoever has this value has no name in common */
	size_t others;   /* people with this value who are not the linked one */
	size_t returning; /* affiliations without an entry which it continues */
	size_t login_left; /* ... which only had its login name */
};

/* LINKED: it stays whose it is; RETURN: takes an affiliation over; JOIN: is of
 * the other person.  The reason, or NULL, is for an operator also where it is
 * no doubt. */
enum match {
	MATCH_NEW = 0,
	MATCH_LINKED,
	MATCH_RETURN,
	MATCH_JOIN,
	MATCH_DOUBT
};
enum match match_decide(const struct match_facts *f, const char **ret_reason);

/* Does what people decided about the record.  False: the rules say whose it
 * is; then m->never is whom it may not be. */
bool obey(struct matching *m);

#endif
