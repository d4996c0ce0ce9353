/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join.h: the correlation rules: which person a source entry belongs to. */
#ifndef SYNC_ENGINE_CORRELATION_JOIN_H
#define SYNC_ENGINE_CORRELATION_JOIN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "region/config/config.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* Links a classified entry to a person.  Returns true if the entry has an
 * affiliation afterwards.  An ambiguous entry is put into quarantine; one
 * whose affiliation moved to another directory is passed over.
 * *ret_former_person: the person whose affiliation this was before, or NULL.
 * The caller holds the lock. */
bool join_entry(struct arena *a, const struct config *cfg,
                const struct source_entry *entry,
                const struct classification *s, const char **ret_former_person);

/* What the correlation rules will make of an entry without an affiliation; both
 * NULL: a new person, or a doubt, or an operator decided. */
struct join_outlook {
	const char *affiliation; /* that it continues, or NULL */
	const char *person;      /* that it joins, or NULL */
};

/* Changes nothing.  The caller holds the lock. */
struct join_outlook join_foresee(struct arena *a, const struct config *cfg,
                                 const struct source_entry *entry,
                                 const struct classification *s);

/* What is known about an entry.  The result depends on these facts alone, so
 * that a table can test it. */
struct join_facts {
	bool linked;          /* its anchor has an affiliation */
	bool invalid_number;  /* its national identity number is invalid */
	bool may_join;        /* joining is configured and there is a value */
	bool same_as_linked;  /* the linked person has the same value */
	bool disputed;        /* another entry of the linked person has another
	                       * value */
	bool numbers_swapped; /* the person with this value has the linked
	                         person's */
	bool duplicate; /* another entry of the same municipality and kind has
	                 * this value */
	bool renamed;   /* its name agrees no longer with those of the linked
	                 * person's entries of other municipalities */
	bool names_differ; /* its name does not agree with that of the other
	                    * person, or entry, with this value */
	bool late; /* the linked person had no number; it and the other have
	            * been known for a day */
	size_t other_people; /* other people with this value */
	size_t
	    reattachable;  /* affiliations without an entry that it continues */
	size_t login_only; /* ... that match by login name only */
};

/* Applies the correlation rules.  LINKED: stays linked; REATTACH: takes over an
 * affiliation; EXISTING_PERSON: joins the other person.  *ret_reason: for
 * operators, or NULL; it may be set also where the result is not AMBIGUOUS.
 * NEW_PERSON with "join-value-of-another": without a join value. */
enum join_result {
	JOIN_NEW_PERSON = 0,
	JOIN_LINKED,
	JOIN_REATTACH,
	JOIN_EXISTING_PERSON,
	JOIN_AMBIGUOUS
};
enum join_result join_decide(const struct join_facts *f,
                             const char **ret_reason);

#endif
