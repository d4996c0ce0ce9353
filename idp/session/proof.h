/* SPDX-License-Identifier: AGPL-3.0-or-later
 * proof.h: which login of a session proves which affiliation.  A join gathers
 * the affiliations of one human; it does not make one municipality's password
 * open another's systems (docs/decisions/0017). */
#ifndef IDP_SESSION_PROOF_H
#define IDP_SESSION_PROOF_H

#include "region/person/person.h"

struct session;

/* One login of the session's person. */
struct proof {
	const char *affiliation; /* whose directory verified the person */
	const char *directory, *municipality;
	const char *method; /* "pwd" */
	int64_t at;         /* seconds since 1970 */
};

/* A proof, and the affiliation at the other end of the proved link that it
 * counts across; link NULL: none was needed. */
struct proof_cover {
	const struct proof *proof; /* NULL: no proof covers the affiliation */
	const char *link;
};

/* Returns the proof by which the session may act in the affiliation f of its
 * person: the latest of f itself, of f's directory or municipality, or of a
 * municipality whose logins f's accepts across a proved link, in this order.
 * Without a proof in ret if none covers f.  The only place that decides this.
 * Proofs before not_before, and those of an affiliation that is no longer the
 * person's or has ended, do not count; a doubt on either side confines a proof
 * to its own affiliation. */
struct proof_cover proof_covering(const struct config *cfg,
                                  const struct session *s,
                                  const struct affiliation *f,
                                  int64_t not_before);

/* Returns whether the person may be offered to prove f with a login of its own.
 * Not while f, or every login so far, is in doubt: f may be another person's,
 * of whom nothing is shown. */
bool proof_may_be_offered(const struct session *s, const struct affiliation *f,
                          int64_t not_before);

/* Returns the proofs of a session, "by", "method" and "proved" of its JSON
 * standing for a missing "proofs"; the reverse. */
void proofs_from_json(struct arena *a, const json_t *session,
                      struct session *s);
json_t *proofs_to_json(const struct session *s);

/* Gives next the proof of the login that created it, and the earlier proofs of
 * old (NULL: none), a session of the same person. */
void proofs_add(struct arena *a, struct session *next,
                const struct session *old);

#endif
