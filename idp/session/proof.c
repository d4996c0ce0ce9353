/* SPDX-License-Identifier: AGPL-3.0-or-later
 * proof.c: the proofs of a session, and which of them covers an affiliation. */
#include "idp/session/proof.h"

#include "idp/session/session.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

/* How far a proof reaches; a higher one is preferred. */
enum proof_reach {
	REACH_NONE = 0,
	REACH_LINK,
	REACH_PLACE,
	REACH_OWN,
};

/* A proof and an affiliation that it may cover. */
struct proof_case {
	const struct config *cfg;
	const struct person *person;
	const struct proof *proof;
	const struct affiliation *proved, *wanted;
};

static bool proof_list_has(char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (text_equal(*list, name))
			return true;
	return false;
}

/* Returns the id of the affiliation in the municipality of the wanted one that
 * is proved, on both sides, to be of the same person; or NULL. */
static const char *proof_link(const struct proof_case *c)
{
	for (size_t i = 0; i < c->person->affiliation_count; i++) {
		const struct affiliation *g = &c->person->affiliations[i];

		if (!g->doubt &&
		    text_equal(g->municipality, c->wanted->municipality) &&
		    proof_list_has(c->proved->proved_links, g->id) &&
		    proof_list_has(g->proved_links, c->proved->id))
			return g->id;
	}
	return NULL;
}

static bool proof_is_accepted(const struct proof_case *c)
{
	const struct municipality *m =
	    config_municipality(c->cfg, c->wanted->municipality);

	return m &&
	       proof_list_has(m->accept_login_from, c->proof->municipality);
}

static enum proof_reach proof_reach_of(const struct proof_case *c,
                                       const char **ret_link)
{
	const struct proof *p = c->proof;

	*ret_link = NULL;
	if (text_equal(c->proved->id, c->wanted->id))
		return REACH_OWN;
	if (c->proved->doubt || c->wanted->doubt)
		return REACH_NONE;
	if ((p->directory && text_equal(p->directory, c->wanted->directory)) ||
	    text_equal(p->municipality, c->wanted->municipality))
		return REACH_PLACE;
	if (proof_is_accepted(c))
		*ret_link = proof_link(c);
	return *ret_link ? REACH_LINK : REACH_NONE;
}

/* Returns the proof's affiliation if its login still counts, or NULL. */
static const struct affiliation *proof_affiliation(const struct session *s,
                                                   const struct proof *p,
                                                   int64_t not_before)
{
	const struct affiliation *f =
	    person_find_affiliation(s->person, p->affiliation);

	if (!f || f->status != STATUS_ACTIVE || p->at < not_before)
		return NULL;
	return f->until == 0 || clock_now() < f->until ? f : NULL;
}

struct proof_cover proof_covering(const struct config *cfg,
                                  const struct session *s,
                                  const struct affiliation *f,
                                  int64_t not_before)
{
	struct proof_cover best = { 0 };
	enum proof_reach most = REACH_NONE;

	for (size_t i = 0; i < s->proof_count; i++) {
		const struct proof *p = &s->proofs[i];
		const struct proof_case c = {
			cfg, s->person, p, proof_affiliation(s, p, not_before),
			f
		};
		const char *link = NULL;
		enum proof_reach reach =
		    c.proved ? proof_reach_of(&c, &link) : REACH_NONE;

		if (reach > most || (reach != REACH_NONE && reach == most &&
		                     p->at > best.proof->at)) {
			most = reach;
			best = (struct proof_cover){ p, link };
		}
	}
	return best;
}

bool proof_may_be_offered(const struct session *s, const struct affiliation *f,
                          int64_t not_before)
{
	for (size_t i = 0; !f->doubt && i < s->proof_count; i++) {
		const struct affiliation *by =
		    proof_affiliation(s, &s->proofs[i], not_before);

		if (by && !by->doubt)
			return true;
	}
	return false;
}

/* ---- of a session */

/* The login that created s. */
static struct proof proof_of_login(const struct session *s)
{
	const struct affiliation *f =
	    person_find_affiliation(s->person, s->authenticated_by);

	return (struct proof){
		.affiliation = s->authenticated_by,
		.directory = f ? f->directory : NULL,
		.municipality = f ? f->municipality : NULL,
		.method = s->method,
		.at = s->auth_time,
	};
}

void proofs_add(struct arena *a, struct session *next,
                const struct session *old)
{
	size_t earlier = old ? old->proof_count : 0;
	struct proof *proofs = arena_array(a, struct proof, earlier + 1);
	size_t count = 0;

	proofs[count++] = proof_of_login(next);
	for (size_t i = 0; i < earlier; i++)
		if (!text_equal(old->proofs[i].affiliation,
		                next->authenticated_by) &&
		    person_find_affiliation(next->person,
		                            old->proofs[i].affiliation))
			proofs[count++] = old->proofs[i];
	next->proofs = proofs;
	next->proof_count = count;
}

json_t *proofs_to_json(const struct session *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->proof_count; i++) {
		const struct proof *p = &s->proofs[i];
		json_t *one = json_object();

		js_set_string(one, "affiliation", p->affiliation);
		js_set_string(one, "directory", p->directory);
		js_set_string(one, "municipality", p->municipality);
		js_set_string(one, "method", p->method);
		(void)json_object_set_new(one, "at", json_integer(p->at));
		(void)json_array_append_new(list, one);
	}
	return list;
}

void proofs_from_json(struct arena *a, const json_t *session, struct session *s)
{
	const json_t *list = js_array(session, "proofs");
	size_t count = json_array_size(list);
	struct proof *proofs = arena_array(a, struct proof, count + 1);

	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(list, i);

		proofs[i] = (struct proof){
			.affiliation = js_string(one, "affiliation"),
			.directory = js_string(one, "directory"),
			.municipality = js_string(one, "municipality"),
			.method = js_string(one, "method"),
			.at = js_number(one, "at", 0),
		};
	}
	if (!list)
		proofs[count++] = proof_of_login(s);
	s->proofs = proofs;
	s->proof_count = count;
}
